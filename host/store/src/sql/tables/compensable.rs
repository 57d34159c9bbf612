//! The table `compensable`.

use engine::state::Compensable;
use types::CompensationKey;

use crate::sql::Kind::{Bytes, Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<CompensationKey, Compensable> = Table {
    shape: Shape {
        name: "compensable",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("scope_key", Integer),
            ("activity_id", Text),
            ("within_key", Integer),
            ("variables", Bytes),
            ("undone_by_key", Integer),
            ("handler_key", Integer),
        ],
        key_columns: 1,
        changing: &["scope_key", "within_key", "undone_by_key", "handler_key"],
        migrating: &["activity_id"],
    },
    changes: |changes| &changes.compensables,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str =
    "key, scope_key, activity_id, within_key, variables, undone_by_key, handler_key";

pub(crate) const OF_INSTANCE: &str = "compensable WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, compensable: &'b Compensable) {
    values
        .key(compensable.key.0)
        .key(origin.key.0)
        .key(compensable.scope.0)
        .text(&compensable.activity)
        .optional_key(compensable.within.map(|key| key.0))
        .encoded(&compensable.variables)
        .optional_key(compensable.undone_by.map(|key| key.0))
        .optional_key(compensable.handler.map(|key| key.0));
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Compensable, Error> {
    Ok(Compensable {
        key: columns.key()?,
        scope: columns.key()?,
        activity: columns.text()?,
        within: columns.optional_key()?,
        variables: columns.decoded()?,
        undone_by: columns.optional_key()?,
        handler: columns.optional_key()?,
    })
}
