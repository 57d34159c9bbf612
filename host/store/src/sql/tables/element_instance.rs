//! The table `element_instance`.

use engine::state::{ElementInstance, ElementRow, ElementState, Role, Sequel};
use minicbor::{Decode, Encode};
use types::ElementInstanceKey;

use crate::sql::Kind::{Bytes, Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<ElementInstanceKey, ElementInstance> = Table {
    shape: Shape {
        name: "element_instance",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("scope_key", Integer),
            ("element_id", Text),
            ("state", Integer),
            ("entered_at", Integer),
            ("role", Integer),
            ("listeners_done", Integer),
            ("called_key", Integer),
            ("ending", Bytes),
        ],
        key_columns: 1,
        changing: &["state", "listeners_done", "called_key", "ending"],
        migrating: &["element_id"],
    },
    changes: |changes| &changes.elements,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "key, scope_key, element_id, state, entered_at, role, \
     listeners_done, called_key, ending";

pub(crate) const OF_INSTANCE: &str = "element_instance WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, element: &'b ElementInstance) {
    values
        .key(element.key.0)
        .key(origin.key.0)
        .key(element.scope.0)
        .text(&element.element)
        .integer(state_code(element.state))
        .time(element.entered_at)
        .optional_integer(role_code(element.role))
        .integer(element.listeners_done)
        .optional_key(element.called.map(|instance| instance.0))
        .optional_encoded(Ending::of(element).as_ref());
}

/// Where an element instance stands in which something is being ended. Few have that.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Ending {
    #[n(0)]
    state: ElementState,
    #[n(1)]
    sequel: Option<Sequel>,
}

impl Ending {
    fn of(element: &ElementInstance) -> Option<Self> {
        let sequel = element.sequel.as_deref().cloned();
        element.state.is_ending().then_some(Self { state: element.state, sequel })
    }
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<ElementRow, Error> {
    let mut row = ElementRow {
        key: columns.key()?,
        scope: columns.key()?,
        element: columns.text()?,
        state: state(columns.integer()?)?,
        entered_at: columns.time()?,
        role: role(columns.optional_integer()?)?,
        listeners_done: columns.number()?,
        called: columns.optional_key()?,
        sequel: None,
    };
    if let Some(ending) = columns.optional_decoded::<Ending>()? {
        row.state = ending.state;
        row.sequel = ending.sequel.map(Box::new);
    }
    Ok(row)
}

/// Stands for a path through an ad-hoc sub-process.
const PATH: i64 = -1;

fn role_code(role: Role) -> Option<i64> {
    match role {
        Role::Plain => None,
        Role::Loop => Some(0),
        Role::Item { counter } => Some(i64::from(counter)),
        Role::Path => Some(PATH),
    }
}

fn role(code: Option<i64>) -> Result<Role, Error> {
    match code {
        None => Ok(Role::Plain),
        Some(0) => Ok(Role::Loop),
        Some(PATH) => Ok(Role::Path),
        Some(counter) => u32::try_from(counter)
            .map(|counter| Role::Item { counter })
            .map_err(|_| Error::Damaged(format!("element instance role {counter} is unknown"))),
    }
}

fn state_code(state: ElementState) -> i64 {
    match state {
        ElementState::Activating => 0,
        // What tells the last two from the first is in `ending`.
        ElementState::Active | ElementState::Terminating | ElementState::Emptying => 1,
        ElementState::Completing => 2,
    }
}

fn state(code: i64) -> Result<ElementState, Error> {
    match code {
        0 => Ok(ElementState::Activating),
        1 => Ok(ElementState::Active),
        2 => Ok(ElementState::Completing),
        _ => Err(Error::Damaged(format!("element instance state {code} is unknown"))),
    }
}
