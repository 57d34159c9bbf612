//! Inclusive and complex gateways that merge flows: tokens wait there for others that can still come.
//!
//! Tokens wait on the gateway's incoming flows. At the end of each step, when no token is on its way, the gateways at which
//! tokens wait are looked at, of which one may have got all that can come to it: those in scopes in which something has
//! happened, and complex ones, whose conditions may see any variable.
//! That a token can still come is BPMN's rule: from where it is, a path leads to a flow of the gateway on which none waits,
//! and none leads to a flow on which one does.
//!
//! A complex gateway with an activation condition goes on as soon as the condition holds. Its instance then stays, and so
//! do the tokens, until there is one on each flow or no more can come: that is its *reset*, in which they all go.
//!
//! Gateways that wait for each other alone would do so for ever: of these the first goes on.

use std::collections::BTreeSet;

use bpmn::model::{ComplexGateway, Element, ElementIndex, ElementKind, FlowIndex};
use feel::Value;
use types::{ElementInstanceKey, SharedStr};

use super::complete::Leave;
use super::evaluate::VisibleVariables;
use super::run::Run;
use super::trouble::Trouble;
use crate::event::Event;
use crate::state::{ElementState, IncidentKind};

/// The variable of an activation condition that has the number of tokens that have come.
const ACTIVATION_COUNT: &str = "activationCount";

/// What an activation condition sees.
struct WithCount<'s> {
    count: String,
    visible: VisibleVariables<'s>,
}

impl feel::Scope for WithCount<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        match name {
            ACTIVATION_COUNT => Value::from_json(&self.count).ok(),
            _ => self.visible.get(name),
        }
    }

    fn unreadable(&self, name: &str) -> Option<feel::JsonError> {
        match name {
            ACTIVATION_COUNT => None,
            _ => self.visible.unreadable(name),
        }
    }
}

/// Where a gateway stands at which tokens wait.
enum Stands {
    /// More can come.
    Waits,
    /// It is entered.
    Goes,
    /// It was activated before, and all that could come has.
    Resets(ElementInstanceKey),
}

