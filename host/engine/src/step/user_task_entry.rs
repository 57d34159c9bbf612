//! Entering a user task: the form that it links to, and what listeners have to hear first.

use bpmn::model::{UserTask, UserTaskImplementation};
use types::{ElementInstanceKey, ResourceKey, SharedStr, UserTaskKey};

use super::action::Action;
use super::job::NewJob;
use super::run::Run;
use super::task_listener::assignment;
use super::trouble::Trouble;
use super::user_task_properties::{USER_TASK_JOB_TYPE, UserTaskProperties};
use crate::state::{JobKind, TaskChange, TaskChangeKind, TaskCorrections};

impl<'a> Run<'a> {
    pub(super) fn prepare_user_task(
        &self,
        task: &'a UserTask,
        scope: ElementInstanceKey,
    ) -> Result<Action<'a>, Trouble> {
        match self.linked_form(task, scope)? {
            Some(form) => {
                // What else is wrong is told before the form is looked for.
                self.user_task_properties(task, scope, None)?;
                Ok(Action::FindFiles(vec![form]))
            }
            None => self.prepare_user_task_with(task, scope, None),
        }
    }

    /// Prepares a user task whose form, where it links to one, was found.
    pub(super) fn prepare_user_task_with(
        &self,
        task: &'a UserTask,
        scope: ElementInstanceKey,
        form: Option<ResourceKey>,
    ) -> Result<Action<'a>, Trouble> {
        let properties = self.user_task_properties(task, scope, form)?;
        Ok(match task.implementation {
            UserTaskImplementation::Managed => Action::CreateUserTask(Box::new(properties)),
            UserTaskImplementation::Job => Action::CreateJob(NewJob {
                kind: JobKind::Element,
                job_type: SharedStr::from(USER_TASK_JOB_TYPE),
                retries: 1,
                priority: 0,
                headers: properties.into_headers(),
            }),
        })
    }

    pub(super) fn create_user_task(
        &mut self,
        task: UserTaskKey,
        key: ElementInstanceKey,
        mut properties: UserTaskProperties,
    ) {
        let is_created = !self.is_listened_to(key, TaskChangeKind::Create);
        // Listeners that hear of assignments hear of the first one too.
        let assignee = match self.is_listened_to(key, TaskChangeKind::Assign) {
            true => properties.assignee.take(),
            false => None,
        };
        self.emit(properties.into_event(task, key, self.at()));
        if !is_created {
            let properties = TaskCorrections { assignee, ..Default::default() };
            self.change_user_task(task, TaskChange::new(TaskChangeKind::Create, properties, None));
        } else if assignee.is_some() {
            self.change_user_task(task, assignment(assignee));
        }
    }
}
