//! Starting and cancelling an instance.

use bpmn::model::ElementIndex;
use types::{ElementInstanceKey, ProcessInstanceKey, SharedStr};

use super::run::Run;
use crate::command::CreateInstance;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::ElementInstance;

impl Run<'_> {
    pub(super) fn create_instance(&mut self, create: CreateInstance) -> Result<(), Rejection> {
        if let Some(instance) = self.state.instance() {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessInstance,
                key: instance.key.0,
                found: "started",
                expected: "new",
            });
        }
        let Some(start) = self.process.none_start(ElementIndex::PROCESS) else {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessDefinition,
                key: self.definition.key.0,
                found: "without a none start event",
                expected: "startable by a command",
            });
        };
        let key = ProcessInstanceKey(self.new_key());
        self.emit(Event::InstanceCreated {
            key,
            definition: self.definition.key,
            bpmn_process_id: SharedStr::from(&self.process.id),
            version: self.definition.version,
            tenant: create.tenant,
            at: self.at(),
            version_tag: self.process.version_tag.as_ref().map(SharedStr::from),
            business_id: create.business_id,
            tags: create.tags,
        });
        self.set_local(key.root_scope(), create.variables);
        self.enter(start, key.root_scope(), None);
        Ok(())
    }

    pub(super) fn cancel_instance(&mut self) -> Result<(), Rejection> {
        let Some(root) = self.active_root() else {
            let key = self.state.instance().map_or(types::Key::from_i64(0), |instance| instance.key.0);
            return Err(Rejection::NotFound { kind: EntityKind::ProcessInstance, key });
        };
        self.terminate_children(root);
        self.close_incidents(root);
        self.emit(Event::InstanceTerminated { at: self.at() });
        Ok(())
    }

    /// The process scope, unless the instance has ended.
    pub(super) fn active_root(&self) -> Option<ElementInstanceKey> {
        self.state.instance().filter(|_| self.state.is_active()).map(|instance| instance.key.root_scope())
    }

    /// Ends an element instance and everything in it, innermost first.
    pub(super) fn terminate(&mut self, key: ElementInstanceKey) {
        self.terminate_children(key);
        self.emit(Event::ElementTerminated { key, at: self.at() });
    }

    fn terminate_children(&mut self, scope: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(scope) else { return };
        if !element.kind.is_scope() {
            return;
        }
        self.drop_flows_in(scope);
        let children: Vec<_> =
            self.state.element(scope).into_iter().flat_map(ElementInstance::child_keys).collect();
        for child in children {
            self.terminate(child);
        }
    }
}
