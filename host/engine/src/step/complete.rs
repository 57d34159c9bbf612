//! Leaving an element: results, outgoing flows, the end of a scope.

use bpmn::model::{ElementKind, FlowIndex};
use types::ElementInstanceKey;

use super::run::Run;
use crate::event::Event;
use crate::state::ElementState;

impl Run<'_> {
    /// Leaves an element instance whose work is done. `chosen` is the only flow taken, otherwise all are.
    pub(super) fn complete(&mut self, key: ElementInstanceKey, chosen: Option<FlowIndex>) {
        let Some((_, element)) = self.element_of(key) else { return };
        let Some(scope) = self.state.element(key).map(|instance| instance.scope) else { return };
        if !element.outputs.is_empty() {
            match self.output_mappings(key, scope, element) {
                Ok(outputs) => self.propagate(scope, outputs),
                Err(trouble) => {
                    if self
                        .state
                        .element(key)
                        .is_some_and(|instance| instance.state != ElementState::Completing)
                    {
                        self.emit(Event::ElementCompleting { key });
                    }
                    self.raise(key, None, trouble);
                    return;
                }
            }
        }
        self.emit(Event::ElementCompleted { key, at: self.at() });
        match chosen {
            Some(flow) => self.take_flow(scope, flow),
            None => {
                for flow in &element.outgoing {
                    self.take_flow(scope, *flow);
                }
            }
        }
        if chosen.is_none() && element.outgoing.is_empty() {
            self.complete_scope_if_empty(scope);
        }
    }

    /// Leaves `scope` when nothing in it is active, on its way or waiting.
    pub(super) fn complete_scope_if_empty(&mut self, scope: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(scope) else { return };
        let busy = self.state.element(scope).is_some_and(|instance| instance.children() > 0)
            || self.has_flows_in(scope)
            || self.state.has_tokens_in(scope);
        if busy {
            return;
        }
        match element.kind {
            ElementKind::Process => {
                self.close_incidents(scope);
                self.emit(Event::InstanceCompleted { at: self.at() });
            }
            _ => self.complete(scope, None),
        }
    }
}
