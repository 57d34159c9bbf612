//! What has happened in a process instance.
//!
//! An event carries all that applying it needs. Its binary form numbers every variant and field (see [`crate::journal`]):
//! numbers are never reused, and what is added later is optional.

use minicbor::{Decode, Encode};
use types::{
    ElementInstanceKey, IncidentKey, JobKey, Json, ProcessDefinitionKey, ProcessInstanceKey, SharedStr,
    TenantId, TimerKey, Timestamp, UserTaskKey, VariableKey,
};

use crate::state::{ElementState, IncidentKind};

/// One change of an instance's state.
#[expect(missing_docs, reason = "fields are named for what they hold")]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Event {
    /// The instance exists; its process scope is active.
    #[n(1)]
    InstanceCreated {
        #[n(0)]
        key: ProcessInstanceKey,
        #[n(1)]
        definition: ProcessDefinitionKey,
        #[n(2)]
        bpmn_process_id: SharedStr,
        #[n(3)]
        version: u32,
        #[n(4)]
        tenant: TenantId,
        #[n(5)]
        at: Timestamp,
        #[n(6)]
        version_tag: Option<SharedStr>,
        #[n(7)]
        business_id: Option<SharedStr>,
        #[n(8)]
        tags: Vec<SharedStr>,
    },
    /// The process has reached its end.
    #[n(2)]
    InstanceCompleted {
        #[n(0)]
        at: Timestamp,
    },
    /// The instance was ended from outside, with all that was active in it.
    #[n(3)]
    InstanceTerminated {
        #[n(0)]
        at: Timestamp,
    },
    /// The step has done as much as one may; tokens wait on their flows for `Continue`.
    #[n(4)]
    Paused {},
    /// Tokens no longer wait for `Continue`: it takes them up, or there are so many that an operator has to look.
    #[n(5)]
    Resumed {},

    /// A token waits at the end of a sequence flow: for a join's other flows, or for `Continue`.
    #[n(10)]
    TokenParked {
        #[n(0)]
        scope: ElementInstanceKey,
        #[n(1)]
        flow: SharedStr,
    },
    /// A waiting token has gone into the flow's target.
    #[n(11)]
    TokenTaken {
        #[n(0)]
        scope: ElementInstanceKey,
        #[n(1)]
        flow: SharedStr,
    },

    /// An element was entered.
    #[n(20)]
    ElementEntered {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        scope: ElementInstanceKey,
        #[n(2)]
        element: SharedStr,
        /// The sequence flow that led here.
        #[n(3)]
        flow: Option<SharedStr>,
        /// `Active`, or `Activating` while there is something to evaluate first.
        #[n(4)]
        state: ElementState,
        #[n(5)]
        at: Timestamp,
    },
    /// What had to be evaluated on entering is; the element waits or acts.
    #[n(21)]
    ElementActivated {
        #[n(0)]
        key: ElementInstanceKey,
    },
    /// The element's work is done, its results are still to be mapped.
    #[n(22)]
    ElementCompleting {
        #[n(0)]
        key: ElementInstanceKey,
    },
    /// The element was left on its normal way. Its timers and local variables go with it.
    #[n(23)]
    ElementCompleted {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        at: Timestamp,
    },
    /// The element was ended from outside, with its job, user task, timers, incidents and local variables.
    #[n(24)]
    ElementTerminated {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        at: Timestamp,
    },

    /// A variable was created or replaced.
    #[n(30)]
    VariableSet {
        #[n(0)]
        key: VariableKey,
        #[n(1)]
        scope: ElementInstanceKey,
        #[n(2)]
        name: SharedStr,
        #[n(3)]
        value: Json,
    },

    /// A job waits for a worker.
    #[n(40)]
    JobCreated {
        #[n(0)]
        key: JobKey,
        #[n(1)]
        element_instance: ElementInstanceKey,
        #[n(2)]
        job_type: SharedStr,
        #[n(3)]
        retries: u32,
        /// Headers that are not in the model: those of a job-based user task.
        #[n(4)]
        headers: Vec<Header>,
    },
    /// An external worker holds the job.
    #[n(41)]
    JobActivated {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        attempt: u32,
        #[n(2)]
        worker: SharedStr,
        #[n(3)]
        deadline: Timestamp,
    },
    /// A component runs the job in a sandbox of this host.
    #[n(42)]
    JobStarted {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        attempt: u32,
        #[n(2)]
        worker: SharedStr,
        #[n(3)]
        deadline: Timestamp,
    },
    /// The attempt was cut off by the end of its host; the job waits again.
    #[n(43)]
    JobInterrupted {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        retries: u32,
    },
    /// The worker did not answer in time; the job waits again, or for an operator when `retries` is 0.
    #[n(44)]
    JobTimedOut {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        retries: u32,
    },
    /// The job is done and gone.
    #[n(45)]
    JobCompleted {
        #[n(0)]
        job: JobKey,
    },
    /// The attempt failed; the job waits until `retry_at`, or for an operator when `retries` is 0.
    #[n(46)]
    JobFailed {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        retries: u32,
        #[n(2)]
        retry_at: Timestamp,
        #[n(3)]
        message: SharedStr,
    },
    /// The job ended with a business error that an event catches; it is gone.
    #[n(47)]
    JobErrorThrown {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        code: SharedStr,
        #[n(2)]
        message: SharedStr,
    },
    /// The job ended with a business error that nothing catches; it waits for an operator.
    #[n(48)]
    JobErrorUncaught {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        code: SharedStr,
        #[n(2)]
        message: SharedStr,
    },
    /// The number of attempts left was changed from outside.
    #[n(49)]
    JobRetriesUpdated {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        retries: u32,
    },
    /// The worker got more, or less, time.
    #[n(50)]
    JobDeadlineUpdated {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        deadline: Timestamp,
    },
    /// The component asked to be called again at `retry_at`.
    #[n(51)]
    JobPostponed {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        retry_at: Timestamp,
    },
    /// An operator let the job run again.
    #[n(52)]
    JobReleased {
        #[n(0)]
        job: JobKey,
    },
    /// A value was kept for later attempts.
    #[n(53)]
    CheckpointSaved {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        attempt: u32,
        #[cbor(n(2), with = "minicbor::bytes")]
        value: Vec<u8>,
        #[n(3)]
        writer_version: SharedStr,
    },

    /// A timer runs for an element instance. One that was held by an incident is created again under its key.
    #[n(60)]
    TimerCreated {
        #[n(0)]
        key: TimerKey,
        /// The activity it is attached to, or the catch event itself.
        #[n(1)]
        element_instance: ElementInstanceKey,
        /// The timer event.
        #[n(2)]
        element: SharedStr,
        #[n(3)]
        due: Timestamp,
        /// How many times of its cycle lie behind it: times that were missed count too.
        #[n(4)]
        fired: u32,
    },
    /// A timer has fired, or has nothing left to fire for, and is gone.
    #[n(61)]
    TimerTriggered {
        #[n(0)]
        key: TimerKey,
    },

    /// A user task waits for a human.
    #[n(70)]
    UserTaskCreated {
        #[n(0)]
        key: UserTaskKey,
        #[n(1)]
        element_instance: ElementInstanceKey,
        #[n(2)]
        assignee: Option<SharedStr>,
        #[n(3)]
        candidate_groups: Vec<SharedStr>,
        #[n(4)]
        candidate_users: Vec<SharedStr>,
        #[n(5)]
        due_date: Option<Timestamp>,
        #[n(6)]
        follow_up_date: Option<Timestamp>,
        #[n(7)]
        priority: u8,
        #[n(8)]
        form_key: Option<SharedStr>,
        #[n(9)]
        external_form_reference: Option<SharedStr>,
        #[n(10)]
        at: Timestamp,
    },
    /// A user task was given to somebody, or taken back.
    #[n(71)]
    UserTaskAssigned {
        #[n(0)]
        key: UserTaskKey,
        #[n(1)]
        assignee: Option<SharedStr>,
    },
    /// A user task's properties were changed; these are all of them.
    #[n(72)]
    UserTaskUpdated {
        #[n(0)]
        key: UserTaskKey,
        #[n(1)]
        candidate_groups: Vec<SharedStr>,
        #[n(2)]
        candidate_users: Vec<SharedStr>,
        #[n(3)]
        due_date: Option<Timestamp>,
        #[n(4)]
        follow_up_date: Option<Timestamp>,
        #[n(5)]
        priority: u8,
    },
    /// A human has done the task.
    #[n(73)]
    UserTaskCompleted {
        #[n(0)]
        key: UserTaskKey,
        #[n(1)]
        at: Timestamp,
    },

    /// Something needs an operator.
    #[n(80)]
    IncidentCreated {
        #[n(0)]
        key: IncidentKey,
        #[n(1)]
        element_instance: ElementInstanceKey,
        #[n(2)]
        job: Option<JobKey>,
        #[n(3)]
        kind: IncidentKind,
        #[n(4)]
        message: SharedStr,
        #[n(5)]
        at: Timestamp,
    },
    /// The operator has seen to it, or the instance that it has stopped as a whole has ended.
    #[n(81)]
    IncidentResolved {
        #[n(0)]
        key: IncidentKey,
        #[n(1)]
        at: Timestamp,
    },
}

/// One header of a job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// The header's name.
    #[n(0)]
    pub name: SharedStr,
    /// The header's value.
    #[n(1)]
    pub value: SharedStr,
}
