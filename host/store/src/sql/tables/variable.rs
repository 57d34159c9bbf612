//! The table `variable`.

use engine::state::{ScopedVariable, Variable};
use types::{Json, VariableKey};

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<VariableKey, ScopedVariable> = Table {
    shape: Shape {
        name: "variable",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("scope_key", Integer),
            ("name", Text),
            ("value", Text),
        ],
        key_columns: 1,
        changing: &["value"],
        migrating: &[],
    },
    changes: |changes| &changes.variables,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "v.scope_key, v.name, v.key, v.value";

pub(crate) const OF_INSTANCE: &str = "variable v WHERE v.process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, variable: &'b ScopedVariable) {
    values
        .key(variable.variable.key.0)
        .key(origin.key.0)
        .key(variable.scope.0)
        .text(&variable.name)
        .text(variable.variable.value.as_str());
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<ScopedVariable, Error> {
    Ok(ScopedVariable {
        scope: columns.key()?,
        name: columns.text()?,
        variable: Variable { key: columns.key()?, value: Json::from_trusted(&*columns.str()?) },
    })
}
