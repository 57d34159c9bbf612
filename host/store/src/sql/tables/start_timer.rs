//! The table `start_timer`.

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Values};
use crate::{Error, StartTimer};

pub(crate) static SHAPE: Shape = Shape {
    name: "start_timer",
    columns: &[
        ("key", Integer),
        ("definition_key", Integer),
        ("tenant_id", Text),
        ("bpmn_process_id", Text),
        ("element_id", Text),
        ("trigger_index", Integer),
        ("definition", Text),
        ("armed_at", Integer),
        ("due", Integer),
        ("fired", Integer),
    ],
    key_columns: 1,
    changing: &["due", "fired"],
    migrating: &[],
};

pub(crate) const COLUMNS: &str = "key, definition_key, tenant_id, bpmn_process_id, element_id, trigger_index, \
     definition, armed_at, due, fired";

pub(crate) fn bind<'b>(values: &mut Values<'b>, timer: &'b StartTimer) {
    values
        .key(timer.key.0)
        .key(timer.definition.0)
        .text(timer.tenant.as_str())
        .text(&timer.bpmn_process_id)
        .text(&timer.element)
        .integer(timer.trigger)
        .text(&timer.text)
        .time(timer.armed_at)
        .time(timer.due)
        .integer(timer.fired);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<StartTimer, Error> {
    Ok(StartTimer {
        key: columns.key()?,
        definition: columns.key()?,
        tenant: columns.tenant()?,
        bpmn_process_id: columns.text()?,
        element: columns.text()?,
        trigger: columns.number()?,
        text: columns.text()?,
        armed_at: columns.time()?,
        due: columns.time()?,
        fired: columns.number()?,
    })
}
