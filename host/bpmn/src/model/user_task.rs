//! Tasks that humans do.

use std::sync::Arc;

use super::{Form, TaskListener, Text};

/// A user task.
#[derive(Debug)]
pub struct UserTask {
    /// Whether the engine manages it (`zeebe:userTask`) or it is a job of type `io.camunda.zeebe:userTask`.
    pub implementation: UserTaskImplementation,
    /// `zeebe:assignmentDefinition assignee`.
    pub assignee: Option<Text>,
    /// `candidateGroups`: a FEEL list of strings, or comma-separated names.
    pub candidate_groups: Option<Text>,
    /// `candidateUsers`: a FEEL list of strings, or comma-separated names.
    pub candidate_users: Option<Text>,
    /// `zeebe:taskSchedule dueDate`, an ISO 8601 date and time.
    pub due_date: Option<Text>,
    /// `zeebe:taskSchedule followUpDate`, an ISO 8601 date and time.
    pub follow_up_date: Option<Text>,
    /// `zeebe:priorityDefinition`, 0 to 100; Camunda's default is 50.
    pub priority: Option<Text>,
    /// The form shown to the human.
    pub form: Option<Form>,
    /// `zeebe:taskListeners`, in the model's order. Only for a managed task.
    pub listeners: Vec<TaskListener>,
    /// `zeebe:taskHeaders`, in the model's order.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
}

/// Who manages a user task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTaskImplementation {
    /// `zeebe:userTask`: the engine, with its own life cycle and API.
    Managed,
    /// A job of type `io.camunda.zeebe:userTask`.
    Job,
}
