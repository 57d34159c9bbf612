//! Task listeners: workers that are asked before something becomes of a user task.
//!
//! A change that listeners hear waits as `pending` while they run, one after the other. Each may correct the task's
//! properties, and some may refuse the change; until all have answered, nothing else is done with the task.

use bpmn::model::{ElementKind, TaskListener, TaskListenerEvent, UserTask as TaskModel};
use types::{ElementInstanceKey, SharedStr, Timestamp, UserTaskKey, Variables};

use super::complete::Leave;
use super::job::NewJob;
use super::run::Run;
use super::user_task_properties::{date_text, list_text};
use crate::command::{JobResult, ListenerVerdict};
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{Job, JobKind, TaskChange, TaskChangeKind, TaskCorrections, UserTask};

/// The largest priority of a user task.
pub(super) const PRIORITY_MAX: u8 = 100;

impl TaskChange {
    /// A change that no listener has heard of yet.
    pub(super) fn new(
        kind: TaskChangeKind,
        properties: TaskCorrections,
        variables: Option<Variables>,
    ) -> Self {
        Self { kind, listeners_done: 0, properties, variables, is_local: None }
    }
}

impl<'a> Run<'a> {
    /// Whether any listener hears such changes of a user task.
    pub(super) fn is_listened_to(&self, element_instance: ElementInstanceKey, kind: TaskChangeKind) -> bool {
        self.task_model(element_instance).is_some_and(|model| listener(model, kind, 0).is_some())
    }

