//! The table `element_instance`.

use engine::state::{ElementInstance, ElementRow, ElementState};
use types::ElementInstanceKey;

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<ElementInstanceKey, ElementInstance> = Table {
    name: "element_instance",
    changes: |changes| &changes.elements,
    upsert: Bulk::new(
        "INSERT INTO element_instance (key, process_instance_key, scope_key, element_id, state, entered_at) VALUES ",
        "(?,?,?,?,?,?)",
        ",",
        " ON CONFLICT (key) DO UPDATE SET state = excluded.state",
    ),
    delete: Bulk::new("DELETE FROM element_instance WHERE key IN (", "?", ",", ")"),
    find: "SELECT 1 FROM element_instance WHERE key = ?",
    bind,
    bind_key: |values, _, key| {
        values.push(key.get());
    },
};

pub(in crate::sqlite) const COLUMNS: &str = "key, scope_key, element_id, state, entered_at";

pub(in crate::sqlite) const OF_INSTANCE: &str = "element_instance WHERE process_instance_key = ?1";

fn bind(values: &mut Values, origin: &InstanceIdentity, element: &ElementInstance) {
    values
        .push(element.key.get())
        .push(origin.key.get())
        .push(element.scope.get())
        .text(&element.element)
        .push(state_code(element.state))
        .time(element.entered_at);
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<ElementRow, Error> {
    Ok(ElementRow {
        key: columns.key()?,
        scope: columns.key()?,
        element: columns.text()?,
        state: state(columns.take()?)?,
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
