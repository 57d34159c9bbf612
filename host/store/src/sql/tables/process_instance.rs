//! The table `process_instance`.

use engine::state::{Caller, ElementState, InstanceStatus, MailboxAddress, ProcessInstance, Sequel};
use minicbor::{Decode, Encode};
use types::SharedStr;

use crate::Error;
use crate::sql::Kind::{Bytes, Flag, Integer, Text, Texts};
use crate::sql::{Columns, Shape, Values};

pub(crate) static SHAPE: Shape = Shape {
    name: "process_instance",
    columns: &[
        ("key", Integer),
        ("definition_key", Integer),
        ("bpmn_process_id", Text),
        ("tenant_id", Text),
        ("state", Integer),
        ("started_at", Integer),
        ("ended_at", Integer),
        ("business_id", Text),
        ("tags", Texts),
        ("paused", Flag),
        ("open_incidents", Integer),
        ("caller_key", Integer),
        ("suspended", Flag),
        ("details", Bytes),
    ],
    key_columns: 1,
    changing: &["state", "ended_at", "paused", "open_incidents", "suspended", "details"],
    migrating: &["definition_key", "bpmn_process_id"],
};

pub(crate) const COLUMNS: &str = "p.key, p.definition_key, p.bpmn_process_id, d.version, \
     d.version_tag, p.tenant_id, p.state, p.started_at, p.ended_at, p.business_id, p.tags, p.paused, \
     p.open_incidents, p.suspended, p.details";

pub(crate) const BY_KEY: &str =
    "process_instance p JOIN process_definition d ON d.key = p.definition_key WHERE p.key = $1";

/// What few instances have. Those that have none of it write nothing.
#[derive(Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
struct Details {
    #[n(0)]
    caller: Option<Caller>,
    #[n(1)]
    started_by: Option<MailboxAddress>,
    /// `None` for `Active`.
    #[n(2)]
    scope_state: Option<ElementState>,
    /// `None` for 0.
    #[n(3)]
    listeners_done: Option<u16>,
    #[n(4)]
    sequel: Option<Sequel>,
    /// `None` for none.
    #[n(5)]
    ends_after: Option<Vec<SharedStr>>,
}

impl Details {
    fn of(instance: &ProcessInstance) -> Option<Self> {
        let details = Self {
            caller: instance.caller,
            started_by: instance.started_by.clone(),
            scope_state: Some(instance.scope_state).filter(|state| *state != ElementState::Active),
            listeners_done: Some(instance.listeners_done).filter(|done| *done > 0),
            sequel: instance.sequel.as_deref().cloned(),
            ends_after: Some(instance.ends_after.clone()).filter(|after| !after.is_empty()),
        };
        (details != Self::default()).then_some(details)
    }
}

pub(crate) fn bind<'b>(values: &mut Values<'b>, instance: &'b ProcessInstance) {
    values
        .key(instance.key.0)
        .key(instance.definition.0)
        .text(&instance.bpmn_process_id)
        .text(instance.tenant.as_str())
        .integer(state_code(instance.state))
        .time(instance.started_at)
        .optional_time(instance.ended_at)
        .optional_text(instance.business_id.as_deref())
        .texts(&instance.tags)
        .flag(instance.paused)
        .integer(instance.open_incidents)
        .optional_key(instance.caller.map(|caller| caller.instance.0))
        .flag(instance.suspended)
        .optional_encoded(Details::of(instance).as_ref());
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<ProcessInstance, Error> {
    let mut instance = ProcessInstance {
        key: columns.key()?,
        definition: columns.key()?,
        bpmn_process_id: columns.text()?,
        version: columns.number()?,
        version_tag: columns.optional_text()?,
        tenant: columns.tenant()?,
        state: state(columns.integer()?)?,
        started_at: columns.time()?,
        ended_at: columns.optional_time()?,
        business_id: columns.optional_text()?,
        tags: columns.texts()?,
        paused: columns.flag()?,
        open_incidents: columns.number()?,
        suspended: columns.flag()?,
        caller: None,
        started_by: None,
        scope_state: ElementState::Active,
        listeners_done: 0,
        ends_after: Vec::new(),
        sequel: None,
    };
    if let Some(details) = columns.optional_decoded::<Details>()? {
        instance.caller = details.caller;
        instance.started_by = details.started_by;
        instance.scope_state = details.scope_state.unwrap_or(ElementState::Active);
        instance.listeners_done = details.listeners_done.unwrap_or(0);
        instance.sequel = details.sequel.map(Box::new);
        instance.ends_after = details.ends_after.unwrap_or_default();
    }
    Ok(instance)
}

fn state_code(state: InstanceStatus) -> i64 {
    match state {
        InstanceStatus::Active => 0,
        InstanceStatus::Completed => 1,
        InstanceStatus::Terminated => 2,
    }
}

fn state(code: i64) -> Result<InstanceStatus, Error> {
    match code {
        0 => Ok(InstanceStatus::Active),
        1 => Ok(InstanceStatus::Completed),
        2 => Ok(InstanceStatus::Terminated),
        _ => Err(Error::Damaged(format!("process instance state {code} is unknown"))),
    }
}