    fn task_model(&self, element_instance: ElementInstanceKey) -> Option<&'a TaskModel> {
        // Also of one that is doomed, and about to end.
        let index = self.state.any_element(element_instance)?.index();
        match &self.process.element(index).kind {
            ElementKind::UserTask(model) => Some(model),
            _ => None,
        }
    }

    /// Asks the next listener about a change, or makes it when all have been asked.
    pub(super) fn change_user_task(&mut self, key: UserTaskKey, change: TaskChange) {
        let Some(element_instance) = self.state.user_task(key).map(|task| task.element_instance) else {
            return;
        };
        let Some(model) = self.task_model(element_instance) else { return };
        match listener(model, change.kind, change.listeners_done) {
            Some(listener) => {
                self.emit(Event::UserTaskChangePending { key, change });
                self.create_task_listener_job(element_instance, listener);
            }
            None => self.make_change(key, element_instance, change),
        }
    }

    fn create_task_listener_job(&mut self, element_instance: ElementInstanceKey, listener: &TaskListener) {
        let prepared = self.string(&listener.job_type, element_instance, "job type").and_then(|job_type| {
            let retries = self.whole_number(&listener.retries, element_instance, "retries")?;
            Ok(NewJob { kind: JobKind::TaskListener, job_type, retries, priority: 0, headers: Vec::new() })
        });
        match prepared {
            Ok(job) => self.create_job(element_instance, job),
            Err(trouble) => self.raise(element_instance, None, trouble),
        }
    }

    /// The listener that could not be asked before is asked now.
    pub(super) fn go_on_with_change(&mut self, element_instance: ElementInstanceKey) {
        let Some(task) = self.state.user_tasks_of(element_instance).next() else { return };
        let (key, Some(change)) = (task.key, task.pending.clone()) else { return };
        if self.state.jobs_of(element_instance).next().is_none() {
            self.change_user_task(key, change);
        }
    }

    fn make_change(&mut self, key: UserTaskKey, element_instance: ElementInstanceKey, change: TaskChange) {
        let TaskChange { kind, mut properties, variables, is_local, .. } = change;
        // Who has the task from its beginning is told to the listeners that hear of assignments.
        let mut assignee = None;
        if kind == TaskChangeKind::Create && self.is_listened_to(element_instance, TaskChangeKind::Assign) {
            assignee = properties.assignee.take().filter(|assignee| !assignee.is_empty());
        }
        let (corrections, denied_reason) = (Some(properties), None);
        self.emit(Event::UserTaskChangeDecided { key, corrections, denied_reason });
        if let Some(assignee) = assignee {
            self.change_user_task(key, assignment(Some(assignee)));
        }
        let variables = variables.unwrap_or_default();
        match kind {
            TaskChangeKind::Complete => self.user_task_done(key, element_instance, variables),
            TaskChangeKind::Cancel => self.go_on_terminating(element_instance),
            _ if is_local == Some(true) => self.set_local(element_instance, variables),
            _ => self.propagate(element_instance, variables),
        }
    }

    /// Variables are set on a user task: a change that listeners may hear of. Whether they do, and decide about it.
    pub(super) fn set_on_user_task(
        &mut self,
        scope: ElementInstanceKey,
        variables: &Variables,
        local: bool,
    ) -> Result<bool, Rejection> {
        let Some(key) = self.state.user_tasks_of(scope).next().map(|task| task.key) else { return Ok(false) };
        if !self.is_listened_to(scope, TaskChangeKind::Update) {
            return Ok(false);
        }
        self.open_task(key)?;
        let (properties, variables) = (TaskCorrections::default(), Some(variables.clone()));
        let change = TaskChange::new(TaskChangeKind::Update, properties, variables);
        self.change_user_task(key, TaskChange { is_local: Some(local), ..change });
        Ok(true)
    }

    /// A human has done the task, and nobody objects.
    pub(super) fn user_task_done(
        &mut self,
        key: UserTaskKey,
        element_instance: ElementInstanceKey,
        variables: Variables,
    ) {
        let Some((_, element)) = self.element_of(element_instance) else { return };
        self.emit(Event::UserTaskCompleted { key, at: self.at() });
        self.set_results(element_instance, element, variables);
        self.complete(element_instance, Leave::All);
    }

    /// A listener has answered.
    pub(super) fn task_listener_answered(&mut self, job: &Job, result: JobResult) -> Result<(), Rejection> {
        let verdict = match result {
            JobResult::TaskListener(verdict) => verdict,
            JobResult::Variables(variables) if variables.is_empty() => ListenerVerdict::default(),
            JobResult::Worker(variables) | JobResult::Connector(variables) if variables.is_empty() => {
                ListenerVerdict::default()
            }
            JobResult::Worker(_) | JobResult::Connector(_) => {
                // A component cannot correct its answer: an operator has to see what it does here.
                self.fail_with(job, 0, 0, NO_VARIABLES.to_owned());
                return Ok(());
            }
            JobResult::Variables(_) => return Err(invalid("variables", NO_VARIABLES)),
            JobResult::AdHoc(_) => {
                return Err(invalid(
                    "result",
                    "a task listener answers for its user task, not for a sub-process",
                ));
            }
        };
        let Some((key, task)) = self.listened_task(job) else {
            return Err(invalid("jobKey", "the user task has nothing to decide"));
        };
        let Some(mut change) = task.pending.clone() else {
            return Err(invalid("jobKey", "the user task has nothing to decide"));
        };
        let has_assignee = change.properties.assignee.as_ref().is_some_and(|assignee| !assignee.is_empty())
            || task.assignee.is_some();
        let is_new = matches!(change.kind, TaskChangeKind::Create);
        if verdict.denied && matches!(change.kind, TaskChangeKind::Create | TaskChangeKind::Cancel) {
            return Err(invalid("result", "the creation and the end of a user task cannot be denied"));
        }
        if verdict.corrections.priority.is_some_and(|priority| priority > PRIORITY_MAX) {
            return Err(invalid("result", "a priority is a number from 0 to 100"));
        }
        if is_new && has_assignee && change.listeners_done == 0 && verdict.corrections.assignee.is_some() {
            let message = "the model says who has the task: correct that when it is assigned";
            return Err(invalid("result", message));
        }
        self.emit(Event::JobCompleted { job: job.key });
        if verdict.denied {
            let (corrections, denied_reason) = (None, verdict.denied_reason);
            self.emit(Event::UserTaskChangeDecided { key, corrections, denied_reason });
            return Ok(());
        }
        change.properties.correct(verdict.corrections);
        change.listeners_done += 1;
        self.change_user_task(key, change);
        Ok(())
    }

    fn listened_task(&self, job: &Job) -> Option<(UserTaskKey, &UserTask)> {
        let task = self.state.user_tasks_of(job.element_instance).next()?;
        Some((task.key, task))
    }
}

