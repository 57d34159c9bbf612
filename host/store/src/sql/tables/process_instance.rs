//! The table `process_instance`.

use engine::state::{InstanceStatus, ProcessInstance};

use crate::Error;
use crate::sql::Kind::{Flag, Integer, Text, Texts};
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
    ],
    key_columns: 1,
    changing: &["state", "ended_at", "paused", "open_incidents"],
};

pub(crate) const COLUMNS: &str = "p.key, p.definition_key, p.bpmn_process_id, d.version, \
     d.version_tag, p.tenant_id, p.state, p.started_at, p.ended_at, p.business_id, p.tags, p.paused, \
     p.open_incidents";

pub(crate) const BY_KEY: &str =
    "process_instance p JOIN process_definition d ON d.key = p.definition_key WHERE p.key = $1";

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
        .integer(instance.open_incidents);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<ProcessInstance, Error> {
    Ok(ProcessInstance {
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
    })
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
