//! What a step works on, and the flows that it still has to take.

use std::collections::VecDeque;

use bpmn::Process;
use bpmn::model::{Element, ElementIndex, FlowIndex};
use types::{ElementInstanceKey, Key, SharedStr, Timestamp};

use super::allowance::{Allowance, TOKENS_MAX};
use super::evaluate::Trouble;
use super::{Context, Definition};
use crate::event::Event;
use crate::keys::KeyRange;
use crate::rejection::Rejection;
use crate::state::{IncidentKind, InstanceState, TokenPlace};

pub(super) struct Run<'a> {
    pub(super) context: Context<'a>,
    pub(super) definition: &'a Definition,
    pub(super) process: &'a Process,
    pub(super) state: &'a mut InstanceState,
    keys: &'a mut KeyRange,
    events: Vec<Event>,
    flows: VecDeque<(ElementInstanceKey, FlowIndex)>,
    pub(super) allowance: Allowance,
    /// Tokens that there may be. Where an operator lets too many go on, they may get fewer but not more.
    tokens_max: usize,
    /// Whether tokens wait that could go on.
    left_behind: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        context: Context<'a>,
        definition: &'a Definition,
        state: &'a mut InstanceState,
        keys: &'a mut KeyRange,
    ) -> Self {
        Self {
            context,
            definition,
            process: &definition.process,
            tokens_max: TOKENS_MAX.max(state.waiting_tokens()),
            state,
            keys,
            events: Vec::with_capacity(8),
            flows: VecDeque::new(),
            allowance: Allowance::new(),
            left_behind: false,
        }
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }

    pub(super) fn at(&self) -> Timestamp {
        self.context.at
    }

    pub(super) fn new_key(&mut self) -> Key {
        self.keys.next_key()
    }

    /// Records that something has happened.
    pub(super) fn emit(&mut self, event: Event) {
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

    /// Forgets tokens on their way in a scope that was ended.
    pub(super) fn drop_flows_in(&mut self, scope: ElementInstanceKey) {
        self.flows.retain(|(flow_scope, _)| *flow_scope != scope);
    }

    /// Takes all tokens that are on their way as far as they go, or as far as one step may.
    pub(super) fn take_waiting_flows(&mut self) {
        while let Some((scope, flow)) = self.flows.pop_front() {
            self.arrive(scope, flow);
        }
        if self.left_behind {
            self.pause();
        }
    }

    /// Takes up tokens that an earlier step has left on their flows: as many as this one can take further.
    pub(super) fn resume(&mut self) -> Result<(), Rejection> {
        if !self.state.instance().is_some_and(|instance| instance.paused) {
            return Ok(());
        }
        self.emit(Event::Resumed {});
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

    /// Waiting tokens that do not wait for others. Of those at a complete join, the ones on its first flow:
    /// they take the rest with them.
    ///
    /// Which come first changes from step to step, so that a loop does not hold up the others for ever.
    fn tokens_that_can_go_on(&self) -> Vec<(ElementInstanceKey, FlowIndex, u32)> {
        let mut ready = Vec::new();
        for (place, count) in self.state.tokens() {
            let Some(flow) = self.process.flow_by_id(&place.flow) else { continue };
            let target = self.process.flow(flow).target;
            let element = self.process.element(target);
            if !element.is_join() {
                ready.push((place.scope, flow, count));
            } else if element.incoming.first() == Some(&flow)
                && self.state.filled_flows(place.scope, target) == element.incoming.len()
            {
                let counts =
                    element.incoming.iter().map(|flow| self.state.tokens_at(&self.place(place.scope, *flow)));
                ready.push((place.scope, flow, counts.min().unwrap_or(0)));
            }
        }
        if !ready.is_empty() {
            let first = self.context.seed % ready.len() as u64;
            ready.rotate_left(first as usize);
        }
        ready
    }

    /// A token has come to the end of `flow`.
    fn arrive(&mut self, scope: ElementInstanceKey, flow: FlowIndex) {
        let target = self.process.flow(flow).target;
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

    fn has_too_many_tokens(&self) -> bool {
        self.flows.len() + self.state.waiting_tokens() > self.tokens_max
    }

    /// Leaves tokens to `Continue`, or to an operator where there are too many of them.
    fn pause(&mut self) {
        let Some(instance) = self.state.instance().filter(|_| self.state.is_active()) else { return };
        let (root, paused) = (instance.key.root_scope(), instance.paused);
        if self.state.waiting_tokens() <= TOKENS_MAX {
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

    fn place(&self, scope: ElementInstanceKey, flow: FlowIndex) -> TokenPlace {
        TokenPlace { scope, flow: SharedStr::from(&self.process.flow(flow).id) }
    }

    fn park(&mut self, scope: ElementInstanceKey, flow: FlowIndex) {
        let flow = SharedStr::from(&self.process.flow(flow).id);
        self.emit(Event::TokenParked { scope, flow });
    }
}
