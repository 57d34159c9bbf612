//! The properties of a user task, and how workers that speak of it as a job learn them.

use bpmn::model::{Form, Text, UserTask};
use types::{ElementInstanceKey, ResourceKey, SharedStr, Timestamp, UserTaskKey};

use super::run::Run;
use super::trouble::Trouble;
use crate::event::{Event, Header};
use crate::state::IncidentKind;

/// The type of the jobs that job-based user tasks become.
pub const USER_TASK_JOB_TYPE: &str = "io.camunda.zeebe:userTask";

/// A user task's priority when the model does not say, as in Camunda.
const PRIORITY_DEFAULT: u8 = 50;

/// The properties of a user task, evaluated.
pub(super) struct UserTaskProperties {
    pub(super) assignee: Option<SharedStr>,
    candidate_groups: Vec<SharedStr>,
    candidate_users: Vec<SharedStr>,
    due_date: Option<Timestamp>,
    follow_up_date: Option<Timestamp>,
    priority: u8,
    form_key: Option<SharedStr>,
    form: Option<ResourceKey>,
    external_form_reference: Option<SharedStr>,
}

impl<'a> Run<'a> {
    /// Evaluates the properties of a user task.
    pub(super) fn user_task_properties(
        &self,
        task: &'a UserTask,
        scope: ElementInstanceKey,
        form: Option<ResourceKey>,
    ) -> Result<UserTaskProperties, Trouble> {
        let names = |text: &'a Option<Text>, what| match text {
            Some(text) => self.names(text, scope, what),
            None => Ok(Vec::new()),
        };
        let date = |text: &'a Option<Text>, what| match text {
            Some(text) => self.date(text, scope, what),
            None => Ok(None),
        };
        let assignee = match &task.assignee {
            Some(text) => self.optional_string(text, scope, "assignee")?,
            None => None,
        };
        let (form_key, external_form_reference) = match &task.form {
            Some(Form::Key(key)) => (Some(self.string(key, scope, "form key")?), None),
            Some(Form::External(reference)) => {
                (None, Some(self.string(reference, scope, "external form reference")?))
            }
            Some(Form::Linked { .. }) | None => (None, None),
        };
        let priority = match &task.priority {
            Some(text) => match self.whole_number::<u32>(text, scope, "priority")? {
                priority @ 0..=100 => priority as u8,
                _ => {
                    return Err(Trouble::new(
                        IncidentKind::ExtractValueError,
                        "the priority of a user task is a number from 0 to 100",
                    ));
                }
            },
            None => PRIORITY_DEFAULT,
        };
        Ok(UserTaskProperties {
            assignee,
            candidate_groups: names(&task.candidate_groups, "candidate groups")?,
            candidate_users: names(&task.candidate_users, "candidate users")?,
            due_date: date(&task.due_date, "due date")?,
            follow_up_date: date(&task.follow_up_date, "follow-up date")?,
            priority,
            form_key,
            form,
            external_form_reference,
        })
    }
}

impl UserTaskProperties {
    /// The event that creates the task.
    pub(super) fn into_event(
        self,
        key: UserTaskKey,
        element_instance: ElementInstanceKey,
        at: Timestamp,
    ) -> Event {
        Event::UserTaskCreated {
            key,
            element_instance,
            assignee: self.assignee,
            candidate_groups: self.candidate_groups,
            candidate_users: self.candidate_users,
            due_date: self.due_date,
            follow_up_date: self.follow_up_date,
            priority: self.priority,
            form_key: self.form_key,
            external_form_reference: self.external_form_reference,
            at,
            form: self.form,
        }
    }

    /// The headers by which Camunda's job-based user tasks tell their properties.
    pub(super) fn into_headers(self) -> Vec<Header> {
        let form_key = self.form.map(|form| SharedStr::from(form.to_string())).or(self.form_key);
        [
            ("io.camunda.zeebe:assignee", self.assignee),
            ("io.camunda.zeebe:candidateGroups", list_text(&self.candidate_groups)),
            ("io.camunda.zeebe:candidateUsers", list_text(&self.candidate_users)),
            ("io.camunda.zeebe:dueDate", date_text(self.due_date)),
            ("io.camunda.zeebe:followUpDate", date_text(self.follow_up_date)),
            ("io.camunda.zeebe:formKey", form_key),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Header { name: SharedStr::from(name), value: value? }))
        .collect()
    }
}

/// Names as a JSON array; `None` for none.
pub(super) fn list_text(names: &[SharedStr]) -> Option<SharedStr> {
    if names.is_empty() {
        return None;
    }
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    Some(SharedStr::from(serde_json::Value::from(names).to_string()))
}

/// A date and time in ISO 8601.
pub(super) fn date_text(date: Option<Timestamp>) -> Option<SharedStr> {
    let date = jiff::Timestamp::from_millisecond(date?.as_millis()).ok()?;
    Some(SharedStr::from(date.to_string()))
}
