//! What a table of instance state looks like, and what a commit changes in it.

use engine::{Change, Changes};
use types::ProcessInstanceKey;

use super::values::Values;
use crate::{InstanceBatch, InstanceIdentity};

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Flag,
    Text,
    Bytes,
    Texts,
}

/// A table's name and columns.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// The columns that a commit writes, in the order in which they are bound.
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// How many of the columns, from the first on, are the key. 0: rows are added only, and their key is counted.
    pub(crate) key_columns: usize,
    /// What can change in a row. Columns that never change are not written again, and cost their indexes nothing.
    pub(crate) changing: &'static [&'static str],
    /// What else changes when an instance goes on with another version of its process, and never otherwise.
    pub(crate) migrating: &'static [&'static str],
}

impl Shape {
    /// The columns that are the key.
    pub(crate) fn key(&self) -> &'static [(&'static str, Kind)] {
        &self.columns[..self.key_columns]
    }

    /// The names of the columns, with commas between them.
    pub(crate) fn column_names(&self) -> String {
        names(self.columns)
    }

    /// The end of an `INSERT`: what becomes of a row that exists.
    pub(crate) fn on_conflict(&self) -> String {
        self.on_conflict_set(self.changing.iter())
    }

    /// The same, where the instance may have got another version of its process.
    pub(crate) fn on_conflict_migrating(&self) -> String {
        self.on_conflict_set(self.changing.iter().chain(self.migrating))
    }

    fn on_conflict_set<'n>(&self, names_set: impl Iterator<Item = &'n &'static str>) -> String {
        if self.key_columns == 0 {
            return String::new();
        }
        let set: Vec<String> = names_set.map(|name| format!("{name} = excluded.{name}")).collect();
        format!(" ON CONFLICT ({}) DO UPDATE SET {}", names(self.key()), set.join(", "))
    }
}

fn names(columns: &[(&str, Kind)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// How rows of type `T` with keys of type `K` are written and removed.
pub(crate) struct Table<K: 'static, T: 'static> {
    pub(crate) shape: Shape,
    /// What has become of them.
    pub(crate) changes: fn(&Changes) -> &[Change<K, T>],
    /// The values of one row, in the order of the columns.
    pub(crate) bind: for<'b> fn(&mut Values<'b>, &'b InstanceIdentity, &'b T),
    /// The values of its key.
    pub(crate) bind_key: for<'b> fn(&mut Values<'b>, ProcessInstanceKey, &'b K),
}

impl<K, T> Table<K, T> {
    /// The rows that are to be removed.
    pub(crate) fn deletes<'b>(
        &self,
        instances: &'b [InstanceBatch],
    ) -> impl Iterator<Item = (ProcessInstanceKey, &'b K)> {
        let changes = self.changes;
        instances.iter().flat_map(move |InstanceBatch { identity, changes: all, .. }| {
            changes(all).iter().filter_map(|change| match change {
                Change::Delete(key) => Some((identity.key, key)),
                Change::Put(_) => None,
            })
        })
    }

    /// The rows that are new or have new content.
    pub(crate) fn puts<'b>(
        &self,
        instances: impl IntoIterator<Item = &'b InstanceBatch>,
    ) -> impl Iterator<Item = (&'b InstanceIdentity, &'b T)> {
        let changes = self.changes;
        instances.into_iter().flat_map(move |InstanceBatch { identity, changes: all, .. }| {
            changes(all).iter().filter_map(move |change| match change {
                Change::Put(row) => Some((identity, row)),
                Change::Delete(_) => None,
            })
        })
    }
}