const NO_VARIABLES: &str =
    "a task listener sets no variables: it lets the change happen, corrects it or denies it";

fn invalid(field: &'static str, message: &str) -> Rejection {
    Rejection::InvalidArgument { field, message: message.to_owned() }
}

/// The listener that hears such changes, after `done` others.
fn listener(model: &TaskModel, kind: TaskChangeKind, done: u16) -> Option<&TaskListener> {
    let on = match kind {
        TaskChangeKind::Create => TaskListenerEvent::Creating,
        TaskChangeKind::Assign => TaskListenerEvent::Assigning,
        TaskChangeKind::Update => TaskListenerEvent::Updating,
        TaskChangeKind::Complete => TaskListenerEvent::Completing,
        TaskChangeKind::Cancel => TaskListenerEvent::Canceling,
    };
    model.listeners.iter().filter(|listener| listener.on == on).nth(usize::from(done))
}

/// A task is given to somebody, or taken back.
pub(super) fn assignment(assignee: Option<SharedStr>) -> TaskChange {
    let properties = TaskCorrections { assignee: Some(assignee.unwrap_or_default()), ..Default::default() };
    TaskChange::new(TaskChangeKind::Assign, properties, None)
}

/// The headers by which a task listener knows the task, as the change would leave it, and the change.
pub(super) fn listener_headers(task: &UserTask) -> Vec<(SharedStr, SharedStr)> {
    let Some(TaskChange { kind, properties, variables, .. }) = &task.pending else { return Vec::new() };
    let assignee = match &properties.assignee {
        Some(assignee) => Some(assignee.clone()).filter(|assignee| !assignee.is_empty()),
        None => task.assignee.clone(),
    };
    let date = |corrected: Option<Timestamp>, before: Option<Timestamp>| match corrected {
        Some(date) => Some(date).filter(|date| *date != Timestamp::MAX),
        None => before,
    };
    let groups = properties.candidate_groups.as_ref().unwrap_or(&task.candidate_groups);
    let users = properties.candidate_users.as_ref().unwrap_or(&task.candidate_users);
    let due_date = date(properties.due_date, task.due_date);
    let follow_up_date = date(properties.follow_up_date, task.follow_up_date);
    let priority = properties.priority.unwrap_or(task.priority);
    let changed: Vec<SharedStr> = [
        ("assignee", assignee != task.assignee),
        ("candidateGroups", *groups != task.candidate_groups),
        ("candidateUsers", *users != task.candidate_users),
        ("dueDate", due_date != task.due_date),
        ("followUpDate", follow_up_date != task.follow_up_date),
        ("priority", priority != task.priority),
        ("variables", *kind == TaskChangeKind::Update && variables.is_some()),
    ]
    .into_iter()
    .filter(|(_, is_changed)| *is_changed)
    .map(|(name, _)| SharedStr::from(name))
    .collect();
    let action = match kind {
        TaskChangeKind::Create => "create",
        TaskChangeKind::Assign if assignee.is_none() => "unassign",
        TaskChangeKind::Assign => "assign",
        TaskChangeKind::Update => "update",
        TaskChangeKind::Complete => "complete",
        TaskChangeKind::Cancel => "cancel",
    };
    let form_key = task.form.map(|form| SharedStr::from(form.to_string())).or_else(|| task.form_key.clone());
    [
        ("io.camunda.zeebe:action", Some(SharedStr::from(action))),
        ("io.camunda.zeebe:assignee", assignee),
        ("io.camunda.zeebe:candidateGroups", list_text(groups)),
        ("io.camunda.zeebe:candidateUsers", list_text(users)),
        ("io.camunda.zeebe:changedAttributes", list_text(&changed)),
        ("io.camunda.zeebe:dueDate", date_text(due_date)),
        ("io.camunda.zeebe:followUpDate", date_text(follow_up_date)),
        ("io.camunda.zeebe:formKey", form_key),
        ("io.camunda.zeebe:priority", Some(SharedStr::from(priority.to_string()))),
        ("io.camunda.zeebe:userTaskKey", Some(SharedStr::from(task.key.to_string()))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((SharedStr::from(name), value?)))
    .collect()
}
