//! The table `journal`.

use types::ProcessInstanceKey;

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::Values;

pub(in crate::sqlite) static INSERT: Bulk =
    Bulk::new("INSERT INTO journal (process_instance_key, entries) VALUES ", "(?,?)", ",", "");

/// Takes the entries: they are not copied.
pub(in crate::sqlite) fn bind(values: &mut Values, instance: ProcessInstanceKey, entries: Vec<u8>) {
    values.push(instance.get()).push(entries);
}
