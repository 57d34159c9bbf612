//! Leaving an element: results, end listeners, outgoing flows, the end of a scope.

use bpmn::model::{Element, ElementIndex, ElementKind, FlowIndex, ListenerEvent, Thrown};
use types::ElementInstanceKey;

use super::run::Run;
use super::trouble::Trouble;
use crate::event::Event;
use crate::outgoing::Outgoing;
use crate::state::{ElementState, JobKind, Role, Sequel};

/// Where a token goes from an element that is left.
pub(super) enum Leave {
    /// Along all outgoing flows whose condition holds; most have none.
    All,
    /// Along these.
    Flows(Vec<FlowIndex>),
    /// To the catch event of a link.
    To(ElementIndex),
    /// Nowhere: whoever asks for this says how it goes on.
    Nowhere,
    /// Nowhere, and all that goes on in its scope ends.
    Terminate,
    /// Out of an item of a loop, or a path of an ad-hoc sub-process, with which the completion condition holds.
    Last,
}

impl Run<'_> {
    /// Leaves an element instance whose work is done: maps its results, runs its end listeners, one after the other, and
    /// goes on. Again after each listener, and after an incident.
    pub(super) fn complete(&mut self, key: ElementInstanceKey, leave: Leave) {
        if self.ends_instance {
            return;
        }
        let Some((_, element)) = self.element_of(key) else { return };
        let Some(instance) = self.state.element(key) else { return };
        let (scope, role, state) = (instance.scope, instance.role, instance.state);
        let listeners_done = if state == ElementState::Completing { instance.listeners_done } else { 0 };
        let flows = leave;
        if !matches!(role, Role::Loop | Role::Path) {
            if listeners_done == 0
                && let Err(trouble) = self.map_outputs(key, self.outer_scope(key), element)
            {
                return self.stop_completing(key, trouble);
            }
            if let Some(listener) = element.listener(ListenerEvent::End, listeners_done) {
                if state != ElementState::Completing {
                    self.close_waits(key, |_| true);
                    self.emit(Event::ElementCompleting { key });
                }
                return self.create_listener_job(key, listener, JobKind::EndListener);
            }
        }
        let way = match (role, flows) {
            (Role::Item { counter }, flows) => self
                .keep_item_result(key, scope, counter, element)
                .map(|ends| if ends { Leave::Last } else { flows }),
            (Role::Path, flows) => {
                self.keep_path_result(key, scope, element).map(|ends| if ends { Leave::Last } else { flows })
            }
            (Role::Loop, Leave::All) => {
                self.collect_results(key, scope, element).and_then(|()| self.outgoing_flows(element, scope))
            }
            (_, Leave::All) => self.way_out(element, scope),
            (_, flows) => Ok(flows),
        };
        match way {
            Ok(way) => self.leave(key, element, scope, role, way),
            Err(trouble) => self.stop_completing(key, trouble),
        }
    }

    /// How an element is left that nobody says more about.
    pub(super) fn way_out(&self, element: &Element, scope: ElementInstanceKey) -> Result<Leave, Trouble> {
        if let ElementKind::EndEvent(throw) | ElementKind::ThrowEvent(throw) = &element.kind {
            for thrown in &throw.throws {
                match thrown {
                    Thrown::Link { target } => return Ok(Leave::To(*target)),
                    Thrown::Terminate => return Ok(Leave::Terminate),
                    _ => {}
                }
            }
        }
        self.outgoing_flows(element, scope)
    }

    /// Where the results of an element go: to its scope. An item of a loop has its own for what the loop gives and takes.
    pub(super) fn outer_scope(&self, key: ElementInstanceKey) -> ElementInstanceKey {
        match self.state.element(key) {
            Some(instance) if !matches!(instance.role, Role::Item { .. }) => instance.scope,
            _ => key,
        }
    }

    /// Something on the way out cannot be evaluated: an operator has to see to it.
    fn stop_completing(&mut self, key: ElementInstanceKey, trouble: Trouble) {
        if self.state.element(key).is_some_and(|instance| instance.state != ElementState::Completing) {
            self.emit(Event::ElementCompleting { key });
        }
        self.raise(key, None, trouble);
    }

    fn map_outputs(
        &mut self,
        key: ElementInstanceKey,
        scope: ElementInstanceKey,
        element: &Element,
    ) -> Result<(), Trouble> {
        if !element.outputs.is_empty() {
            let outputs = self.output_mappings(key, scope, element)?;
            self.propagate(scope, outputs);
        }
        self.propagate_collection(key, scope, element);
        Ok(())
    }

    fn leave(
        &mut self,
        key: ElementInstanceKey,
        element: &Element,
        scope: ElementInstanceKey,
        role: Role,
        leave: Leave,
    ) {
        if key == scope {
            return self.complete_instance(key);
        }
        self.keep_compensation(key, element, scope, role);
        let undoes = self.is_undoing(key);
        self.let_go(key);
        self.emit(Event::ElementCompleted { key, at: self.at() });
        if self.is_planned_end(element, role) {
            self.ends_instance = true;
            return;
        }
        if let Some(undone) = undoes {
            return self.undone(undone);
        }
        match (role, leave) {
            (Role::Item { .. }, Leave::Last) => self.end_loop(scope),
            (Role::Item { .. }, _) => self.item_ended(scope),
            (Role::Path, leave) => self.ad_hoc_path_left(scope, matches!(leave, Leave::Last)),
            (_, Leave::Nowhere | Leave::Last) => {}
            (_, Leave::Terminate) => self.empty_then(scope, Sequel::Leave {}),
            (_, Leave::To(target)) => self.enter(target, scope, None),
            (_, Leave::Flows(flows)) if !flows.is_empty() => {
                for flow in flows {
                    self.take_flow(scope, flow);
                }
            }
            (_, Leave::All) if !element.outgoing.is_empty() => {
                for flow in &element.outgoing {
                    self.take_flow(scope, *flow);
                }
            }
            (_, Leave::All | Leave::Flows(_)) => self.path_ended(scope),
        }
    }

    /// A path has ended in `scope`.
    pub(super) fn path_ended(&mut self, scope: ElementInstanceKey) {
        match self.state.element(scope).map(|instance| instance.role) {
            Some(Role::Loop) => self.item_ended(scope),
            Some(_) if self.ad_hoc(scope).is_some() => self.ad_hoc_event_handled(scope),
            _ => self.complete_scope_if_empty(scope),
        }
    }

    /// Leaves `scope` when nothing in it is active, on its way or waiting.
    pub(super) fn complete_scope_if_empty(&mut self, scope: ElementInstanceKey) {
        if !self.is_busy(scope) {
            self.complete(scope, Leave::All);
        }
    }

    /// Whether something in a scope is active, on its way or waiting.
    pub(super) fn is_busy(&self, scope: ElementInstanceKey) -> bool {
        self.state.element(scope).is_none_or(|instance| instance.children() > 0)
            || self.has_flows_in(scope)
            || self.state.has_tokens_in(scope)
    }

    fn complete_instance(&mut self, root: ElementInstanceKey) {
        self.close_incidents(root);
        self.let_go(root);
        let caller = self.state.instance().and_then(|instance| instance.caller);
        let results = caller.map(|caller| (caller, self.state.visible_variables(root)));
        self.emit(Event::InstanceCompleted { at: self.at() });
        if let Some((caller, variables)) = results {
            self.send(Outgoing::CalledCompleted { caller, variables });
        }
        self.tell_of_end();
    }
}
