//! The one place where state changes.

use bpmn::Process;
use bpmn::model::ElementIndex;
use types::{ElementInstanceKey, IncidentKey, JobKey, Timestamp, UserTaskKey};

use super::entity::{
    Checkpoint, ElementInstance, ElementState, Incident, InstanceStatus, Job, JobState, ProcessInstance,
    Timer, UserTask, UserTaskState, Variable,
};
use super::members::{Belonging, SmallSet};
use super::{InstanceState, TokenPlace};
use crate::event::Event;

impl InstanceState {
    /// Makes `event` part of the state. `process` is the definition that the instance runs.
    ///
    /// Events come from a step on this very state, or from its history in order. One that names what is not there
    /// was damaged on its way, and leaves that part of the state as it is.
    pub fn apply(&mut self, event: &Event, process: &Process) {
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
            } => {
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
                    paused: false,
                    open_incidents: 0,
                });
                let root = key.root_scope();
                self.elements.insert(
                    root,
                    ElementInstance {
                        key: root,
                        scope: root,
                        element: bpmn_process_id.clone(),
                        state: ElementState::Active,
                        entered_at: *at,
                        children: SmallSet::Empty,
                        belongings: SmallSet::Empty,
                        index: ElementIndex::PROCESS,
                    },
                );
            }
            Event::InstanceCompleted { at } => self.end_instance(InstanceStatus::Completed, *at),
            Event::InstanceTerminated { at } => self.end_instance(InstanceStatus::Terminated, *at),
            Event::Paused {} => self.set_paused(true),
            Event::Resumed {} => self.set_paused(false),

            Event::TokenParked { scope, flow } => {
                let place = TokenPlace { scope: *scope, flow: flow.clone() };
                self.touched.tokens.mark(&place, self.tokens.has_any_at(&place));
                self.tokens.add(place, 1, process);
            }
            Event::TokenTaken { scope, flow } => {
                let place = TokenPlace { scope: *scope, flow: flow.clone() };
                if self.tokens.take(&place, process) {
                    self.touched.tokens.mark(&place, true);
                }
            }

            Event::ElementEntered { key, scope, element, flow: _, state, at } => {
                let Some(index) = process.element_by_id(element) else { return };
                self.touched.elements.mark(key, false);
                self.elements.insert(
                    *key,
                    ElementInstance {
                        key: *key,
                        scope: *scope,
                        element: element.clone(),
                        state: *state,
                        entered_at: *at,
                        children: SmallSet::Empty,
                        belongings: SmallSet::Empty,
                        index,
                    },
                );
                if let Some(parent) = self.elements.get_mut(scope) {
                    parent.children.insert(*key);
                }
            }
            Event::ElementActivated { key } => self.set_element_state(*key, ElementState::Active),
            Event::ElementCompleting { key } => self.set_element_state(*key, ElementState::Completing),
            Event::ElementCompleted { key, at } => self.remove_element(*key, UserTaskState::Completed, *at),
            Event::ElementTerminated { key, at } => self.remove_element(*key, UserTaskState::Canceled, *at),

            Event::VariableSet { key, scope, name, value } => {
                let scope_variables = self.variables.entry(*scope).or_default();
                let exists = scope_variables.contains_key(name);
                self.touched.variables.mark(&(*scope, name.clone(), *key), exists);
                scope_variables.insert(name.clone(), Variable { key: *key, value: value.clone() });
            }

            Event::JobCreated { key, element_instance, job_type, retries, headers } => {
                self.touched.jobs.mark(key, false);
                self.attach(*element_instance, Belonging::Job(*key));
                self.jobs.insert(
                    *key,
                    Job {
                        key: *key,
                        element_instance: *element_instance,
                        job_type: job_type.clone(),
                        retries: *retries,
                        attempt: 0,
                        interruptions: 0,
                        state: JobState::Activatable { from: Timestamp::default() },
                        message: None,
                        headers: headers.clone(),
                        checkpoint: None,
                    },
                );
            }
            Event::JobActivated { job, attempt, worker, deadline } => self.change_job(*job, |job| {
                job.attempt = *attempt;
                job.state = JobState::Activated { worker: worker.clone(), deadline: *deadline };
            }),
            Event::JobStarted { job, attempt, worker, deadline } => self.change_job(*job, |job| {
                job.attempt = *attempt;
                job.state = JobState::Running { worker: worker.clone(), deadline: *deadline };
            }),
            Event::JobInterrupted { job, retries } => self.change_job(*job, |job| {
                job.interruptions += 1;
                job.retries = *retries;
                job.state = waiting_from(*retries, Timestamp::default());
            }),
            Event::JobTimedOut { job, retries } => self.change_job(*job, |job| {
                job.retries = *retries;
                job.state = waiting_from(*retries, Timestamp::default());
            }),
            Event::JobFailed { job, retries, retry_at, message } => self.change_job(*job, |job| {
                job.retries = *retries;
                job.message = Some(message.clone());
                job.state = waiting_from(*retries, *retry_at);
            }),
            Event::JobCompleted { job } | Event::JobErrorThrown { job, .. } => self.remove_job(*job),
            Event::JobErrorUncaught { job, code: _, message } => self.change_job(*job, |job| {
                job.message = Some(message.clone());
                job.state = JobState::Stopped;
            }),
            Event::JobRetriesUpdated { job, retries } => self.change_job(*job, |job| job.retries = *retries),
            Event::JobDeadlineUpdated { job, deadline: later } => self.change_job(*job, |job| {
                if let JobState::Activated { deadline, .. } | JobState::Running { deadline, .. } =
                    &mut job.state
                {
                    *deadline = *later;
                }
            }),
            Event::JobPostponed { job, retry_at } => {
                self.change_job(*job, |job| job.state = JobState::Activatable { from: *retry_at });
            }
            Event::JobReleased { job } => self.change_job(*job, |job| {
                job.state = JobState::Activatable { from: Timestamp::default() };
            }),
            Event::CheckpointSaved { job, attempt, value, writer_version } => self.change_job(*job, |job| {
                job.checkpoint = Some(Checkpoint {
                    value: value.clone(),
                    writer_version: writer_version.clone(),
                    attempt: *attempt,
                });
            }),

            Event::TimerCreated { key, element_instance, element, due, fired } => {
                self.touched.timers.mark(key, self.timers.contains_key(key));
                self.attach(*element_instance, Belonging::Timer(*key));
                self.timers.insert(
                    *key,
                    Timer {
                        key: *key,
                        element_instance: *element_instance,
                        element: element.clone(),
                        due: *due,
                        fired: *fired,
                    },
                );
            }
            Event::TimerTriggered { key } => {
                if let Some(timer) = self.timers.remove(key) {
                    self.touched.timers.mark(key, true);
                    self.detach(timer.element_instance, Belonging::Timer(*key));
                }
            }

            Event::UserTaskCreated {
                key,
                element_instance,
                assignee,
                candidate_groups,
                candidate_users,
                due_date,
                follow_up_date,
                priority,
                form_key,
                external_form_reference,
                at,
            } => {
                let element = self
                    .elements
                    .get(element_instance)
                    .map(|element| element.element.clone())
                    .unwrap_or_default();
                self.touched.user_tasks.mark(key, false);
                self.attach(*element_instance, Belonging::UserTask(*key));
                self.user_tasks.insert(
                    *key,
                    UserTask {
                        key: *key,
                        element_instance: *element_instance,
                        element,
                        state: UserTaskState::Created,
                        assignee: assignee.clone(),
                        candidate_groups: candidate_groups.clone(),
                        candidate_users: candidate_users.clone(),
                        due_date: *due_date,
                        follow_up_date: *follow_up_date,
                        priority: *priority,
                        form_key: form_key.clone(),
                        external_form_reference: external_form_reference.clone(),
                        created_at: *at,
                        ended_at: None,
                    },
                );
            }
            Event::UserTaskAssigned { key, assignee } => {
                if let Some(task) = self.user_tasks.get_mut(key) {
                    self.touched.user_tasks.mark(key, true);
                    task.assignee = assignee.clone();
                }
            }
            Event::UserTaskUpdated {
                key,
                candidate_groups,
                candidate_users,
                due_date,
                follow_up_date,
                priority,
            } => {
                if let Some(task) = self.user_tasks.get_mut(key) {
                    self.touched.user_tasks.mark(key, true);
                    task.candidate_groups = candidate_groups.clone();
                    task.candidate_users = candidate_users.clone();
                    task.due_date = *due_date;
                    task.follow_up_date = *follow_up_date;
                    task.priority = *priority;
                }
            }
            Event::UserTaskCompleted { key, at } => {
                if let Some(element_instance) = self.end_user_task(*key, UserTaskState::Completed, *at) {
                    self.detach(element_instance, Belonging::UserTask(*key));
                }
            }

            Event::IncidentCreated { key, element_instance, job, kind, message, at } => {
                let element = self
                    .elements
                    .get(element_instance)
                    .map(|element| element.element.clone())
                    .unwrap_or_default();
                self.touched.incidents.mark(key, false);
                self.attach(*element_instance, Belonging::Incident(*key));
                self.incidents.insert(
                    *key,
                    Incident {
                        key: *key,
                        element_instance: *element_instance,
                        element,
                        job: *job,
                        kind: *kind,
                        message: message.clone(),
                        created_at: *at,
                        ended_at: None,
                    },
                );
                if let Some(instance) = &mut self.instance {
                    self.touched.instance = true;
                    instance.open_incidents += 1;
                }
            }
            Event::IncidentResolved { key, at } => {
                if let Some(element_instance) = self.end_incident(*key, *at) {
                    self.detach(element_instance, Belonging::Incident(*key));
                }
            }
        }
    }

    fn end_instance(&mut self, status: InstanceStatus, at: Timestamp) {
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            instance.state = status;
            instance.ended_at = Some(at);
            instance.paused = false;
            let root = instance.key.root_scope();
            self.elements.remove(&root);
            self.remove_tokens(root);
        }
    }

    fn set_paused(&mut self, paused: bool) {
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            instance.paused = paused;
        }
    }

    fn set_element_state(&mut self, key: ElementInstanceKey, state: ElementState) {
        if let Some(element) = self.elements.get_mut(&key) {
            self.touched.elements.mark(&key, true);
            element.state = state;
        }
    }

    /// Removes an element instance with all that belongs to it alone, in time proportional to that.
    fn remove_element(&mut self, key: ElementInstanceKey, user_task: UserTaskState, at: Timestamp) {
        let Some(element) = self.elements.remove(&key) else { return };
        self.touched.elements.mark(&key, true);
        if let Some(parent) = self.elements.get_mut(&element.scope) {
            parent.children.remove(key);
        }
        for (name, variable) in self.variables.remove(&key).into_iter().flatten() {
            self.touched.variables.mark(&(key, name, variable.key), true);
        }
        self.end_belongings(&element, user_task, at);
    }

    fn end_belongings(&mut self, element: &ElementInstance, user_task: UserTaskState, at: Timestamp) {
        self.remove_tokens(element.key);
        for belonging in element.belongings.iter() {
            match belonging {
                Belonging::Job(job) => {
                    self.touched.jobs.mark(&job, true);
                    self.jobs.remove(&job);
                }
                Belonging::Timer(timer) => {
                    self.touched.timers.mark(&timer, true);
                    self.timers.remove(&timer);
                }
                Belonging::UserTask(task) => drop(self.end_user_task(task, user_task, at)),
                Belonging::Incident(incident) => drop(self.end_incident(incident, at)),
            }
        }
    }

    fn remove_tokens(&mut self, scope: ElementInstanceKey) {
        for place in self.tokens.take_scope(scope) {
            self.touched.tokens.mark(&place, true);
        }
    }

    /// Notes that something exists for an element instance.
    pub(super) fn attach(&mut self, element: ElementInstanceKey, belonging: Belonging) {
        if let Some(element) = self.elements.get_mut(&element) {
            element.belongings.insert(belonging);
        }
    }

    fn detach(&mut self, element: ElementInstanceKey, belonging: Belonging) {
        if let Some(element) = self.elements.get_mut(&element) {
            element.belongings.remove(belonging);
        }
    }

    fn remove_job(&mut self, key: JobKey) {
        if let Some(job) = self.jobs.remove(&key) {
            self.touched.jobs.mark(&key, true);
            self.detach(job.element_instance, Belonging::Job(key));
        }
    }

    /// Ends a user task, and gives the element instance that it belongs to; `None` when it had ended before.
    fn end_user_task(
        &mut self,
        key: UserTaskKey,
        state: UserTaskState,
        at: Timestamp,
    ) -> Option<ElementInstanceKey> {
        let task = self.user_tasks.get_mut(&key).filter(|task| task.ended_at.is_none())?;
        self.touched.user_tasks.mark(&key, true);
        task.state = state;
        task.ended_at = Some(at);
        Some(task.element_instance)
    }

    /// Ends an incident, and gives the element instance that it belongs to; `None` when it had ended before.
    fn end_incident(&mut self, key: IncidentKey, at: Timestamp) -> Option<ElementInstanceKey> {
        let incident = self.incidents.get_mut(&key).filter(|incident| incident.ended_at.is_none())?;
        self.touched.incidents.mark(&key, true);
        incident.ended_at = Some(at);
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            instance.open_incidents = instance.open_incidents.saturating_sub(1);
        }
        Some(incident.element_instance)
    }

    fn change_job(&mut self, key: JobKey, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.get_mut(&key) {
            self.touched.jobs.mark(&key, true);
            change(job);
        }
    }
}

fn waiting_from(retries: u32, from: Timestamp) -> JobState {
    if retries == 0 { JobState::Stopped } else { JobState::Activatable { from } }
}
