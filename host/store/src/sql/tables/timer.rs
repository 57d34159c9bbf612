//! The table `timer`.

use engine::state::Timer;
use types::TimerKey;

use crate::sql::Kind::{Flag, Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<TimerKey, Timer> = Table {
    shape: Shape {
        name: "timer",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("element_instance_key", Integer),
            ("element_id", Text),
            ("due", Integer),
            ("fired", Integer),
            ("trigger_index", Integer),
            ("suspended", Flag),
        ],
        key_columns: 1,
        changing: &["due", "fired", "suspended"],
        migrating: &["element_id", "trigger_index"],
    },
    changes: |changes| &changes.timers,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "key, element_instance_key, element_id, due, fired, \
     trigger_index, suspended";

pub(crate) const OF_INSTANCE: &str = "timer WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, timer: &'b Timer) {
    values
        .key(timer.key.0)
        .key(origin.key.0)
        .key(timer.element_instance.0)
        .text(&timer.element)
        .time(timer.due)
        .integer(timer.fired)
        .integer(timer.trigger)
        .flag(timer.suspended);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Timer, Error> {
    Ok(Timer {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        due: columns.time()?,
        fired: columns.number()?,
        trigger: columns.number()?,
        suspended: columns.flag()?,
    })
}
