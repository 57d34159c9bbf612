//! Process versions of which an operator lets no instance be started.
//!
//! The rows say which, so that a restart changes nothing; memory answers every start.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use engine::{EntityKind, Rejection};
use types::ProcessDefinitionKey;

/// Which process versions are held.
#[derive(Default)]
pub(crate) struct Withheld(RwLock<BTreeSet<ProcessDefinitionKey>>);

impl Withheld {
    pub(crate) fn new(held: impl IntoIterator<Item = ProcessDefinitionKey>) -> Self {
        Self(RwLock::new(held.into_iter().collect()))
    }

    /// Whether a version is held.
    pub(crate) fn holds(&self, key: ProcessDefinitionKey) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }

    /// Whether an instance may be started.
    ///
    /// # Errors
    /// Its version is held.
    pub(crate) fn check(&self, key: ProcessDefinitionKey) -> Result<(), Rejection> {
        if !self.holds(key) {
            return Ok(());
        }
        let kind = EntityKind::ProcessDefinition;
        Err(Rejection::InvalidState { kind, key: key.0, found: "suspended", expected: "active" })
    }

    pub(crate) fn set(&self, key: ProcessDefinitionKey, is_held: bool) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if is_held {
            held.insert(key);
        } else {
            held.remove(&key);
        }
    }
}
