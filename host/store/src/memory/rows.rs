//! Rows by their keys, and how a commit changes them.

use std::collections::BTreeMap;

use engine::Change;

pub(super) fn lacks<K: Ord, T>(rows: &BTreeMap<K, T>, changes: &[Change<K, T>]) -> bool {
    changes.iter().any(|change| matches!(change, Change::Delete(key) if !rows.contains_key(key)))
}

pub(super) fn apply<K: Ord, T>(rows: &mut BTreeMap<K, T>, changes: Vec<Change<K, T>>, key: impl Fn(&T) -> K) {
    for change in changes {
        match change {
            Change::Put(row) => {
                rows.insert(key(&row), row);
            }
            Change::Delete(key) => {
                rows.remove(&key);
            }
        }
    }
}
