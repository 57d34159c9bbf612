//! User tasks.

use types::{ElementInstanceKey, Timestamp, UserTaskKey};

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::TaskCorrections;
use crate::state::entity::{UserTask, UserTaskState};
use crate::state::members::Belonging;

impl InstanceState {
    pub(super) fn apply_to_user_task(&mut self, event: &Event) {
        match event {
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
                form,
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
                        form: *form,
                        external_form_reference: external_form_reference.clone(),
                        pending: None,
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
            Event::UserTaskChangePending { key, change } => {
                if let Some(task) = self.user_tasks.get_mut(key) {
                    self.touched.user_tasks.mark(key, true);
                    task.pending = Some(change.clone());
                }
            }
            Event::UserTaskChangeDecided { key, corrections, denied_reason: _ } => {
                if let Some(task) = self.user_tasks.get_mut(key) {
                    self.touched.user_tasks.mark(key, true);
                    task.pending = None;
                    if let Some(corrections) = corrections {
                        correct(task, corrections);
                    }
                }
            }
            other => debug_assert!(false, "{other:?} is not about user tasks"),
        }
    }

    /// Ends a user task, and gives the element instance that it belongs to; `None` when it had ended before.
    pub(super) fn end_user_task(
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
}

fn correct(task: &mut UserTask, corrections: &TaskCorrections) {
    let TaskCorrections { assignee, candidate_groups, candidate_users, due_date, follow_up_date, priority } =
        corrections;
    if let Some(assignee) = assignee {
        task.assignee = Some(assignee.clone()).filter(|assignee| !assignee.is_empty());
    }
    if let Some(groups) = candidate_groups {
        task.candidate_groups = groups.clone();
    }
    if let Some(users) = candidate_users {
        task.candidate_users = users.clone();
    }
    if let Some(date) = due_date {
        task.due_date = Some(*date).filter(|date| *date != Timestamp::MAX);
    }
    if let Some(date) = follow_up_date {
        task.follow_up_date = Some(*date).filter(|date| *date != Timestamp::MAX);
    }
    if let Some(priority) = priority {
        task.priority = *priority;
    }
}
