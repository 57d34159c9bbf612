//! Entering an element: what has to be evaluated and to run first, and what it then does.

use bpmn::model::{Element, ElementIndex, FlowIndex, ListenerEvent};
use types::{ElementInstanceKey, SharedStr, Variables};

use super::action::{Action, Prepared};
use super::run::Run;
use super::trouble::Trouble;
use crate::event::Event;
use crate::state::{ElementState, JobKind, Role};

impl<'a> Run<'a> {
    /// Enters `index` in `scope`: as a loop when it is one.
    pub(super) fn enter(&mut self, index: ElementIndex, scope: ElementInstanceKey, flow: Option<FlowIndex>) {
        self.allowance.spend_element();
        let element = self.process.element(index);
        let role = if element.loop_characteristics.is_some() { Role::Loop } else { Role::Plain };
        let has_more_first = match role {
            Role::Loop => element.listener(ListenerEvent::BeforeAll, 0).is_some(),
            _ => !element.inputs.is_empty() || !element.listeners.is_empty(),
        };
        if has_more_first {
            let key = self.emit_entered(element, scope, flow, ElementState::Activating, role);
            self.activate(key);
            return;
        }
        let prepared = self.prepare(index, scope, role);
        let state = if prepared.is_ok() { ElementState::Active } else { ElementState::Activating };
        let key = self.emit_entered(element, scope, flow, state, role);
        match prepared {
            Ok(prepared) => self.act(key, index, prepared),
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    /// Enters `index` in `scope` with local variables of its own.
    pub(super) fn enter_with(
        &mut self,
        index: ElementIndex,
        scope: ElementInstanceKey,
        role: Role,
        variables: Variables,
    ) -> ElementInstanceKey {
        self.allowance.spend_element();
        let key = self.emit_entered(self.process.element(index), scope, None, ElementState::Activating, role);
        self.set_local(key, variables);
        self.activate(key);
        key
    }

    /// Enters an event that has happened, with the variables of what it has caught: local to the event when its output
    /// mappings pick from them, otherwise set where they exist.
    pub(super) fn enter_happened(
        &mut self,
        event: ElementIndex,
        scope: ElementInstanceKey,
        variables: Variables,
    ) {
        self.allowance.spend_element();
        let element = self.process.element(event);
        let key = self.emit_entered(element, scope, None, ElementState::Active, Role::Plain);
        self.complete_happened(key, variables);
    }

    /// Leaves an event that has happened.
    pub(super) fn complete_happened(&mut self, key: ElementInstanceKey, variables: Variables) {
        let Some((_, element)) = self.element_of(key) else { return };
        self.set_results(key, element, variables);
        self.complete(key, super::complete::Leave::All);
    }

    pub(super) fn emit_entered(
        &mut self,
        element: &Element,
        scope: ElementInstanceKey,
        flow: Option<FlowIndex>,
        state: ElementState,
        role: Role,
    ) -> ElementInstanceKey {
        let key = ElementInstanceKey(self.new_key());
        self.emit(Event::ElementEntered {
            key,
            scope,
            element: SharedStr::from(&element.id),
            flow: flow.map(|flow| SharedStr::from(&self.process.flow(flow).id)),
            state,
            at: self.at(),
            role: (role != Role::Plain).then_some(role),
        });
        key
    }

    /// Lets an entered element go on: evaluates its inputs, runs its start listeners, one after the other, evaluates what
    /// else it needs and lets it act. Again after each listener, and after an incident.
    pub(super) fn activate(&mut self, key: ElementInstanceKey) {
        let Some((index, element)) = self.element_of(key) else { return };
        let Some(instance) = self.state.element(key) else { return };
        let (role, listeners_done) = (instance.role, instance.listeners_done);
        if role == Role::Loop {
            if let Some(listener) = element.listener(ListenerEvent::BeforeAll, listeners_done) {
                return self.create_listener_job(key, listener, JobKind::BeforeAllListener);
            }
        } else {
            if listeners_done == 0 {
                match self.input_mappings(key, element) {
                    Ok(inputs) => self.set_local(key, inputs),
                    Err(trouble) => return self.raise(key, None, trouble),
                }
            }
            if let Some(listener) = element.listener(ListenerEvent::Start, listeners_done) {
                return self.create_listener_job(key, listener, JobKind::StartListener);
            }
        }
        if index == ElementIndex::PROCESS && self.is_busy(key) {
            // It has begun elsewhere than at its none start event.
            return self.activate_process(key);
        }
        match self.prepare(index, key, role) {
            Ok(prepared) => {
                self.emit(Event::ElementActivated { key });
                self.act(key, index, prepared);
            }
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    /// The start events of the event sub-processes in a scope.
    pub(super) fn event_sub_process_starts(
        &self,
        scope: &'a Element,
    ) -> impl Iterator<Item = ElementIndex> + 'a {
        let process = self.process;
        let inside = scope.event_sub_processes.iter();
        inside.filter_map(|index| process.start_of_event_sub_process(*index).map(|(start, _)| start))
    }

    /// Evaluates what an element needs, against the variables of `scope`.
    pub(super) fn prepare(
        &self,
        index: ElementIndex,
        scope: ElementInstanceKey,
        role: Role,
    ) -> Result<Prepared<'a>, Trouble> {
        let element = self.process.element(index);
        let mut waits = Vec::new();
        // The boundary events of a loop are those of the loop as a whole.
        if !matches!(role, Role::Item { .. }) {
            for boundary in &element.boundary_events {
                self.prepare_waits(*boundary, scope, &mut waits)?;
            }
        }
        if role == Role::Loop {
            let action = Action::Loop(self.prepare_loop(element, scope)?);
            return Ok(Prepared { action, waits });
        }
        for start in self.event_sub_process_starts(element) {
            self.prepare_waits(start, scope, &mut waits)?;
        }
        let action = self.prepare_action(index, scope, &mut waits)?;
        Ok(Prepared { action, waits })
    }
}
