//! What has happened in a process instance.
//!
//! An event carries all that applying it needs. Its binary form numbers every variant and field (see [`crate::journal`]):
//! numbers are never reused, and what is added later is optional.

use minicbor::{Decode, Encode};
use types::{
    CompensationKey, DecisionEvaluationKey, DecisionKey, ElementInstanceKey, IncidentKey, JobKey, Json,
    MessageKey, ProcessDefinitionKey, ProcessInstanceKey, ResourceKey, SharedStr, SignalKey, SubscriptionKey,
    TenantId, TimerKey, Timestamp, UserTaskKey, VariableKey, Variables,
};

pub use crate::state::Header;
use crate::state::{
    Awaited, Caller, ConditionLeft, ElementState, IncidentKind, JobKind, MailboxAddress, Role, Sequel,
    TaskChange, TaskCorrections,
};

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
        /// The call activity that called it.
        #[n(9)]
        caller: Option<Caller>,
        /// The message that started it.
        #[n(10)]
        started_by: Option<MailboxAddress>,
        /// `Activating` while start listeners of the process run; `Active` otherwise.
        #[n(11)]
        scope_state: Option<ElementState>,
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
    /// An operator holds the instance.
    #[n(6)]
    Suspended {},
    /// The operator lets it go on.
    #[n(7)]
    Unsuspended {},
    /// The instance runs another version of its process from now on. Its elements and flows have other names there.
    #[n(8)]
    InstanceMigrated {
        #[n(0)]
        definition: ProcessDefinitionKey,
        #[n(1)]
        bpmn_process_id: SharedStr,
        #[n(2)]
        version: u32,
        #[n(3)]
        version_tag: Option<SharedStr>,
        /// Elements and sequence flows that have another id in the new version.
        #[n(4)]
        renamed: Vec<Renamed>,
    },

    /// The instance is to be ended as soon as one of these elements has ended.
    #[n(9)]
    EndPlanned {
        #[n(0)]
        after: Vec<SharedStr>,
    },

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
        /// Its part in a loop; `None` for none.
        #[n(6)]
        role: Option<Role>,
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

    /// An execution listener has run.
    #[n(25)]
    ListenerCompleted {
        #[n(0)]
        key: ElementInstanceKey,
    },
    /// A loop has begun, or an ad-hoc sub-process. `total` is `None` when a condition decides how often it runs.
    #[n(26)]
    LoopStarted {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        total: Option<u32>,
        /// The items, a JSON array.
        #[n(2)]
        items: Option<Json>,
    },
    /// The result of one item of a loop.
    #[n(27)]
    LoopResultKept {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        counter: u32,
        #[n(2)]
        value: Json,
    },
    /// A call activity has called an instance.
    #[n(28)]
    ProcessCalled {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        instance: ProcessInstanceKey,
    },

    /// An ad-hoc sub-process takes on nothing more: it ends when what is active in it has.
    #[n(29)]
    LoopClosed {
        #[n(0)]
        key: ElementInstanceKey,
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

    /// The element is being ended from outside: its jobs are gone, and it waits until its listeners have run, what is in it
    /// has ended, and the instance that it has called has. When that is under way already, only `sequel` changes.
    #[n(31)]
    ElementTerminating {
        #[n(0)]
        key: ElementInstanceKey,
        /// `None` when what is around it ends too.
        #[n(1)]
        sequel: Option<Sequel>,
    },
    /// What is active in a scope is being ended; then the scope goes on.
    #[n(32)]
    ScopeEmptying {
        #[n(0)]
        key: ElementInstanceKey,
        #[n(1)]
        sequel: Sequel,
    },
    /// Nothing is left in a scope that was being emptied: it goes on.
    #[n(33)]
    ScopeEmptied {
        #[n(0)]
        key: ElementInstanceKey,
    },
    /// The instance that a call activity has called has ended, which the call activity waits for to end itself.
    #[n(34)]
    CalledEnded {
        #[n(0)]
        key: ElementInstanceKey,
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
        /// What it is for; `None` for the work of its element.
        #[n(5)]
        kind: Option<JobKind>,
        /// `None` for 0.
        #[n(6)]
        priority: Option<i32>,
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
    /// The component has left the job to somebody else, who completes it by the API until `deadline`.
    #[n(55)]
    JobParked {
        #[n(0)]
        job: JobKey,
        #[n(1)]
        deadline: Timestamp,
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

    /// The job is not needed any longer and gone.
    #[n(54)]
    JobCanceled {
        #[n(0)]
        job: JobKey,
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
        /// Which of the event's triggers it is; `None` for the first.
        #[n(5)]
        trigger: Option<u16>,
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
        /// The version of the form that it links to.
        #[n(11)]
        form: Option<ResourceKey>,
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

    /// A change of a user task waits for its task listeners, or has got further with them.
    #[n(74)]
    UserTaskChangePending {
        #[n(0)]
        key: UserTaskKey,
        #[n(1)]
        change: TaskChange,
    },
    /// Task listeners have let the change happen, with these properties, or refused it when there are none.
    #[n(75)]
    UserTaskChangeDecided {
        #[n(0)]
        key: UserTaskKey,
        #[n(1)]
        corrections: Option<TaskCorrections>,
        /// Why it was refused.
        #[n(2)]
        denied_reason: Option<SharedStr>,
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

    /// An element instance waits for a message, a signal or a condition.
    #[n(90)]
    SubscriptionOpened {
        #[n(0)]
        key: SubscriptionKey,
        #[n(1)]
        element_instance: ElementInstanceKey,
        /// The event.
        #[n(2)]
        element: SharedStr,
        #[n(3)]
        trigger: u16,
        #[n(4)]
        awaited: Awaited,
    },
    /// What a subscription waits for has happened. The subscription stays until it is closed.
    #[n(91)]
    SubscriptionTriggered {
        #[n(0)]
        key: SubscriptionKey,
        #[n(1)]
        message: Option<MessageKey>,
        #[n(2)]
        signal: Option<SignalKey>,
    },
    /// Nobody waits any longer.
    #[n(92)]
    SubscriptionClosed {
        #[n(0)]
        key: SubscriptionKey,
    },
    /// A condition that is waited for was looked at.
    #[n(93)]
    ConditionSeen {
        #[n(0)]
        key: SubscriptionKey,
        #[n(1)]
        holds: bool,
        /// What is left to a later step.
        #[n(2)]
        left: Option<ConditionLeft>,
    },

    /// An activity was completed that can be undone.
    #[n(100)]
    CompensationKept {
        #[n(0)]
        key: CompensationKey,
        #[n(1)]
        scope: ElementInstanceKey,
        #[n(2)]
        activity: SharedStr,
        #[n(3)]
        variables: Option<Variables>,
    },
    /// The sub-process around a completed activity was completed too: it can be undone from the scope outside.
    #[n(101)]
    CompensationMoved {
        #[n(0)]
        key: CompensationKey,
        #[n(1)]
        scope: ElementInstanceKey,
        #[n(2)]
        within: CompensationKey,
    },
    /// A throw event begins to undo a completed activity, or `handler` has been entered to do it.
    #[n(102)]
    CompensationStarted {
        #[n(0)]
        key: CompensationKey,
        #[n(1)]
        undone_by: ElementInstanceKey,
        #[n(2)]
        handler: Option<ElementInstanceKey>,
    },
    /// The activity is undone, or can no longer be.
    #[n(103)]
    CompensationEnded {
        #[n(0)]
        key: CompensationKey,
    },
    /// The throw event that was to undo a completed activity has ended before it came to that: another one can.
    #[n(104)]
    CompensationReleased {
        #[n(0)]
        key: CompensationKey,
    },

    /// A decision was evaluated.
    #[n(110)]
    DecisionEvaluated {
        #[n(0)]
        key: DecisionEvaluationKey,
        #[n(1)]
        element_instance: ElementInstanceKey,
        #[n(2)]
        decision: DecisionKey,
        #[n(3)]
        decision_id: SharedStr,
        #[n(4)]
        decision_version: u32,
        /// The result; `None` when it failed.
        #[n(5)]
        output: Option<Json>,
        /// All decisions that were evaluated for it, with inputs, outputs and matched rules: a JSON array.
        #[n(6)]
        evaluated: Json,
        /// Why it failed.
        #[n(7)]
        failure: Option<SharedStr>,
        #[n(8)]
        at: Timestamp,
    },
}

impl Event {
    /// The process version that the instance runs from this event on; `None` when it goes on with the one that it had.
    ///
    /// The event itself is applied with that version.
    pub fn definition(&self) -> Option<ProcessDefinitionKey> {
        match self {
            Self::InstanceCreated { definition, .. } | Self::InstanceMigrated { definition, .. } => {
                Some(*definition)
            }
            _ => None,
        }
    }
}

/// An element or sequence flow that has another id in another version of a process.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Renamed {
    /// The id in the version before.
    #[n(0)]
    pub from: SharedStr,
    /// The id in the new version.
    #[n(1)]
    pub to: SharedStr,
}
