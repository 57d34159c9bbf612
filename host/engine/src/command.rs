//! What can be asked of a process instance.
//!
//! Everything that comes from outside, results and time included, is in the command or its context:
//! a step that is repeated with the same command gives the same events.

use std::sync::Arc;

pub use types::{AdHocActivity, AdHocResult, ListenerVerdict};
use types::{
    BpmnError, DecisionKey, ElementInstanceKey, Failure, FileKind, IncidentKey, JobKey, MessageKey,
    ProcessDefinitionKey, ProcessInstanceKey, ResourceKey, SharedStr, SignalKey, SubscriptionKey, TenantId,
    TimerKey, Timestamp, UserTaskKey, Variables,
};

use crate::outgoing::ThrownError;
use crate::state::{Caller, MailboxAddress};

/// A command for one process instance.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start an instance. Goes to an empty [`InstanceState`](crate::InstanceState).
    CreateInstance(CreateInstance),
    /// End the instance and all it is doing, when the listeners that hear of it have run. One that is being ended goes on
    /// with that. Not for one that a call activity waits for.
    CancelInstance,
    /// End the instance, because the call activity that has called it ends.
    CancelCalled,
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
    /// Somebody else completes the job, by the API; when their time is over the attempt has failed.
    ParkJob {
        /// The job and attempt.
        attempt: JobAttempt,
        /// Milliseconds until then; a longest time holds.
        within_ms: u64,
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
    /// A message has come for a subscription.
    Correlate {
        /// The mailbox that waits for the answer.
        mailbox: MailboxAddress,
        /// The subscription.
        subscription: SubscriptionKey,
        /// The message.
        message: MessageKey,
        /// Its variables.
        variables: Variables,
    },
    /// A signal has come for a subscription. One that is gone, or was opened after the signal, is left alone.
    ReceiveSignal {
        /// The subscription.
        subscription: SubscriptionKey,
        /// The signal.
        signal: SignalKey,
        /// Its variables.
        variables: Variables,
    },
    /// What a call activity has called has come into being, or cannot.
    ProcessCalled {
        /// The call activity.
        element_instance: ElementInstanceKey,
        /// The called instance, or why there is none.
        called: Result<ProcessInstanceKey, String>,
    },
    /// What a call activity has called has ended.
    CalledCompleted {
        /// The call activity.
        element_instance: ElementInstanceKey,
        /// The variables of the called process.
        variables: Variables,
    },
    /// What a call activity has called was ended from outside.
    CalledTerminated {
        /// The call activity. One that does not wait for that is left alone.
        element_instance: ElementInstanceKey,
    },
    /// A BPMN error of what a call activity has called, which nothing there catches.
    ErrorInCalled {
        /// The call activity.
        element_instance: ElementInstanceKey,
        /// The error.
        error: ThrownError,
    },
    /// Nothing around this called instance catches its error.
    ErrorUncaught {
        /// The error.
        error: ThrownError,
    },
    /// An escalation of what a call activity has called, which nothing there catches.
    EscalationInCalled {
        /// The call activity.
        element_instance: ElementInstanceKey,
        /// The escalation's code.
        code: SharedStr,
    },
    /// Make the decision that a business rule task has asked for.
    EvaluateDecision {
        /// The business rule task.
        element_instance: ElementInstanceKey,
        /// The decision, or why there is none.
        decision: Result<Arc<CalledDecision>, String>,
    },
    /// Create the user task or job that has asked for files.
    UseFiles {
        /// The task.
        element_instance: ElementInstanceKey,
        /// The versions that it links to, in the order in which it has asked for them, or the first that there is not.
        files: Result<Vec<ResourceKey>, MissingFile>,
    },
    /// Activate activities of an ad-hoc sub-process.
    ActivateAdHoc {
        /// The ad-hoc sub-process.
        element_instance: ElementInstanceKey,
        /// The activities.
        activities: Vec<AdHocActivity>,
        /// Whether what is active in it ends first.
        cancels_remaining: bool,
    },
    /// Change what is active in the instance.
    ModifyInstance(ModifyInstance),
    /// Go on with another version of the process.
    MigrateInstance(MigrateInstance),
    /// Hold the instance: no token moves, no job is handed out, no timer fires.
    SuspendInstance,
    /// Let a held instance go on.
    UnsuspendInstance,
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
    /// Where it begins.
    pub start: Start,
    /// It is ended as soon as one of these elements has ended.
    pub ends_after: Vec<SharedStr>,
    /// The call activity that calls it.
    pub caller: Option<Caller>,
}

/// Where an instance begins.
#[derive(Clone, Debug, Default)]
pub enum Start {
    /// At the none start event.
    #[default]
    Default,
    /// Before these elements, in this order: the scopes around them are entered too.
    Before(Vec<SharedStr>),
    /// At a start event that has happened.
    Event {
        /// The start event, receive task, or an event behind an event-based gateway.
        element: SharedStr,
        /// The mailbox, and the message, that has made it happen.
        message: Option<(MailboxAddress, MessageKey)>,
    },
}

/// See [`Command::EvaluateDecision`].
#[derive(Debug)]
pub struct CalledDecision {
    /// Its key.
    pub key: DecisionKey,
    /// Its id in the model.
    pub decision_id: SharedStr,
    /// Its version, from 1.
    pub version: u32,
    /// The model that it is part of.
    pub model: Arc<dmn::Model>,
}

/// A deployed file that is linked to and that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFile {
    /// What it would be.
    pub kind: FileKind,
    /// Which one, for people.
    pub message: String,
}

/// See [`Command::ModifyInstance`]. All of it happens, or nothing does.
#[derive(Clone, Debug, Default)]
pub struct ModifyInstance {
    /// Elements to enter.
    pub activate: Vec<ActivateElement>,
    /// Element instances to end.
    pub terminate: Vec<ElementInstanceKey>,
    /// Elements whose instances end, each of which is entered elsewhere instead.
    pub moves: Vec<MoveElement>,
}

/// See [`ModifyInstance::activate`].
#[derive(Clone, Debug)]
pub struct ActivateElement {
    /// The element's id in the model.
    pub element: SharedStr,
    /// Whether to go on behind the element instead of entering it: along its outgoing flows.
    pub after: bool,
    /// The scope instance in which it is entered; needed where there are several.
    pub ancestor: Option<ElementInstanceKey>,
    /// Variables, each for the scope with that id, or for the process when there is none.
    pub variables: Vec<(Option<SharedStr>, Variables)>,
}

/// See [`ModifyInstance::moves`].
#[derive(Clone, Debug)]
pub struct MoveElement {
    /// The element whose instances end.
    pub source: SharedStr,
    /// What is entered for each.
    pub target: ActivateElement,
}

/// See [`Command::MigrateInstance`].
#[derive(Clone, Debug)]
pub struct MigrateInstance {
    /// The version to go on with; it has to be among the step's definitions.
    pub definition: ProcessDefinitionKey,
    /// Ids of active elements before, and in that version. Elements that are not named keep their id.
    pub mappings: Vec<(SharedStr, SharedStr)>,
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
    /// A task listener.
    TaskListener(ListenerVerdict),
    /// The worker of an ad-hoc sub-process.
    AdHoc(AdHocResult),
}

/// See [`Command::FailJob`].
#[derive(Clone, Debug)]
pub struct FailJob {
    /// The job and attempt.
    pub attempt: JobAttempt,
    /// What went wrong.
    pub failure: Failure,
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
