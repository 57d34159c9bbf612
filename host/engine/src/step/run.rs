//! What a step works on, and the flows that it still has to take.

use std::collections::{BTreeSet, VecDeque};

use bpmn::Process;
use bpmn::model::{Element, ElementIndex, FlowIndex};
use types::{ElementInstanceKey, Key, SharedStr, SubscriptionKey, Timestamp};

use super::allowance::{Allowance, TOKENS_MAX};
use super::trouble::Trouble;
use super::{Context, Definition, Output};
use crate::event::Event;
use crate::keys::KeyRange;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::state::{IncidentKind, InstanceState, TokenPlace};

pub(super) struct Run<'a> {
    pub(super) context: Context<'a>,
    pub(super) definition: &'a Definition,
    pub(super) process: &'a Process,
    pub(super) state: &'a mut InstanceState,
    keys: &'a mut KeyRange,
    events: Vec<Event>,
    outgoing: Vec<Outgoing>,
    /// Conditions that nobody has looked at yet.
    pub(super) fresh_conditions: Vec<SubscriptionKey>,
    /// What this step has changed that conditions may look at.
    pub(super) changed_variables: Vec<ChangedVariable>,
    flows: VecDeque<(ElementInstanceKey, FlowIndex)>,
    /// Throw events that have something to undo next.
    undoings: VecDeque<ElementInstanceKey>,
    /// Loops that have their turn when the tokens on their way have come as far as they go.
    loops: VecDeque<ElementInstanceKey>,
    pub(super) allowance: Allowance,
    /// Scopes in which something has happened for which a gateway may have waited.
    pub(super) merging_scopes: BTreeSet<ElementInstanceKey>,
    /// Whether all gateways are to be looked at: an earlier step may have left some.
    pub(super) looks_at_all_merges: bool,
    /// Tokens that there may be. Where an operator lets too many go on, they may get fewer but not more.
    tokens_max: usize,
    /// Whether tokens wait that could go on.
    left_behind: bool,
    /// Whether what is ended waits for nothing and nobody, because an operator ends it by a modification.
    pub(super) ends_at_once: bool,
    /// Whether something has ended after which the instance is to be ended: nothing else begins before that.
    pub(super) ends_instance: bool,
}

