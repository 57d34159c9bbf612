//! What can be asked of a process instance.
//!
//! Everything that comes from outside, results and time included, is in the command or its context:
//! a step that is repeated with the same command gives the same events.

use types::{
    BpmnError, ElementInstanceKey, Failure, IncidentKey, JobKey, ProcessDefinitionKey, SharedStr, TenantId,
    TimerKey, Timestamp, UserTaskKey, Variables,
};

/// A command for one process instance.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start an instance. Goes to an empty [`InstanceState`](crate::InstanceState).
    CreateInstance(CreateInstance),
    /// End the instance and all it is doing.
    CancelInstance,
    /// Go on where the last step stopped because it had done as much as one may.
    Continue,
    /// Hand a job to an external worker.
    ActivateJob(ActivateJob),
    /// Note that an attempt runs in this host.
    StartJob(StartJob),
    /// Note that an attempt was cut off because its host ended.
    InterruptJob {
        /// The job.
        job: JobKey,
    },
    /// The worker's time is over.
    TimeOutJob {
        /// The job.
        job: JobKey,
    },
    /// A job is done.
    CompleteJob(CompleteJob),
    /// An attempt has failed for a technical reason.
    FailJob(FailJob),
    /// A job ends with a business error.
    ThrowError(ThrowError),
    /// Change the retries or the time-out of a job.
    UpdateJob(UpdateJob),
    /// Run the job again later, without spending a retry as long as it is not for the ten-thousandth time.
    PostponeJob {
        /// The job and attempt.
        attempt: JobAttempt,
        /// Milliseconds until the next call; a shortest time holds.
        after_ms: u64,
    },
    /// Keep a value for later attempts of the job.
    SaveCheckpoint {
        /// The job and attempt.
        attempt: JobAttempt,
        /// The value.
        value: Vec<u8>,
        /// Name and version of the component that wrote it.
        writer_version: SharedStr,
    },
    /// A timer is due.
    TriggerTimer {
        /// The timer.
        timer: TimerKey,
    },
    /// Give a user task to somebody.
    AssignUserTask(AssignUserTask),
    /// Take a user task back.
    UnassignUserTask {
        /// The task.
        task: UserTaskKey,
    },
    /// Change a user task's properties.
    UpdateUserTask(UpdateUserTask),
    /// A user task is done.
    CompleteUserTask {
        /// The task.
        task: UserTaskKey,
        /// The human's results.
        variables: Variables,
    },
    /// Try again what an incident has stopped.
    ResolveIncident {
        /// The incident.
        incident: IncidentKey,
    },
    /// Set variables from outside.
    SetVariables {
        /// The scope to start at.
        scope: ElementInstanceKey,
        /// The variables.
        variables: Variables,
        /// Whether they all become variables of that very scope.
        local: bool,
    },
}

/// See [`Command::CreateInstance`].
#[derive(Clone, Debug)]
pub struct CreateInstance {
    /// The process version to start.
    pub definition: ProcessDefinitionKey,
    /// The tenant.
    pub tenant: TenantId,
    /// Variables of the process scope.
    pub variables: Variables,
    /// The caller's own id for the instance.
    pub business_id: Option<SharedStr>,
    /// Labels for searches.
    pub tags: Vec<SharedStr>,
}

/// One attempt of a job.
///
/// An attempt that is given is checked: an answer of an older attempt changes nothing.
/// External workers do not know theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobAttempt {
    /// The job.
    pub job: JobKey,
    /// The attempt, from 1; `None` stands for whichever is current.
    pub attempt: Option<u32>,
    /// Whether a component of this host made it: then it counts only while the job runs in one.
    /// An external worker that was faster may have an attempt of the same number.
    pub in_host: bool,
}

impl JobAttempt {
    /// Whichever attempt is current.
    pub fn current(job: JobKey) -> Self {
        Self { job, attempt: None, in_host: false }
    }

    /// This attempt and no other.
    pub fn exactly(job: JobKey, attempt: u32) -> Self {
        Self { job, attempt: Some(attempt), in_host: false }
    }

    /// This attempt in a component of this host, and no other.
    pub fn in_host(job: JobKey, attempt: u32) -> Self {
        Self { job, attempt: Some(attempt), in_host: true }
    }
}

/// See [`Command::ActivateJob`].
#[derive(Clone, Debug)]
pub struct ActivateJob {
    /// The job.
    pub job: JobKey,
    /// The worker's name.
    pub worker: SharedStr,
    /// When the worker's time is over.
    pub deadline: Timestamp,
}

/// See [`Command::StartJob`].
#[derive(Clone, Debug)]
pub struct StartJob {
    /// The job.
    pub job: JobKey,
    /// The attempt that has begun: the one before plus one.
    pub attempt: u32,
    /// Name and version of the component that runs it, `name@version`.
    pub worker: SharedStr,
    /// When the attempt is given up.
    pub deadline: Timestamp,
}

/// See [`Command::CompleteJob`].
#[derive(Clone, Debug)]
pub struct CompleteJob {
    /// The job and attempt.
    pub attempt: JobAttempt,
    /// What the worker answered.
    pub result: JobResult,
}

/// What a worker answered, by who it was: that decides how the answer becomes variables.
#[derive(Clone, Debug)]
pub enum JobResult {
    /// An external worker: the variables of the result.
    Variables(Variables),
    /// A component that is a worker: variables, unless the task says where a response goes.
    Worker(Variables),
    /// A component that is a connector: a response, which becomes variables only where the task says so.
    Connector(Variables),
}

/// See [`Command::FailJob`].
#[derive(Clone, Debug)]
pub struct FailJob {
    /// The job and attempt.
    pub attempt: JobAttempt,
    /// What went wrong.
    pub failure: Failure,
    /// Variables set in the scope of the element.
    pub variables: Variables,
    /// Who ran it.
    pub by: Worker,
}

/// Who ran an attempt. For a component the host does what Camunda's connector runtime does:
/// an `errorExpression` has its say, and a failure spends a retry at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    /// A job worker that speaks the API.
    External,
    /// A component in a sandbox of this host.
    Component,
}

/// See [`Command::ThrowError`].
#[derive(Clone, Debug)]
pub struct ThrowError {
    /// The job and attempt.
    pub attempt: JobAttempt,
    /// The error.
    pub error: BpmnError,
}

/// See [`Command::UpdateJob`]. What is `None` stays as it is.
#[derive(Clone, Debug)]
pub struct UpdateJob {
    /// The job.
    pub job: JobKey,
    /// Attempts left.
    pub retries: Option<u32>,
    /// When the worker's time is over; only for a job that a worker holds.
    pub deadline: Option<Timestamp>,
}

/// See [`Command::AssignUserTask`].
#[derive(Clone, Debug)]
pub struct AssignUserTask {
    /// The task.
    pub task: UserTaskKey,
    /// Who gets it. Not empty.
    pub assignee: SharedStr,
    /// Whether it may be taken from somebody else.
    pub allow_override: bool,
}

/// See [`Command::UpdateUserTask`]. What is `None` stays as it is; an inner `None` clears a date.
#[derive(Clone, Debug)]
pub struct UpdateUserTask {
    /// The task.
    pub task: UserTaskKey,
    /// Groups whose members may take it.
    pub candidate_groups: Option<Vec<SharedStr>>,
    /// Users who may take it.
    pub candidate_users: Option<Vec<SharedStr>>,
    /// When it should be done.
    pub due_date: Option<Option<Timestamp>>,
    /// When to look at it again.
    pub follow_up_date: Option<Option<Timestamp>>,
    /// 0 to 100.
    pub priority: Option<u8>,
}
