//! Starting and cancelling an instance, and ending what is in a scope.

use bpmn::model::ElementIndex;
use types::{ElementInstanceKey, ProcessInstanceKey, SharedStr, Variables};

use super::run::Run;
use crate::command::{CreateInstance, Start};
use crate::event::Event;
use crate::outgoing::Outgoing;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{ElementInstance, ElementState, TokenPlace};

impl Run<'_> {
    pub(super) fn create_instance(&mut self, create: CreateInstance) -> Result<(), Rejection> {
        match create.start {
            Start::Before(_) => self.all_or_nothing(|run| run.begin_instance(create)),
            Start::Default | Start::Event { .. } => self.begin_instance(create),
        }
    }

    fn begin_instance(&mut self, create: CreateInstance) -> Result<(), Rejection> {
        if let Some(instance) = self.state.instance() {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessInstance,
                key: instance.key.0,
                found: "started",
                expected: "new",
            });
        }
        let event = match &create.start {
            Start::Default => self.process.none_start(ElementIndex::PROCESS).map(|_| None),
            Start::Event { element, .. } => self.process.element_by_id(element).map(Some),
            Start::Before(_) => Some(None),
        };
        let Some(event) = event else {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessDefinition,
                key: self.definition.key.0,
                found: "without a none start event",
                expected: "startable by a command",
            });
        };
        let started_by = match &create.start {
            Start::Event { message: Some((mailbox, _)), .. } if !mailbox.correlation_key.is_empty() => {
                Some(mailbox.clone())
            }
            _ => None,
        };
        let process = self.process.element(ElementIndex::PROCESS);
        // A process without anything to run or to wait for at its start is active at once.
        let is_direct = process.event_sub_processes.is_empty() && process.listeners.is_empty();
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
            caller: create.caller,
            started_by,
            scope_state: (!is_direct).then_some(ElementState::Activating),
        });
        let root = key.root_scope();
        let mut variables = create.variables;
        let caught = if event.is_some() { std::mem::take(&mut variables) } else { Variables::new() };
        self.set_local(root, variables);
        match (event, create.start) {
            // What has happened is entered whatever the process has to wait for at its start, which may use what came.
            (Some(event), _) => {
                let mut caught = caught;
                if self.process.element(event).outputs.is_empty() {
                    self.set_local(root, std::mem::take(&mut caught));
                }
                if !is_direct {
                    self.activate_process(root);
                }
                self.enter_happened(event, root, caught);
            }
            (None, Start::Before(elements)) => {
                if !is_direct {
                    self.activate_process(root);
                }
                self.start_before(&elements)?;
            }
            (None, _) if is_direct => self.enter_start(root),
            (None, _) => self.activate(root),
        }
        Ok(())
    }

    fn enter_start(&mut self, root: ElementInstanceKey) {
        if let Some(start) = self.process.none_start(ElementIndex::PROCESS) {
            self.enter(start, root, None);
        }
    }

    /// Opens what the process waits for from its start on; what it begins with is entered otherwise.
    pub(super) fn activate_process(&mut self, root: ElementInstanceKey) {
        let mut waits = Vec::new();
        let process = self.process.element(ElementIndex::PROCESS);
        for start in self.event_sub_process_starts(process) {
            if let Err(trouble) = self.prepare_waits(start, root, &mut waits) {
                return self.raise(root, None, trouble);
            }
        }
        self.emit(Event::ElementActivated { key: root });
        self.open_waits(root, waits);
    }

    pub(super) fn cancel_instance(&mut self) -> Result<(), Rejection> {
        let instance = self.active_instance()?;
        if instance.caller.is_some() {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessInstance,
                key: instance.key.0,
                found: "called by another, which waits for it",
                expected: "an instance that nobody has called: cancel the one that has called it",
            });
        }
        self.cancel_called()
    }

    pub(super) fn cancel_called(&mut self) -> Result<(), Rejection> {
        let root = self.active_instance()?.key.root_scope();
        self.terminate_children(root);
        self.end_instance(root);
        Ok(())
    }

    /// Ends an instance in which nothing is active any longer, as one that was ended from outside.
    pub(super) fn end_instance(&mut self, root: ElementInstanceKey) {
        self.close_incidents(root);
        self.let_go(root);
        self.emit(Event::InstanceTerminated { at: self.at() });
        self.tell_of_end();
    }

    /// The process scope, unless the instance has ended.
    pub(super) fn active_root(&self) -> Option<ElementInstanceKey> {
        self.state.instance().filter(|_| self.state.is_active()).map(|instance| instance.key.root_scope())
    }

    /// Ends an element instance and everything in it, innermost first. One that has ended already stays so.
    pub(super) fn terminate(&mut self, key: ElementInstanceKey) {
        if self.state.element(key).is_none() {
            return;
        }
        self.terminate_children(key);
        self.stop_undoing(key);
        let undoes = self.is_undoing(key);
        self.let_go(key);
        if let Some(instance) = self.state.element(key).and_then(|element| element.called) {
            self.send(Outgoing::CancelCalled { instance });
        }
        self.emit(Event::ElementTerminated { key, at: self.at() });
        if let Some(undone) = undoes {
            self.undone(undone);
        }
    }

    /// Ends everything in a scope, and takes the tokens that wait in it, because the scope goes on without them.
    pub(super) fn empty(&mut self, scope: ElementInstanceKey) {
        self.empty_but(scope, None);
    }

    /// As [`Run::empty`], but for one element instance.
    pub(super) fn empty_but(&mut self, scope: ElementInstanceKey, spared: Option<ElementInstanceKey>) {
        self.terminate_children_but(scope, spared);
        for (TokenPlace { flow, .. }, count) in self.state.tokens_in(scope) {
            for _ in 0..count {
                self.emit(Event::TokenTaken { scope, flow: flow.clone() });
            }
        }
    }

    /// Ends everything in a scope that is about to end itself.
    pub(super) fn terminate_children(&mut self, scope: ElementInstanceKey) {
        self.terminate_children_but(scope, None);
    }

    fn terminate_children_but(&mut self, scope: ElementInstanceKey, spared: Option<ElementInstanceKey>) {
        self.drop_flows_in(scope);
        let children: Vec<_> =
            self.state.element(scope).into_iter().flat_map(ElementInstance::child_keys).collect();
        for child in children.into_iter().filter(|child| Some(*child) != spared) {
            self.terminate(child);
        }
    }
}
