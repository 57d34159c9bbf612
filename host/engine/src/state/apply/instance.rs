//! The instance as a whole.

use bpmn::Process;
use bpmn::model::ElementIndex;
use types::Timestamp;

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::{ElementInstance, InstanceStatus, ProcessInstance, Role, UserTaskState};
use crate::state::members::SmallSet;

impl InstanceState {
    pub(super) fn apply_to_instance(&mut self, event: &Event, process: &Process) {
        match event {
            Event::InstanceCreated {
                key,
                definition,
                bpmn_process_id,
                version,
                tenant,
                at,
                version_tag,
                business_id,
                tags,
                caller,
                started_by,
                scope_state,
            } => {
                let scope_state = scope_state.unwrap_or_default();
                self.touched.instance = true;
                self.instance = Some(ProcessInstance {
                    key: *key,
                    definition: *definition,
                    bpmn_process_id: bpmn_process_id.clone(),
                    version: *version,
                    version_tag: version_tag.clone(),
                    tenant: tenant.clone(),
                    state: InstanceStatus::Active,
                    started_at: *at,
                    ended_at: None,
                    business_id: business_id.clone(),
                    tags: tags.clone(),
                    caller: *caller,
                    started_by: started_by.clone(),
                    scope_state,
                    listeners_done: 0,
                    ends_after: Vec::new(),
                    sequel: None,
                    paused: false,
                    suspended: false,
                    open_incidents: 0,
                });
                let root = key.root_scope();
                self.elements.insert(
                    root,
                    ElementInstance {
                        key: root,
                        scope: root,
                        element: bpmn_process_id.clone(),
                        state: scope_state,
                        role: Role::Plain,
                        listeners_done: 0,
                        called: None,
                        sequel: None,
                        entered_at: *at,
                        children: SmallSet::Empty,
                        belongings: SmallSet::Empty,
                        index: ElementIndex::PROCESS,
                    },
                );
            }
            Event::InstanceCompleted { at } => self.end_instance(InstanceStatus::Completed, *at),
            Event::InstanceTerminated { at } => self.end_instance(InstanceStatus::Terminated, *at),
            Event::EndPlanned { after } => {
                if let Some(instance) = &mut self.instance {
                    self.touched.instance = true;
                    instance.ends_after = after.clone();
                }
            }
            Event::Paused {} => self.set_paused(true),
            Event::Resumed {} => self.set_paused(false),
            Event::Suspended {} => self.set_suspended(true),
            Event::Unsuspended {} => self.set_suspended(false),
            Event::InstanceMigrated { definition, bpmn_process_id, version, version_tag, renamed } => {
                if let Some(instance) = &mut self.instance {
                    instance.definition = *definition;
                    instance.bpmn_process_id = bpmn_process_id.clone();
                    instance.version = *version;
                    instance.version_tag = version_tag.clone();
                    self.touched.instance = true;
                }
                self.rename(renamed, process);
            }
            other => debug_assert!(false, "{other:?} is not about instance"),
        }
    }

    fn end_instance(&mut self, status: InstanceStatus, at: Timestamp) {
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            instance.state = status;
            instance.ended_at = Some(at);
            instance.paused = false;
            let root = instance.key.root_scope();
            self.ending.remove(&root);
            if let Some(root) = self.elements.remove(&root) {
                self.end_belongings(&root, UserTaskState::Canceled, at);
            }
        }
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.instance.as_ref().is_some_and(|instance| instance.suspended)
    }

    /// Marks the instance and all that would go on by itself.
    fn set_suspended(&mut self, suspended: bool) {
        let Some(instance) = &mut self.instance else { return };
        self.touched.instance = true;
        instance.suspended = suspended;
        for job in self.jobs.values_mut() {
            self.touched.jobs.mark(&job.key, true);
            job.suspended = suspended;
        }
        for timer in self.timers.values_mut() {
            self.touched.timers.mark(&timer.key, true);
            timer.suspended = suspended;
        }
    }

    fn set_paused(&mut self, paused: bool) {
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            instance.paused = paused;
        }
    }
}
