//! What is being ended, and what of it has still to be.
//!
//! A step ends no more than it may. Until a later one comes to what it has left, that is *doomed*: it is there, with its
//! rows, and nobody can find it by its key any longer, so that nothing goes on in it.

use types::ElementInstanceKey;

use super::InstanceState;
use super::entity::{ElementInstance, ElementState, Sequel};

impl InstanceState {
    /// An element instance that has not ended, also one that is doomed.
    pub fn any_element(&self, key: ElementInstanceKey) -> Option<&ElementInstance> {
        self.elements.get(&key)
    }

    /// Whether an element instance is in something that is being ended, and has its own end before it.
    pub fn is_doomed(&self, key: ElementInstanceKey) -> bool {
        if self.ending.is_empty() {
            return false;
        }
        let mut inner = self.elements.get(&key);
        while let Some(element) = inner.filter(|element| element.key != element.scope) {
            let scope = self.elements.get(&element.scope);
            if scope.is_some_and(|scope| ends_with(scope, element)) {
                return true;
            }
            inner = scope;
        }
        false
    }

    /// Whether a step has left something that a later one has to end.
    pub fn has_ends_left(&self) -> bool {
        self.ending.iter().any(|scope| self.left_to_end(*scope).next().is_some())
    }

    /// What is directly in a scope that is being ended, and of which the end has not begun. Also what is being ended for
    /// itself and still has to learn that nothing follows.
    pub(crate) fn left_to_end(&self, scope: ElementInstanceKey) -> impl Iterator<Item = ElementInstanceKey> {
        let scope = self.elements.get(&scope);
        let children = scope.into_iter().flat_map(ElementInstance::child_keys);
        children.filter_map(|key| self.elements.get(&key)).filter_map(move |child| {
            let is_left = ends_with(scope?, child) || child.sequel.is_some() && !is_spared(scope?, child);
            is_left.then_some(child.key)
        })
    }

    /// The scopes in which a step has left something that a later one has to end.
    pub(crate) fn scopes_left_to_end(&self) -> Vec<ElementInstanceKey> {
        let is_left = |scope: &ElementInstanceKey| self.left_to_end(*scope).next().is_some();
        self.ending.iter().copied().filter(is_left).collect()
    }

    /// To be called when the state of an element instance has changed.
    pub(super) fn note_ending(&mut self, key: ElementInstanceKey, state: ElementState) {
        match state.is_ending() {
            true => self.ending.insert(key),
            false => self.ending.remove(&key),
        };
    }
}

/// Whether an element instance is one that its scope, which is being ended, takes with it.
fn ends_with(scope: &ElementInstance, child: &ElementInstance) -> bool {
    scope.state.is_ending() && child.state != ElementState::Terminating && !is_spared(scope, child)
}

/// The cancel end event of a transaction goes on when the rest has ended.
fn is_spared(scope: &ElementInstance, child: &ElementInstance) -> bool {
    matches!(scope.sequel.as_deref(), Some(Sequel::Undo { by }) if *by == child.key)
}
