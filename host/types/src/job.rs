//! A job as its worker sees it, and what a worker can answer.

use crate::{
    AdHocResult, ElementInstanceKey, JobKey, ListenerVerdict, ProcessDefinitionKey, ProcessInstanceKey,
    SharedStr, TenantId, Timestamp, Variables,
};

/// One attempt of one job, with all that its worker may know of it.
#[derive(Clone, Debug)]
pub struct JobRequest {
    /// The job.
    pub key: JobKey,
    /// Its type, as the model says.
    pub job_type: SharedStr,
    /// What in the model asks for it.
    pub kind: JobKind,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Attempts left after this one.
    pub retries_left: u32,
    /// When the attempt is given up.
    pub deadline: Timestamp,
    /// The variables that the worker sees, one JSON object.
    pub variables: Variables,
    /// The task's headers from the model, in the model's order.
    pub headers: Vec<(SharedStr, SharedStr)>,
    /// Stays the same over all attempts, differs between any two jobs of any installation.
    pub idempotency_key: String,
    /// The process instance.
    pub process_instance: ProcessInstanceKey,
    /// The process definition.
    pub process_definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's version.
    pub process_version: u32,
    /// The element's id in the model.
    pub element_id: SharedStr,
    /// The element's instance.
    pub element_instance: ElementInstanceKey,
    /// The tenant.
    pub tenant: TenantId,
}

/// What in a model asks a worker for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// A task.
    Task,
    /// An execution listener of an element.
    ExecutionListener,
    /// A task listener of a user task.
    TaskListener,
    /// An ad-hoc sub-process.
    AdHocSubProcess,
}

/// What a worker answers when its attempt has gone well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// The work is done; these are its results.
    Completed(Variables),
    /// A task listener has decided about the change of its user task.
    Verdict(ListenerVerdict),
    /// An ad-hoc sub-process goes on like this.
    Directed(AdHocResult),
    /// Call again after so many milliseconds; no retry is spent.
    Again {
        /// Milliseconds until the next call.
        after_ms: u64,
    },
    /// Somebody else completes this job within so many milliseconds.
    Parked {
        /// Milliseconds until the wait counts as a failure.
        within_ms: u64,
    },
}

/// What a worker answers when its attempt has not gone well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// Business: a boundary event may catch it.
    Bpmn(BpmnError),
    /// Technical: retried.
    Failed(Failure),
}

/// A business error with a code that an error event may catch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpmnError {
    /// The error code.
    pub code: String,
    /// For people; shown when nothing catches the error.
    pub message: String,
    /// Variables for the event that catches it.
    pub variables: Variables,
}

/// A technical failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For people; shown in the incident when no retries are left.
    pub message: String,
    /// For the error expressions of the model: their `error.code`.
    pub code: Option<String>,
    /// Variables set in the scope of the element.
    pub variables: Variables,
    /// Retries left from now on; `None` spends one.
    pub retries: Option<u32>,
    /// Milliseconds until the next attempt; `None` leaves it to the model.
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// A failure that spends one retry.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: None,
            variables: Variables::new(),
            retries: None,
            retry_after_ms: None,
        }
    }
}
