//! Completed activities that can be undone, found by who undoes them and by what they were done in: many thousands may be
//! kept, and undoing one must not look through the others.

use std::collections::{BTreeMap, BTreeSet};

use types::{CompensationKey, ElementInstanceKey};

use super::entity::Compensable;

/// The smallest and the largest key, for ranges.
const ALL_KEYS: (CompensationKey, CompensationKey) =
    (CompensationKey::from_i64(i64::MIN), CompensationKey::from_i64(i64::MAX));

/// What an instance keeps to undo it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Compensables {
    rows: BTreeMap<CompensationKey, Compensable>,
    /// Throw events, each with what it undoes. Derived.
    undone_by: BTreeSet<(ElementInstanceKey, CompensationKey)>,
    /// What an instance of a handler undoes. Derived.
    handlers: BTreeMap<ElementInstanceKey, CompensationKey>,
    /// Completed scopes, each with what was done in it. Derived.
    within: BTreeSet<(CompensationKey, CompensationKey)>,
}

impl Compensables {
    pub(super) fn get(&self, key: CompensationKey) -> Option<&Compensable> {
        self.rows.get(&key)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Compensable> {
        self.rows.values()
    }

    pub(super) fn insert(&mut self, row: Compensable) {
        self.note(&row);
        self.rows.insert(row.key, row);
    }

    pub(super) fn remove(&mut self, key: CompensationKey) -> Option<Compensable> {
        let row = self.rows.remove(&key)?;
        self.forget(&row);
        Some(row)
    }

    /// Changes a row. False when it is not there.
    pub(super) fn change(&mut self, key: CompensationKey, change: impl FnOnce(&mut Compensable)) -> bool {
        let Some(mut row) = self.remove(key) else { return false };
        change(&mut row);
        self.insert(row);
        true
    }

    /// The throw events that are undoing something.
    pub(super) fn throwers(&self) -> impl Iterator<Item = ElementInstanceKey> {
        let mut next = self.undone_by.first();
        std::iter::from_fn(move || {
            let (thrower, _) = *next?;
            next = self.undone_by.range((thrower, ALL_KEYS.1)..).next();
            Some(thrower)
        })
    }

    pub(super) fn undone_by(
        &self,
        thrower: ElementInstanceKey,
    ) -> impl DoubleEndedIterator<Item = &Compensable> {
        let keys = self.undone_by.range((thrower, ALL_KEYS.0)..=(thrower, ALL_KEYS.1));
        keys.filter_map(|(_, key)| self.rows.get(key))
    }

    pub(super) fn undone_in(&self, handler: ElementInstanceKey) -> Option<CompensationKey> {
        self.handlers.get(&handler).copied()
    }

    pub(super) fn within(&self, outer: CompensationKey) -> impl DoubleEndedIterator<Item = &Compensable> {
        let keys = self.within.range((outer, ALL_KEYS.0)..=(outer, ALL_KEYS.1));
        keys.filter_map(|(_, key)| self.rows.get(key))
    }

    fn note(&mut self, row: &Compensable) {
        self.undone_by.extend(row.undone_by.map(|thrower| (thrower, row.key)));
        self.handlers.extend(row.handler.map(|handler| (handler, row.key)));
        self.within.extend(row.within.map(|outer| (outer, row.key)));
    }

    fn forget(&mut self, row: &Compensable) {
        if let Some(thrower) = row.undone_by {
            self.undone_by.remove(&(thrower, row.key));
        }
        if let Some(handler) = row.handler {
            self.handlers.remove(&handler);
        }
        if let Some(outer) = row.within {
            self.within.remove(&(outer, row.key));
        }
    }
}
