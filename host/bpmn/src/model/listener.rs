//! Jobs that run beside what the model shows.

use std::sync::Arc;

use super::Text;

/// A job that runs when an element is entered, left or ended from outside.
#[derive(Debug)]
pub struct ExecutionListener {
    /// When it runs.
    pub on: ListenerEvent,
    /// The job type.
    pub job_type: Text,
    /// The number of attempts; Camunda's default is 3.
    pub retries: Text,
    /// Headers of the listener's jobs.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
}

/// When an execution listener runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerEvent {
    /// After the input mappings, before the element does anything.
    Start,
    /// After the output mappings, before the element is left.
    End,
    /// Of a multi-instance activity: before its input collection is evaluated, once for all items.
    BeforeAll,
    /// Of a process: when an instance is ended from outside and nothing is active in it any longer.
    Cancel,
}

/// A job that runs when something is about to become of a user task.
#[derive(Debug)]
pub struct TaskListener {
    /// When it runs.
    pub on: TaskListenerEvent,
    /// The job type.
    pub job_type: Text,
    /// The number of attempts; Camunda's default is 3.
    pub retries: Text,
}

/// When a task listener runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskListenerEvent {
    /// Before the task is created.
    Creating,
    /// Before it is given to somebody.
    Assigning,
    /// Before its properties change.
    Updating,
    /// Before it is completed.
    Completing,
    /// Before it ends because its element does.
    Canceling,
}
