//! Starting an instance.

use bpmn::model::ElementIndex;
use types::{ElementInstanceKey, ProcessInstanceKey, SharedStr, Variables};

use super::run::Run;
use crate::command::{CreateInstance, Start};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::ElementState;

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
        self.check_planned_end(&create.ends_after)?;
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
        if !create.ends_after.is_empty() {
            self.emit(Event::EndPlanned { after: create.ends_after });
        }
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

    /// The elements after which the instance is to be ended are elements of its process.
    fn check_planned_end(&self, elements: &[SharedStr]) -> Result<(), Rejection> {
        let refuse = |message| Err(Rejection::InvalidArgument { field: "runtimeInstructions", message });
        for id in elements {
            match self.process.element_by_id(id) {
                None => return refuse(format!("process `{}` has no element `{id}`", self.process.id)),
                Some(ElementIndex::PROCESS) => {
                    return refuse(format!(
                        "`{id}` is the process itself, after which nothing is left to end"
                    ));
                }
                Some(_) => {}
            }
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
}
