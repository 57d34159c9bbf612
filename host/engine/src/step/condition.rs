//! Conditional events: conditions on variables that are waited for.
//!
//! A condition is looked at when it is first waited for, and at the end of each step that has changed a variable it can see
//! and is asked to look for. It happens when it becomes true: to happen again it has to be false in between, as BPMN says.
//!
//! What a step has no room for is left to the next one, and noted with the subscription: to look, or to let happen what has
//! become true. Until then all goes on as if it had not become true: what it would interrupt can be completed meanwhile.

use std::collections::BTreeMap;

use bpmn::model::{Condition, Trigger, VariableEvents};
use types::{ElementInstanceKey, SharedStr, SubscriptionKey, Variables};

use super::run::{ChangedVariable, Run};
use crate::event::Event;
use crate::state::{Awaited, ConditionLeft};

/// What has become of variables of one name, or of any.
#[derive(Clone, Copy, Default)]
struct Changed {
    created: bool,
    updated: bool,
}

/// What a step has done to the variables of one scope.
#[derive(Default)]
struct ChangesOfScope {
    any: Changed,
    by_name: BTreeMap<SharedStr, Changed>,
}

impl<'a> Run<'a> {
    /// Looks at the conditions that a step may have made true, and at those that an earlier one has left. Whether one has
    /// happened.
    pub(super) fn look_at_conditions(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed_variables);
        let mut due = std::mem::take(&mut self.fresh_conditions);
        for (scope, changes) in by_scope(changed) {
            let within = self.state.conditions_within(scope);
            due.extend(within.into_iter().filter(|key| {
                self.condition_of(*key).is_some_and(|(_, condition)| changes.concern(condition))
            }));
        }
        if !self.allowance.is_spent() {
            due.extend(self.state.left_conditions());
        } else if self.state.left_conditions().next().is_some() {
            self.leave_behind();
        }
        due.sort();
        due.dedup();
        let mut happened = false;
        for key in due {
            happened |= self.look_at_condition(key);
        }
        happened
    }

    /// Takes up what an earlier step has left, so far that there is room for others: tokens might leave none for ever.
    pub(super) fn take_up_conditions(&mut self) {
        let share = self.allowance.elements_left().div_ceil(2) as usize;
        let left: Vec<SubscriptionKey> = self.state.left_conditions().take(share).collect();
        for key in left {
            self.look_at_condition(key);
        }
    }

    fn look_at_condition(&mut self, key: SubscriptionKey) -> bool {
        let Some((owner, condition)) = self.condition_of(key) else { return false };
        let Some(subscription) = self.state.subscription(key).cloned() else { return false };
        let Awaited::Condition { held, left } = subscription.awaited else { return false };
        if !self.allowance.has_room_to_evaluate() {
            if left.is_none() {
                self.emit(Event::ConditionSeen { key, holds: held, left: Some(ConditionLeft::Look) });
            }
            self.leave_behind();
            return false;
        }
        // Each condition has the limit of an element: none fails because many others were looked at before it.
        self.allowance.next_element();
        // A condition that cannot be evaluated yet, most often for want of a variable, does not hold.
        let holds = self.condition(&condition.expression, owner).unwrap_or(false);
        let happens = left == Some(ConditionLeft::Happen) || (holds && !held);
        let has_room = !self.allowance.is_spent();
        let still_left = (happens && !has_room).then_some(ConditionLeft::Happen);
        if (holds, still_left) != (held, left) {
            self.emit(Event::ConditionSeen { key, holds, left: still_left });
        }
        if !happens {
            return false;
        }
        if !has_room {
            self.leave_behind();
            return false;
        }
        // What it wakes need not enter anything, and is work all the same.
        self.allowance.spend_element();
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
}

/// Many changes of one variable are one, so that a step that makes them looks at its conditions once.
fn by_scope(changed: Vec<ChangedVariable>) -> BTreeMap<ElementInstanceKey, ChangesOfScope> {
    let mut scopes: BTreeMap<ElementInstanceKey, ChangesOfScope> = BTreeMap::new();
    for ChangedVariable { scope, name, is_new } in changed {
        let changes = scopes.entry(scope).or_default();
        for changed in [&mut changes.any, changes.by_name.entry(name).or_default()] {
            changed.created |= is_new;
            changed.updated |= !is_new;
        }
    }
    scopes
}

impl ChangesOfScope {
    /// Whether a condition that sees the scope is asked to look for one of the changes.
    fn concern(&self, condition: &Condition) -> bool {
        let is_meant = |changed: &Changed| match condition.variable_events {
            VariableEvents::All => true,
            VariableEvents::Create => changed.created,
            VariableEvents::Update => changed.updated,
        };
        if condition.variable_names.is_empty() {
            return is_meant(&self.any);
        }
        condition.variable_names.iter().any(|name| self.by_name.get(&**name).is_some_and(is_meant))
    }
}
