//! What a step works on, and the flows that it still has to take.

use std::collections::VecDeque;

use bpmn::Process;
use bpmn::model::{Element, ElementIndex, ElementKind, FlowIndex};
use types::{ElementInstanceKey, Key, SharedStr, Timestamp};

use super::{Context, Definition};
use crate::event::Event;
use crate::keys::KeyRange;
use crate::rejection::Rejection;
use crate::state::{InstanceState, TokenPlace};

/// Elements that one step enters at most. What is left goes on with `Continue`, after a commit:
/// a loop without a wait state delays others no longer than this.
pub(super) const ELEMENTS_PER_STEP_MAX: u32 = 1_000;

pub(super) struct Run<'a> {
    pub(super) context: Context<'a>,
    pub(super) definition: &'a Definition,
    pub(super) process: &'a Process,
    pub(super) state: &'a mut InstanceState,
    keys: &'a mut KeyRange,
    events: Vec<Event>,
    flows: VecDeque<(ElementInstanceKey, FlowIndex)>,
    elements_left: u32,
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
            state,
            keys,
            events: Vec::with_capacity(8),
            flows: VecDeque::new(),
            elements_left: ELEMENTS_PER_STEP_MAX,
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

    /// Takes all tokens that are on their way as far as they go.
    pub(super) fn take_waiting_flows(&mut self) {
        while let Some((scope, flow_index)) = self.flows.pop_front() {
            if self.elements_left == 0 {
                self.park(scope, flow_index);
                if !self.state.instance().is_some_and(|instance| instance.paused) {
                    self.emit(Event::Paused {});
                }
                continue;
            }
            self.arrive(scope, flow_index);
        }
    }

    /// Takes up the tokens that an earlier step has left on their flows.
    pub(super) fn resume(&mut self) -> Result<(), Rejection> {
        if !self.state.instance().is_some_and(|instance| instance.paused) {
            return Ok(());
        }
        self.emit(Event::Resumed {});
        let parked: Vec<(TokenPlace, u32)> =
            self.state.tokens().map(|(place, count)| (place.clone(), count)).collect();
        for (place, count) in parked {
            let Some(flow) = self.process.flow_by_id(&place.flow) else { continue };
            if self.is_join(self.process.flow(flow).target) {
                continue;
            }
            for _ in 0..count {
                self.emit(Event::TokenTaken { scope: place.scope, flow: place.flow.clone() });
                self.take_flow(place.scope, flow);
            }
        }
        Ok(())
    }

    /// A token has come to the end of `flow`.
    fn arrive(&mut self, scope: ElementInstanceKey, flow_index: FlowIndex) {
        let target = self.process.flow(flow_index).target;
        if self.is_join(target) && !self.join(scope, target, flow_index) {
            return;
        }
        self.elements_left -= 1;
        self.enter(target, scope, Some(flow_index));
    }

    fn is_join(&self, target: ElementIndex) -> bool {
        let element = self.process.element(target);
        matches!(element.kind, ElementKind::ParallelGateway) && element.incoming.len() > 1
    }

    /// Whether the token that came along `arrived` completes the join, which then takes one token from each other flow.
    fn join(&mut self, scope: ElementInstanceKey, gateway: ElementIndex, arrived: FlowIndex) -> bool {
        let process = self.process;
        let others = || {
            process
                .element(gateway)
                .incoming
                .iter()
                .filter(move |flow| **flow != arrived)
                .map(move |flow| TokenPlace { scope, flow: SharedStr::from(&process.flow(*flow).id) })
        };
        if others().any(|place| self.state.tokens_at(&place) == 0) {
            self.park(scope, arrived);
            return false;
        }
        for place in others() {
            self.emit(Event::TokenTaken { scope, flow: place.flow });
        }
        true
    }

    fn park(&mut self, scope: ElementInstanceKey, flow: FlowIndex) {
        let flow = SharedStr::from(&self.process.flow(flow).id);
        self.emit(Event::TokenParked { scope, flow });
    }
}
