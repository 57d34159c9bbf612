//! The table `timer`.

use engine::state::Timer;
use types::TimerKey;

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<TimerKey, Timer> = Table {
    name: "timer",
    changes: |changes| &changes.timers,
    upsert: Bulk::new(
        "INSERT INTO timer (key, process_instance_key, element_instance_key, element_id, due, fired) VALUES ",
        "(?,?,?,?,?,?)",
        ",",
        " ON CONFLICT (key) DO UPDATE SET due = excluded.due, fired = excluded.fired",
    ),
    delete: Bulk::new("DELETE FROM timer WHERE key IN (", "?", ",", ")"),
    find: "SELECT 1 FROM timer WHERE key = ?",
    bind,
    bind_key: |values, _, key| {
        values.push(key.get());
    },
};

pub(in crate::sqlite) const COLUMNS: &str = "key, element_instance_key, element_id, due, fired";

pub(in crate::sqlite) const OF_INSTANCE: &str = "timer WHERE process_instance_key = ?1";

fn bind(values: &mut Values, origin: &InstanceIdentity, timer: &Timer) {
    values
        .push(timer.key.get())
        .push(origin.key.get())
        .push(timer.element_instance.get())
        .text(&timer.element)
        .time(timer.due)
        .push(timer.fired);
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<Timer, Error> {
    Ok(Timer {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        due: columns.time()?,
        fired: columns.number()?,
    })
}
