//! Which subscriptions are for what, so that a step looks at those that it concerns and not at all.

use std::collections::{BTreeMap, BTreeSet};

use types::{SharedStr, SubscriptionKey};

use super::entity::{Awaited, Subscription};

/// What is derived from the open subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WaitIndex {
    conditions: BTreeSet<SubscriptionKey>,
    /// Those of them of which a step has left something to a later one.
    left_conditions: BTreeSet<SubscriptionKey>,
    /// By the signal's name, and then by the event that waits for it.
    signals: BTreeMap<SharedStr, BTreeMap<SharedStr, BTreeSet<SubscriptionKey>>>,
}

impl WaitIndex {
    pub(super) fn of<'s>(subscriptions: impl IntoIterator<Item = &'s Subscription>) -> Self {
        let mut index = Self::default();
        subscriptions.into_iter().for_each(|subscription| index.insert(subscription));
        index
    }

    pub(super) fn insert(&mut self, subscription: &Subscription) {
        let key = subscription.key;
        match &subscription.awaited {
            Awaited::Message { .. } => {}
            Awaited::Signal { name } => {
                let events = self.signals.entry(name.clone()).or_default();
                events.entry(subscription.element.clone()).or_default().insert(key);
            }
            Awaited::Condition { left, .. } => {
                self.conditions.insert(key);
                if left.is_some() {
                    self.left_conditions.insert(key);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, subscription: &Subscription) {
        let key = subscription.key;
        match &subscription.awaited {
            Awaited::Message { .. } => {}
            Awaited::Signal { name } => {
                let Some(events) = self.signals.get_mut(name) else { return };
                if let Some(keys) = events.get_mut(&subscription.element) {
                    keys.remove(&key);
                    if keys.is_empty() {
                        events.remove(&subscription.element);
                    }
                }
                if events.is_empty() {
                    self.signals.remove(name);
                }
            }
            Awaited::Condition { .. } => {
                self.conditions.remove(&key);
                self.left_conditions.remove(&key);
            }
        }
    }

    pub(super) fn conditions(&self) -> &BTreeSet<SubscriptionKey> {
        &self.conditions
    }

    pub(super) fn left_conditions(&self) -> &BTreeSet<SubscriptionKey> {
        &self.left_conditions
    }

    /// Those that wait for a signal, by the event that does.
    pub(super) fn signal(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&SharedStr, &BTreeSet<SubscriptionKey>)> {
        self.signals.get(name).into_iter().flatten()
    }
}
