//! Conditional events: conditions on variables that are waited for.
//!
//! A condition is looked at when it is first waited for, and at the end of each step that has changed a variable it can see
//! and is asked to look for. It happens when it becomes true: to happen again it has to be false in between, as BPMN says.

use bpmn::model::{Condition, Trigger, VariableEvents};
use types::{ElementInstanceKey, SharedStr, SubscriptionKey, Variables};

use super::run::Run;
use crate::event::Event;
use crate::state::Awaited;

/// A variable that a step has set.
pub(super) struct ChangedVariable {
    pub(super) scope: ElementInstanceKey,
    pub(super) name: SharedStr,
    pub(super) is_new: bool,
}

impl<'a> Run<'a> {
    /// Looks at the conditions that a step may have made true. Whether one has happened.
    pub(super) fn look_at_conditions(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed_variables);
        let fresh = std::mem::take(&mut self.fresh_conditions);
        let mut happened = false;
        let mut due: Vec<SubscriptionKey> = fresh;
        if !changed.is_empty() {
            let concerned = self.state.conditions().filter(|subscription| {
                self.condition_of(subscription.key).is_some_and(|(owner, condition)| {
                    changed.iter().any(|change| self.concerns(condition, owner, change))
                })
            });
            due.extend(concerned.map(|subscription| subscription.key));
            due.sort();
            due.dedup();
        }
        for key in due {
            happened |= self.look_at_condition(key);
        }
        happened
    }

    fn look_at_condition(&mut self, key: SubscriptionKey) -> bool {
        let Some((owner, condition)) = self.condition_of(key) else { return false };
        let Some(subscription) = self.state.subscription(key).cloned() else { return false };
        let Awaited::Condition { held } = subscription.awaited else { return false };
        // A condition that cannot be evaluated yet, most often for want of a variable, does not hold.
        let holds = self.condition(&condition.expression, owner).unwrap_or(false);
        if holds != held {
            self.emit(Event::ConditionSeen { key, holds });
        }
        if !holds || held {
            return false;
        }
        self.emit(Event::SubscriptionTriggered { key, message: None, signal: None });
        self.trigger_subscription(&subscription, Variables::new());
        true
    }

    fn condition_of(&self, key: SubscriptionKey) -> Option<(ElementInstanceKey, &'a Condition)> {
        let subscription = self.state.subscription(key)?;
        let event = self.process.element(self.process.element_by_id(&subscription.element)?);
        match event.catch()?.trigger(subscription.trigger)? {
            Trigger::Condition(condition) => Some((subscription.element_instance, condition)),
            _ => None,
        }
    }

    fn concerns(&self, condition: &Condition, owner: ElementInstanceKey, change: &ChangedVariable) -> bool {
        let names = &condition.variable_names;
        (names.is_empty() || names.iter().any(|name| **name == *change.name))
            && match condition.variable_events {
                VariableEvents::All => true,
                VariableEvents::Create => change.is_new,
                VariableEvents::Update => !change.is_new,
            }
            && self.state.scopes_from(owner).any(|scope| scope == change.scope)
    }
}
