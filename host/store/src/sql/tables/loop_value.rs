//! The table `loop_value`.

use engine::state::LoopValue;
use types::{ElementInstanceKey, Json, ProcessInstanceKey};

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

/// A loop and a counter.
type Place = (ElementInstanceKey, u32);

pub(crate) static TABLE: Table<Place, LoopValue> = Table {
    shape: Shape {
        name: "loop_value",
        columns: &[
            ("process_instance_key", Integer),
            ("element_instance_key", Integer),
            ("counter", Integer),
            ("value", Text),
        ],
        key_columns: 3,
        changing: &["value"],
        migrating: &[],
    },
    changes: |changes| &changes.loop_values,
    bind,
    bind_key,
};

pub(crate) const COLUMNS: &str = "element_instance_key, counter, value";

pub(crate) const OF_INSTANCE: &str = "loop_value WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, value: &'b LoopValue) {
    values.key(origin.key.0).key(value.element_instance.0).integer(value.counter).text(value.value.as_str());
}

fn bind_key<'b>(values: &mut Values<'b>, instance: ProcessInstanceKey, (element, counter): &'b Place) {
    values.key(instance.0).key(element.0).integer(*counter);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<LoopValue, Error> {
    Ok(LoopValue {
        element_instance: columns.key()?,
        counter: columns.number()?,
        value: Json::from_trusted(&*columns.str()?),
    })
}
