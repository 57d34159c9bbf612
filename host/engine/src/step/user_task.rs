//! User tasks: assigning, updating, completing.

use types::{SharedStr, UserTaskKey, Variables};

use super::run::Run;
use crate::command::{AssignUserTask, UpdateUserTask};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::UserTask;

impl Run<'_> {
    fn open_task(&self, key: UserTaskKey) -> Result<&UserTask, Rejection> {
        self.state.user_task(key).ok_or(Rejection::NotFound { kind: EntityKind::UserTask, key: key.0 })
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
        self.emit(Event::UserTaskAssigned { key, assignee });
    }

    pub(super) fn update_user_task(&mut self, update: UpdateUserTask) -> Result<(), Rejection> {
        let task = self.open_task(update.task)?;
        if update.priority.is_some_and(|priority| priority > 100) {
            return Err(Rejection::InvalidArgument {
                field: "priority",
                message: "a priority is a number from 0 to 100".to_owned(),
            });
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
        let Some((_, element)) = self.element_of(key) else {
            return Err(Rejection::NotFound { kind: EntityKind::UserTask, key: task.0 });
        };
        self.emit(Event::UserTaskCompleted { key: task, at: self.at() });
        self.set_results(key, element, variables);
        self.complete(key, None);
        Ok(())
    }
}
