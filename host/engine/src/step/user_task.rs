//! User tasks: assigning, updating, completing.

use types::{SharedStr, Timestamp, UserTaskKey, Variables};

use super::run::Run;
use super::task_listener::{PRIORITY_MAX, assignment};
use crate::command::{AssignUserTask, UpdateUserTask};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{TaskChange, TaskChangeKind, TaskCorrections, UserTask};

impl Run<'_> {
    /// A task that waits for its human, and for no task listener.
    pub(super) fn open_task(&self, key: UserTaskKey) -> Result<&UserTask, Rejection> {
        let kind = EntityKind::UserTask;
        let task = self.state.user_task(key).ok_or(Rejection::NotFound { kind, key: key.0 })?;
        match &task.pending {
            None => Ok(task),
            Some(change) => Err(Rejection::InvalidState {
                kind,
                key: key.0,
                found: match change.kind {
                    TaskChangeKind::Create => "being created: its task listeners are at work",
                    TaskChangeKind::Assign => "being assigned: its task listeners are at work",
                    TaskChangeKind::Update => "being updated: its task listeners are at work",
                    TaskChangeKind::Complete => "being completed: its task listeners are at work",
                    TaskChangeKind::Cancel => "being canceled: its task listeners are at work",
                },
                expected: "created",
            }),
        }
    }

    pub(super) fn assign_user_task(&mut self, assign: AssignUserTask) -> Result<(), Rejection> {
        let task = self.open_task(assign.task)?;
        if assign.assignee.trim().is_empty() {
            return Err(Rejection::InvalidArgument {
                field: "assignee",
                message: "no assignee given; to take the task back, unassign it".to_owned(),
            });
        }
        match &task.assignee {
            Some(holder) if *holder == assign.assignee => return Ok(()),
            Some(_) if !assign.allow_override => {
                return Err(Rejection::InvalidState {
                    kind: EntityKind::UserTask,
                    key: assign.task.0,
                    found: "assigned",
                    expected: "unassigned, or the command to allow overriding",
                });
            }
            _ => {}
        }
        self.assign(assign.task, Some(assign.assignee));
        Ok(())
    }

    pub(super) fn unassign_user_task(&mut self, task: UserTaskKey) -> Result<(), Rejection> {
        if self.open_task(task)?.assignee.is_some() {
            self.assign(task, None);
        }
        Ok(())
    }

    fn assign(&mut self, key: UserTaskKey, assignee: Option<SharedStr>) {
        let is_listened_to = self
            .state
            .user_task(key)
            .is_some_and(|task| self.is_listened_to(task.element_instance, TaskChangeKind::Assign));
        match is_listened_to {
            true => self.change_user_task(key, assignment(assignee)),
            false => self.emit(Event::UserTaskAssigned { key, assignee }),
        }
    }

    pub(super) fn update_user_task(&mut self, update: UpdateUserTask) -> Result<(), Rejection> {
        let task = self.open_task(update.task)?;
        if update.priority.is_some_and(|priority| priority > PRIORITY_MAX) {
            return Err(Rejection::InvalidArgument {
                field: "priority",
                message: "a priority is a number from 0 to 100".to_owned(),
            });
        }
        if self.is_listened_to(task.element_instance, TaskChangeKind::Update) {
            let date = |date: Option<Option<Timestamp>>| date.map(|date| date.unwrap_or(Timestamp::MAX));
            let properties = TaskCorrections {
                assignee: None,
                candidate_groups: update.candidate_groups,
                candidate_users: update.candidate_users,
                due_date: date(update.due_date),
                follow_up_date: date(update.follow_up_date),
                priority: update.priority,
            };
            self.change_user_task(update.task, TaskChange::new(TaskChangeKind::Update, properties, None));
            return Ok(());
        }
        let event = Event::UserTaskUpdated {
            key: update.task,
            candidate_groups: update.candidate_groups.unwrap_or_else(|| task.candidate_groups.clone()),
            candidate_users: update.candidate_users.unwrap_or_else(|| task.candidate_users.clone()),
            due_date: update.due_date.unwrap_or(task.due_date),
            follow_up_date: update.follow_up_date.unwrap_or(task.follow_up_date),
            priority: update.priority.unwrap_or(task.priority),
        };
        self.emit(event);
        Ok(())
    }

    pub(super) fn complete_user_task(
        &mut self,
        task: UserTaskKey,
        variables: Variables,
    ) -> Result<(), Rejection> {
        let key = self.open_task(task)?.element_instance;
        if self.is_listened_to(key, TaskChangeKind::Complete) {
            let properties = TaskCorrections::default();
            self.change_user_task(
                task,
                TaskChange::new(TaskChangeKind::Complete, properties, Some(variables)),
            );
        } else {
            self.user_task_done(task, key, variables);
        }
        Ok(())
    }
}
