//! The table `variable`.

use engine::state::{ScopedVariable, Variable};
use types::{Json, VariableKey};

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<VariableKey, ScopedVariable> = Table {
    name: "variable",
    changes: |changes| &changes.variables,
    upsert: Bulk::new(
        "INSERT INTO variable (key, process_instance_key, scope_key, name, value) VALUES ",
        "(?,?,?,?,?)",
        ",",
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    ),
    delete: Bulk::new("DELETE FROM variable WHERE key IN (", "?", ",", ")"),
    find: "SELECT 1 FROM variable WHERE key = ?",
    bind,
    bind_key: |values, _, key| {
        values.push(key.get());
    },
};

pub(in crate::sqlite) const COLUMNS: &str = "v.scope_key, v.name, v.key, v.value";

pub(in crate::sqlite) const OF_INSTANCE: &str = "variable v WHERE v.process_instance_key = ?1";

fn bind(values: &mut Values, origin: &InstanceIdentity, variable: &ScopedVariable) {
    values
        .push(variable.variable.key.get())
        .push(origin.key.get())
        .push(variable.scope.get())
        .text(&variable.name)
        .text(variable.variable.value.as_str());
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<ScopedVariable, Error> {
    Ok(ScopedVariable {
        scope: columns.key()?,
        name: columns.text()?,
        variable: Variable { key: columns.key()?, value: Json::from_trusted(columns.take::<&str>()?) },
    })
}