impl Run<'_> {
    /// Notes that gateways have to be looked at in the scope of an event that is about to be applied.
    pub(super) fn note_for_merges(&mut self, event: &Event) {
        let scope = match event {
            Event::TokenParked { scope, .. } => Some(*scope),
            _ if self.state.waiting_merges().next().is_none() => None,
            Event::TokenTaken { scope, .. } | Event::ElementEntered { scope, .. } => Some(*scope),
            Event::ElementActivated { key }
            | Event::ElementCompleting { key }
            | Event::ElementCompleted { key, .. }
            | Event::ElementTerminated { key, .. } => self.state.element(*key).map(|element| element.scope),
            _ => None,
        };
        self.merging_scopes.extend(scope);
    }

    /// Lets waiting gateways go on that have all they wait for, in each scope one: its tokens may be those that others
    /// wait for. Whether there were any.
    pub(super) fn take_complete_merges(&mut self) -> bool {
        let waiting: Vec<(ElementInstanceKey, ElementIndex)> = self
            .state
            .waiting_merges()
            .filter(|(scope, _)| self.state.element(*scope).is_some())
            .filter(|(scope, merge)| {
                self.looks_at_all_merges
                    || self.merging_scopes.contains(scope)
                    || matches!(self.process.element(*merge).kind, ElementKind::ComplexGateway(_))
            })
            .collect();
        let mut have_tokens = BTreeSet::new();
        let mut has_gone = false;
        for (scope, merge) in waiting.iter().copied() {
            // What has gone on may have ended others.
            if have_tokens.contains(&scope) || !self.state.is_waiting_merge(scope, merge) {
                continue;
            }
            let stands = self.stands(scope, merge);
            if matches!(stands, Stands::Waits) {
                continue;
            }
            let known = self.flow_count();
            if !self.go(scope, merge, stands) {
                return has_gone;
            }
            has_gone = true;
            have_tokens.insert(scope);
            have_tokens.extend(self.scopes_of_flows(known));
        }
        if has_gone {
            return true;
        }
        match waiting.into_iter().find(|(scope, _)| self.waits_for_itself(*scope)) {
            Some((scope, merge)) => {
                let stands = match self.instance_of(scope, merge) {
                    Some((key, ElementState::Active)) => Stands::Resets(key),
                    Some(_) => return false,
                    None => Stands::Goes,
                };
                self.go(scope, merge, stands)
            }
            None => false,
        }
    }

    /// False when the step has done as much as one may.
    fn go(&mut self, scope: ElementInstanceKey, merge: ElementIndex, stands: Stands) -> bool {
        if self.allowance.is_spent() {
            self.leave_behind();
            return false;
        }
        let element = self.process.element(merge);
        let first = element.incoming.iter().copied().find(|flow| self.waits_on(scope, *flow));
        match stands {
            Stands::Waits => {}
            Stands::Goes => {
                // Where it waits for its reset, the tokens stay and tell on which flows one has come.
                if !element.waits_for_reset() {
                    self.take_one_of_each(scope, element);
                }
                self.allowance.next_element();
                self.enter(merge, scope, first);
            }
            Stands::Resets(key) => {
                self.take_one_of_each(scope, element);
                self.complete(key, Leave::Flows(Vec::new()));
            }
        }
        true
    }

    fn take_one_of_each(&mut self, scope: ElementInstanceKey, element: &Element) {
        for flow in &element.incoming {
            if self.waits_on(scope, *flow) {
                let flow = SharedStr::from(&self.process.flow(*flow).id);
                self.emit(Event::TokenTaken { scope, flow });
            }
        }
    }

    /// Whether a token that comes to a gateway is the only one that can, and need not wait there.
    pub(super) fn is_alone_at_merge(
        &self,
        scope: ElementInstanceKey,
        merge: ElementIndex,
        arrived: FlowIndex,
    ) -> bool {
        let element = self.process.element(merge);
        !element.waits_for_reset()
            && !self.has_anything_on_its_way()
            && element.incoming.iter().all(|flow| !self.waits_on(scope, *flow))
            && !self.can_more_come(scope, merge, Some(arrived))
    }

    fn stands(&self, scope: ElementInstanceKey, merge: ElementIndex) -> Stands {
        let element = self.process.element(merge);
        let ElementKind::ComplexGateway(gateway) = &element.kind else {
            return if self.can_more_come(scope, merge, None) { Stands::Waits } else { Stands::Goes };
        };
        match self.instance_of(scope, merge) {
            Some((key, ElementState::Active)) => {
                return if self.can_more_come(scope, merge, None) {
                    Stands::Waits
                } else {
                    Stands::Resets(key)
                };
            }
            Some(_) => return Stands::Waits,
            None => {}
        }
        // A condition that cannot be evaluated holds up the gateway as one that is false does. When nothing can come that
        // would change it, the gateway is entered, and stopped there.
        let is_activated =
            gateway.activation_condition.is_some() && self.check_activation(merge, gateway, scope).is_ok();
        if is_activated || !self.can_more_come(scope, merge, None) { Stands::Goes } else { Stands::Waits }
    }

    /// The instance of a gateway that waits for its reset, or is stopped by an incident.
    fn instance_of(
        &self,
        scope: ElementInstanceKey,
        merge: ElementIndex,
    ) -> Option<(ElementInstanceKey, ElementState)> {
        if !self.process.element(merge).waits_for_reset() {
            return None;
        }
        let children = self.state.element(scope)?.child_keys();
        let instances = children.filter_map(|key| self.state.element(key));
        let mut instances = instances.filter(|instance| instance.index() == merge);
        instances.next().map(|instance| (instance.key, instance.state))
    }

    fn waits_on(&self, scope: ElementInstanceKey, flow: FlowIndex) -> bool {
        self.state.tokens_at(&self.place(scope, flow)) > 0
    }

    /// Whether a token can still come to the gateway over a flow on which none waits or has `arrived`.
    fn can_more_come(
        &self,
        scope: ElementInstanceKey,
        merge: ElementIndex,
        arrived: Option<FlowIndex>,
    ) -> bool {
        let incoming = self.process.element(merge).incoming.iter().copied();
        let (filled, empty): (Vec<FlowIndex>, Vec<FlowIndex>) =
            incoming.partition(|flow| Some(*flow) == arrived || self.waits_on(scope, *flow));
        if empty.is_empty() {
            return false;
        }
        let holds_up = |reaches: &dyn Fn(FlowIndex) -> bool| {
            empty.iter().any(|flow| reaches(*flow)) && !filled.iter().any(|flow| reaches(*flow))
        };
        let children = self.state.element(scope).into_iter().flat_map(|scope| scope.child_keys());
        let mut active = children.filter_map(|key| self.state.element(key));
        let mut waiting = self.state.token_places_in(scope);
        active.any(|instance| {
            !self.is_spent_gateway(instance.index(), instance.state)
                && holds_up(&|flow| self.process.can_still_come(merge, flow, instance.index()))
        }) || waiting.any(|(place, count)| {
            let Some(on) = self.process.flow_by_id(&place.flow) else { return false };
            let target = self.process.flow(on).target;
            // Tokens at the gateway have come.
            target != merge
                && holds_up(&|flow| self.process.can_still_come_from_flow(merge, flow, on))
                // One that another gateway keeps until its reset goes nowhere.
                && !(count == 1 && matches!(self.instance_of(scope, target), Some((_, ElementState::Active))))
        })
    }

    /// Whether it is a complex gateway whose token has gone on, and which waits for its reset.
    fn is_spent_gateway(&self, index: ElementIndex, state: ElementState) -> bool {
        state == ElementState::Active && self.process.element(index).waits_for_reset()
    }

    /// Whether nothing in a scope goes on but gateways that wait for each other.
    fn waits_for_itself(&self, scope: ElementInstanceKey) -> bool {
        let Some(instance) = self.state.element(scope) else { return false };
        let mut children = instance.child_keys().filter_map(|key| self.state.element(key));
        let mut waiting = self.state.token_places_in(scope);
        children.all(|child| self.is_spent_gateway(child.index(), child.state))
            && waiting.all(|(place, _)| {
                self.process.flow_by_id(&place.flow).is_some_and(|flow| {
                    let target = self.process.flow(flow).target;
                    let element = self.process.element(target);
                    element.is_merge_of_some()
                        || (element.is_join()
                            && self.state.filled_flows(scope, target) < element.incoming.len())
                })
            })
    }

    /// Checks that a complex gateway may be activated: it is evaluated for a gateway that waits in `scope`, or for its
    /// instance. One that an operator enters has no tokens, and no condition for them.
    pub(super) fn check_activation(
        &self,
        index: ElementIndex,
        gateway: &ComplexGateway,
        scope: ElementInstanceKey,
    ) -> Result<(), Trouble> {
        let element = self.process.element(index);
        let Some(condition) = gateway.activation_condition.as_ref().filter(|_| element.waits_for_reset())
        else {
            return Ok(());
        };
        let around = match self.state.element(scope) {
            Some(instance) if instance.index() == index => instance.scope,
            _ => scope,
        };
        let count: u32 =
            element.incoming.iter().map(|flow| self.state.tokens_at(&self.place(around, *flow))).sum();
        if count == 0 {
            return Ok(());
        }
        let with_count =
            WithCount { count: count.to_string(), visible: VisibleVariables { state: self.state, scope } };
        let holds = self.evaluate_in(condition, &with_count, IncidentKind::ConditionError, |value| {
            value.as_bool().ok_or_else(|| "the activation condition gives no boolean".to_owned())
        })?;
        if holds {
            return Ok(());
        }
        let message = format!(
            "the activation condition of `{}` does not hold: {ACTIVATION_COUNT} is {count}, and no more tokens can come",
            element.id
        );
        Err(Trouble::new(IncidentKind::ConditionError, message))
    }

    /// A complex gateway was activated: tokens go on, and it waits for its reset.
    pub(super) fn go_on_before_reset(&mut self, key: ElementInstanceKey, flows: Vec<FlowIndex>) {
        let Some(scope) = self.state.element(key).map(|instance| instance.scope) else { return };
        for flow in flows {
            self.take_flow(scope, flow);
        }
        // Nothing will come for one that no token has led to.
        let Some((_, element)) = self.element_of(key) else { return };
        if element.incoming.iter().all(|flow| !self.waits_on(scope, *flow)) {
            self.complete(key, Leave::Flows(Vec::new()));
        }
    }
}
