//! The table `loop_progress`.

use engine::state::LoopProgress;
use types::{ElementInstanceKey, ProcessInstanceKey};

use crate::sql::Kind::Integer;
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<ElementInstanceKey, LoopProgress> = Table {
    shape: Shape {
        name: "loop_progress",
        columns: &[
            ("process_instance_key", Integer),
            ("element_instance_key", Integer),
            ("total", Integer),
            ("entered", Integer),
            ("completed", Integer),
            ("terminated", Integer),
        ],
        key_columns: 2,
        changing: &["total", "entered", "completed", "terminated"],
        migrating: &[],
    },
    changes: |changes| &changes.loops,
    bind,
    bind_key,
};

pub(crate) const COLUMNS: &str = "element_instance_key, total, entered, completed, terminated";

pub(crate) const OF_INSTANCE: &str = "loop_progress WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, progress: &'b LoopProgress) {
    bind_key(values, origin.key, &progress.element_instance);
    values
        .optional_integer(progress.total)
        .integer(progress.entered)
        .integer(progress.completed)
        .integer(progress.terminated);
}

fn bind_key<'b>(values: &mut Values<'b>, instance: ProcessInstanceKey, element: &'b ElementInstanceKey) {
    values.key(instance.0).key(element.0);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<LoopProgress, Error> {
    Ok(LoopProgress {
        element_instance: columns.key()?,
        total: columns.optional_number()?,
        entered: columns.number()?,
        completed: columns.number()?,
        terminated: columns.number()?,
    })
}
