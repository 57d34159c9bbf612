//! The table `element_instance`.

use engine::state::{ElementInstance, ElementRow, ElementState};
use types::ElementInstanceKey;

use crate::sql::Kind::{Integer, Text};
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
        ],
        key_columns: 1,
        changing: &["state"],
    },
    changes: |changes| &changes.elements,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "key, scope_key, element_id, state, entered_at";

pub(crate) const OF_INSTANCE: &str = "element_instance WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, element: &'b ElementInstance) {
    values
        .key(element.key.0)
        .key(origin.key.0)
        .key(element.scope.0)
        .text(&element.element)
        .integer(state_code(element.state))
        .time(element.entered_at);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<ElementRow, Error> {
    Ok(ElementRow {
        key: columns.key()?,
        scope: columns.key()?,
        element: columns.text()?,
        state: state(columns.integer()?)?,
        entered_at: columns.time()?,
    })
}

fn state_code(state: ElementState) -> i64 {
    match state {
        ElementState::Activating => 0,
        ElementState::Active => 1,
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
