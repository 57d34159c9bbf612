//! The table `journal`.

use types::ProcessInstanceKey;

use crate::sql::Kind::{Bytes, Integer};
use crate::sql::{Shape, Values};

pub(crate) static SHAPE: Shape = Shape {
    name: "journal",
    columns: &[("process_instance_key", Integer), ("entries", Bytes)],
    key_columns: 0,
    changing: &[],
    migrating: &[],
};

/// Takes the entries: they are not copied.
pub(crate) fn bind(values: &mut Values, instance: ProcessInstanceKey, entries: Vec<u8>) {
    values.key(instance.0).owned_bytes(entries);
}