/// A variable that a step has set.
pub(super) struct ChangedVariable {
    pub(super) scope: ElementInstanceKey,
    pub(super) name: SharedStr,
    pub(super) is_new: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        context: Context<'a>,
        definition: &'a Definition,
        state: &'a mut InstanceState,
        keys: &'a mut KeyRange,
    ) -> Self {
        let is_held = state.instance().is_some_and(|instance| instance.suspended);
        Self {
            context,
            definition,
            process: &definition.process,
            tokens_max: TOKENS_MAX.max(state.waiting_tokens()),
            state,
            keys,
            events: Vec::with_capacity(8),
            outgoing: Vec::new(),
            fresh_conditions: Vec::new(),
            changed_variables: Vec::new(),
            flows: VecDeque::new(),
            undoings: VecDeque::new(),
            loops: VecDeque::new(),
            allowance: if is_held { Allowance::of_held() } else { Allowance::new() },
            merging_scopes: BTreeSet::new(),
            looks_at_all_merges: false,
            left_behind: false,
            ends_at_once: false,
            ends_instance: false,
        }
    }

    pub(super) fn into_output(self) -> Output {
        Output { events: self.events, outgoing: self.outgoing }
    }

    /// Asks something of others.
    pub(super) fn send(&mut self, outgoing: Outgoing) {
        self.outgoing.push(outgoing);
    }

    /// A condition is to be looked at before the step ends.
    pub(super) fn look_at(&mut self, condition: SubscriptionKey) {
        self.fresh_conditions.push(condition);
    }

    pub(super) fn at(&self) -> Timestamp {
        self.context.at
    }

    pub(super) fn new_key(&mut self) -> Key {
        self.keys.next_key()
    }

    /// Records that something has happened.
    pub(super) fn emit(&mut self, event: Event) {
        self.note_for_merges(&event);
        self.state.apply(&event, self.process);
        self.allowance.spend_event(&event);
        self.events.push(event);
    }

    /// The element that an element instance activates. The instance must exist.
    pub(super) fn element_of(&self, key: ElementInstanceKey) -> Option<(ElementIndex, &'a Element)> {
        let index = self.state.element(key)?.index();
        Some((index, self.process.element(index)))
    }

    /// A token is on its way along `flow`.
    pub(super) fn take_flow(&mut self, scope: ElementInstanceKey, flow: FlowIndex) {
        self.flows.push_back((scope, flow));
    }

    /// Whether tokens are on their way in `scope` in this step.
    pub(super) fn has_flows_in(&self, scope: ElementInstanceKey) -> bool {
        self.flows.iter().any(|(flow_scope, _)| *flow_scope == scope)
    }

    /// How many tokens are on their way.
    pub(super) fn flow_count(&self) -> usize {
        self.flows.len()
    }

    /// The scopes of the tokens that are on their way, but for the first `known`.
    pub(super) fn scopes_of_flows(&self, known: usize) -> impl Iterator<Item = ElementInstanceKey> {
        self.flows.iter().skip(known).map(|(scope, _)| *scope)
    }

    /// Forgets tokens on their way in a scope that was ended.
    pub(super) fn drop_flows_in(&mut self, scope: ElementInstanceKey) {
        self.flows.retain(|(flow_scope, _)| *flow_scope != scope);
    }

    /// A loop goes on in this step, if there is room.
    pub(super) fn go_on_with_loop(&mut self, key: ElementInstanceKey) {
        if !self.loops.contains(&key) {
            self.loops.push_back(key);
        }
    }

    /// Takes all tokens that are on their way, and all loops, as far as they go, or as far as one step may.
    ///
    /// A loop enters an item when no token is on its way, so that those of its items do not pile up.
    pub(super) fn take_waiting_flows(&mut self) {
        loop {
            if self.ends_instance {
                self.end_as_planned();
            }
            if let Some((scope, flow)) = self.flows.pop_front() {
                self.arrive(scope, flow);
            } else if let Some(thrower) = self.undoings.pop_front() {
                self.undo_next(thrower);
            } else if let Some(key) = self.loops.pop_front() {
                if self.allowance.is_spent() || self.has_too_many_tokens() {
                    let progress = self.state.loop_progress(key);
                    self.left_behind |= progress.is_some_and(|progress| self.loop_can_go_on(progress));
                } else {
                    self.advance_loop(key);
                }
            } else if !self.look_at_conditions()
                && !self.has_anything_on_its_way()
                // Only now it is known what can still come to a gateway.
                && !self.take_complete_merges()
            {
                // What happens when conditions hold may bring new tokens on their way.
                break;
            }
        }
        if self.left_behind {
            self.pause();
        }
    }

    /// Takes up what an earlier step has left: as many tokens as this one can take further, and loops. A held instance
    /// keeps them.
    pub(super) fn resume(&mut self) -> Result<(), Rejection> {
        if !self.state.instance().is_some_and(|instance| instance.paused && !instance.suspended) {
            return Ok(());
        }
        self.emit(Event::Resumed {});
        self.looks_at_all_merges = true;
        self.undoings.extend(self.state.undoing());
        self.take_up_ends();
        self.take_up_loops();
        self.take_up_conditions();
        let mut left = self.allowance.elements_left();
        for (scope, flow, count) in self.tokens_that_can_go_on() {
            let taken = count.min(left);
            left -= taken;
            self.left_behind |= taken < count;
            for _ in 0..taken {
                self.emit(Event::TokenTaken { scope, flow: SharedStr::from(&self.process.flow(flow).id) });
                self.take_flow(scope, flow);
            }
        }
        Ok(())
    }

    /// Takes up loops that can go on. One of them has a turn before all tokens, which might leave no room for ever.
    fn take_up_loops(&mut self) {
        let mut ready: Vec<ElementInstanceKey> = self
            .state
            .loops()
            .filter(|progress| self.loop_can_go_on(progress))
            .map(|progress| progress.element_instance)
            .collect();
        self.rotate(&mut ready);
        let room = self.allowance.elements_left() as usize;
        self.left_behind |= ready.len() > room;
        self.loops.extend(ready.into_iter().take(room));
        if let Some(first) = self.loops.pop_front() {
            self.advance_loop(first);
        }
    }

    /// Lets another one be the first in each step.
    fn rotate<T>(&self, ready: &mut [T]) {
        if !ready.is_empty() {
            let first = self.context.seed % ready.len() as u64;
            ready.rotate_left(first as usize);
        }
    }

    /// Waiting tokens that do not wait for others. Of those at a complete join, the ones on its first flow:
    /// they take the rest with them.
    ///
    /// Which come first changes from step to step, so that a loop does not hold up the others for ever.
    fn tokens_that_can_go_on(&self) -> Vec<(ElementInstanceKey, FlowIndex, u32)> {
        let mut ready = Vec::new();
        for (place, count) in self.state.tokens().filter(|(place, _)| !self.state.is_doomed(place.scope)) {
            let Some(flow) = self.process.flow_by_id(&place.flow) else { continue };
            let target = self.process.flow(flow).target;
            let element = self.process.element(target);
            if element.is_merge_of_some() {
                // Looked at when all others have gone on.
            } else if !element.is_join() {
                ready.push((place.scope, flow, count));
            } else if element.incoming.first() == Some(&flow)
                && self.state.filled_flows(place.scope, target) == element.incoming.len()
            {
                let counts =
                    element.incoming.iter().map(|flow| self.state.tokens_at(&self.place(place.scope, *flow)));
                ready.push((place.scope, flow, counts.min().unwrap_or(0)));
            }
        }
        self.rotate(&mut ready);
        ready
    }

    /// A token has come to the end of `flow`.
    fn arrive(&mut self, scope: ElementInstanceKey, flow: FlowIndex) {
        if self.state.is_doomed(scope) {
            return;
        }
        let target = self.process.flow(flow).target;
        if self.process.element(target).is_merge_of_some() && !self.is_alone_at_merge(scope, target, flow) {
            return self.park(scope, flow);
        }
        let is_join = self.process.element(target).is_join();
        // To wait at a join costs nothing and needs no allowance.
        if is_join && !self.completes_join(scope, target, flow) {
            self.park(scope, flow);
            return;
        }
        if self.allowance.is_spent() || self.has_too_many_tokens() {
            self.left_behind = true;
            self.park(scope, flow);
            return;
        }
        if is_join {
            for other in self.process.element(target).incoming.iter().filter(|other| **other != flow) {
                let flow = SharedStr::from(&self.process.flow(*other).id);
                self.emit(Event::TokenTaken { scope, flow });
            }
        }
        self.allowance.next_element();
        self.enter(target, scope, Some(flow));
    }

    /// Whether a token on each flow but `arrived` waits for the one that comes along that.
    fn completes_join(&self, scope: ElementInstanceKey, join: ElementIndex, arrived: FlowIndex) -> bool {
        let is_new = self.state.tokens_at(&self.place(scope, arrived)) == 0;
        let filled = self.state.filled_flows(scope, join) + usize::from(is_new);
        filled == self.process.element(join).incoming.len()
    }

    /// Whether tokens are on their way, or may come at once from what is being undone or done again.
    pub(super) fn has_anything_on_its_way(&self) -> bool {
        !self.flows.is_empty() || !self.undoings.is_empty() || !self.loops.is_empty()
    }

    /// A throw event has something to undo next.
    pub(super) fn undo_later(&mut self, thrower: ElementInstanceKey) {
        self.undoings.push_back(thrower);
    }

    /// Something that could go on is left to `Continue`.
    pub(super) fn leave_behind(&mut self) {
        self.left_behind = true;
    }

    /// Carries out something that is checked while it is done: what was done before a rejection is undone.
    /// For commands whose step has done nothing else.
    pub(super) fn all_or_nothing(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        debug_assert!(self.events.is_empty() && self.outgoing.is_empty());
        let before = self.state.clone();
        let result = change(self);
        if result.is_err() {
            *self.state = before;
        }
        result
    }

    /// The instance goes on with another version of its process.
    pub(super) fn switch_to(&mut self, definition: &'a Definition) {
        self.definition = definition;
        self.process = &definition.process;
        self.looks_at_all_merges = true;
    }

    /// From now on this step may do what any step may: it began with a held instance.
    pub(super) fn renew_allowance(&mut self) {
        self.allowance = Allowance::new();
    }

    fn has_too_many_tokens(&self) -> bool {
        self.flows.len() + self.state.waiting_tokens() > self.tokens_max
    }

    /// Leaves tokens to `Continue`, or to an operator where there are too many of them.
    fn pause(&mut self) {
        let Some(instance) = self.state.instance().filter(|_| self.state.is_active()) else { return };
        let (root, paused) = (instance.key.root_scope(), instance.paused);
        if self.state.waiting_tokens() <= TOKENS_MAX || self.state.has_ends_left() {
            if !paused {
                self.emit(Event::Paused {});
            }
            return;
        }
        if paused {
            self.emit(Event::Resumed {});
        }
        if self.state.incidents_of(root).next().is_none() {
            let message = format!(
                "more than {TOKENS_MAX} tokens are on their way in the process, which makes them faster than it \
                 takes them: cancel the instance, or resolve this to let it go on for a while"
            );
            self.raise(root, None, Trouble::new(IncidentKind::ExtractValueError, message));
        }
    }

    /// An operator lets tokens go on although there are too many.
    pub(super) fn go_on(&mut self) {
        self.emit(Event::Paused {});
    }

    pub(super) fn place(&self, scope: ElementInstanceKey, flow: FlowIndex) -> TokenPlace {
        TokenPlace { scope, flow: SharedStr::from(&self.process.flow(flow).id) }
    }

    fn park(&mut self, scope: ElementInstanceKey, flow: FlowIndex) {
        let flow = SharedStr::from(&self.process.flow(flow).id);
        self.emit(Event::TokenParked { scope, flow });
    }
}
