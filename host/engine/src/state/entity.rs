//! The entities of a process instance's state, each of which is one row of the store.

use bpmn::model::ElementIndex;
use minicbor::{Decode, Encode};
use types::{
    CompensationKey, ElementInstanceKey, IncidentKey, JobKey, Json, ProcessDefinitionKey, ProcessInstanceKey,
    ResourceKey, SharedStr, SubscriptionKey, TaskCorrections, TenantId, TimerKey, Timestamp, UserTaskKey,
    VariableKey, Variables,
};

use super::members::{Belonging, SmallSet};

/// The instance as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInstance {
    /// Its key.
    pub key: ProcessInstanceKey,
    /// The process version that it runs.
    pub definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's version, from 1.
    pub version: u32,
    /// The process's version tag.
    pub version_tag: Option<SharedStr>,
    /// The tenant.
    pub tenant: TenantId,
    /// Where it stands.
    pub state: InstanceStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The caller's own id for it.
    pub business_id: Option<SharedStr>,
    /// Labels for searches.
    pub tags: Vec<SharedStr>,
    /// The call activity that called it.
    pub caller: Option<Caller>,
    /// The message that started it, which lets the next one with its key start another when this one has ended.
    pub started_by: Option<MailboxAddress>,
    /// Where the process scope stands: it has no row of its own.
    pub scope_state: ElementState,
    /// How many execution listeners of the process have run in that state.
    pub listeners_done: u16,
    /// It is ended as soon as one of these elements has ended.
    pub ends_after: Vec<SharedStr>,
    /// What follows when the process scope is empty.
    pub sequel: Option<Box<Sequel>>,
    /// Whether tokens wait for `Continue`.
    pub paused: bool,
    /// Whether an operator holds it: no token moves, no job is handed out, no timer fires.
    pub suspended: bool,
    /// How many incidents are open.
    pub open_incidents: u32,
}

/// The call activity that called an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Caller {
    /// The calling instance.
    #[n(0)]
    pub instance: ProcessInstanceKey,
    /// The call activity.
    #[n(1)]
    pub element_instance: ElementInstanceKey,
    /// The outermost calling instance.
    #[n(2)]
    pub root: ProcessInstanceKey,
    /// How many instances are around the called one, from 1.
    #[n(3)]
    pub depth: u32,
}

/// Where messages meet what waits for them: all messages and subscriptions of one name and correlation key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct MailboxAddress {
    /// The tenant.
    #[n(0)]
    pub tenant: TenantId,
    /// The message's name.
    #[n(1)]
    pub name: SharedStr,
    /// The correlation key. Empty for messages that only start processes.
    #[n(2)]
    pub correlation_key: SharedStr,
}

/// Where an instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceStatus {
    /// Under way.
    Active,
    /// Reached its end.
    Completed,
    /// Ended from outside.
    Terminated,
}

impl InstanceStatus {
    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Completed => "COMPLETED",
            Self::Terminated => "TERMINATED",
        }
    }
}

/// One activation of an element that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementInstance {
    /// Its key. The process scope has the instance's.
    pub key: ElementInstanceKey,
    /// The scope it lives in; the process scope is its own.
    pub scope: ElementInstanceKey,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Where it stands.
    pub state: ElementState,
    /// Its part in a loop.
    pub role: Role,
    /// How many execution listeners have run in this state.
    pub listeners_done: u16,
    /// The instance that a call activity has called.
    pub called: Option<ProcessInstanceKey>,
    /// What follows the end that is under way.
    pub sequel: Option<Box<Sequel>>,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// The element instances that live directly in it. Derived: not stored.
    pub(super) children: SmallSet<ElementInstanceKey>,
    /// What else exists for it. Derived: not stored.
    pub(super) belongings: SmallSet<Belonging>,
    /// The element in the process. Derived: not stored.
    pub(super) index: ElementIndex,
}

impl ElementInstance {
    /// The element in the process.
    pub fn index(&self) -> ElementIndex {
        self.index
    }

    /// How many element instances live directly in it.
    pub fn children(&self) -> usize {
        self.children.len()
    }

    /// The keys of the element instances that live directly in it.
    pub fn child_keys(&self) -> impl Iterator<Item = ElementInstanceKey> {
        self.children.iter()
    }

    /// What is stored of it.
    pub(super) fn row(&self) -> Self {
        Self {
            key: self.key,
            scope: self.scope,
            element: self.element.clone(),
            state: self.state,
            role: self.role,
            listeners_done: self.listeners_done,
            called: self.called,
            sequel: self.sequel.clone(),
            entered_at: self.entered_at,
            children: SmallSet::Empty,
            belongings: SmallSet::Empty,
            index: self.index,
        }
    }
}

/// An element instance's part in a loop, or in an ad-hoc sub-process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Role {
    /// It is in no loop.
    #[default]
    #[n(0)]
    Plain,
    /// The loop as a whole: the scope of its items, with the boundary events.
    #[n(1)]
    Loop,
    /// One item of the loop that is its scope.
    #[n(2)]
    Item {
        /// Its `loopCounter`, from 1.
        #[n(0)]
        counter: u32,
    },
    /// One path through the ad-hoc sub-process that is its scope: what goes on from one activated activity.
    #[n(3)]
    Path,
}

/// Where an element instance stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ElementState {
    /// Something is still to be evaluated before it is active.
    #[n(0)]
    Activating,
    /// It waits or acts.
    #[default]
    #[n(1)]
    Active,
    /// Its work is done, its results are still to be mapped.
    #[n(2)]
    Completing,
    /// It is being ended from outside, and waits: for what is in it to end, for its listeners, for the instance that it has
    /// called.
    #[n(3)]
    Terminating,
    /// What is active in it is being ended. It goes on when that is over.
    #[n(4)]
    Emptying,
}

impl ElementState {
    /// Whether something is being ended, and the element instance or scope does nothing until that is over.
    pub fn is_ending(self) -> bool {
        matches!(self, Self::Terminating | Self::Emptying)
    }
}

/// What follows when an element instance that is being ended has ended, or a scope is empty.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Sequel {
    /// The event that has interrupted it is entered.
    #[n(0)]
    Event {
        /// The boundary event of what has ended, or the start event of an event sub-process of the scope.
        #[n(0)]
        element: SharedStr,
        /// What came with it.
        #[n(1)]
        variables: Variables,
    },
    /// The scope is left.
    #[n(1)]
    Leave {},
    /// A cancelled transaction undoes what was completed in it.
    #[n(2)]
    Undo {
        /// The cancel end event.
        #[n(0)]
        by: ElementInstanceKey,
    },
}

/// A variable in its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its key.
    pub key: VariableKey,
    /// Its value.
    pub value: Json,
}

/// A job that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub key: JobKey,
    /// The element instance whose work it is.
    pub element_instance: ElementInstanceKey,
    /// What it is for.
    pub kind: JobKind,
    /// The job type.
    pub job_type: SharedStr,
    /// A job with a higher one is taken first.
    pub priority: i32,
    /// Attempts left.
    pub retries: u32,
    /// Attempts begun.
    pub attempt: u32,
    /// Attempts cut off by the end of a host.
    pub interruptions: u32,
    /// Where it stands.
    pub state: JobState,
    /// What the last failure said.
    pub message: Option<SharedStr>,
    /// Headers that are not in the model.
    pub headers: Vec<Header>,
    /// What an attempt has kept for later ones.
    pub checkpoint: Option<Checkpoint>,
    /// Whether its instance is held by an operator: then nobody gets it.
    pub suspended: bool,
}

/// What a job is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum JobKind {
    /// The work of its element.
    #[default]
    #[n(0)]
    Element,
    /// An execution listener before the element acts.
    #[n(1)]
    StartListener,
    /// An execution listener before the element is left.
    #[n(2)]
    EndListener,
    /// A task listener; the user task tells for which change.
    #[n(3)]
    TaskListener,
    /// Says which activities of an ad-hoc sub-process are activated.
    #[n(4)]
    AdHocSubProcess,
    /// An execution listener before a multi-instance activity looks at its items.
    #[n(5)]
    BeforeAllListener,
    /// An execution listener before an instance that is ended from outside has ended.
    #[n(6)]
    CancelListener,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// A worker may take it from this time on.
    Activatable {
        /// The epoch for a job that never failed.
        from: Timestamp,
    },
    /// An external worker holds it.
    Activated {
        /// The worker's name.
        worker: SharedStr,
        /// When its time is over.
        deadline: Timestamp,
    },
    /// A component of this host runs it.
    Running {
        /// Name and version of the component.
        worker: SharedStr,
        /// When the attempt is given up.
        deadline: Timestamp,
    },
    /// It has no retries left, or ended with an error that nothing catches. An incident tells which.
    Stopped,
}

impl JobState {
    /// What to say of it to people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Activatable { .. } => "waiting for a worker",
            Self::Activated { .. } => "held by a worker",
            Self::Running { .. } => "running",
            Self::Stopped => "stopped by an incident",
        }
    }
}

/// A value that an attempt has kept for later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The value.
    pub value: Vec<u8>,
    /// Name and version of the component that wrote it.
    pub writer_version: SharedStr,
    /// The attempt that wrote it.
    pub attempt: u32,
}

/// A timer that has not fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its key.
    pub key: TimerKey,
    /// The activity it is attached to, or the catch event itself.
    pub element_instance: ElementInstanceKey,
    /// The timer event's id in the model.
    pub element: SharedStr,
    /// When it fires.
    pub due: Timestamp,
    /// How many times of its cycle lie behind it: times that were missed count too.
    pub fired: u32,
    /// Which of the event's triggers it is.
    pub trigger: u16,
    /// Whether its instance is held by an operator: then it does not fire.
    pub suspended: bool,
}

impl Timer {
    /// When a timer is due that waits for an operator, because its cycle cannot be read: at the end of time.
    pub const HELD: Timestamp = Timestamp::MAX;

    /// Whether it waits for an operator.
    pub fn is_held(&self) -> bool {
        self.due == Self::HELD
    }
}

/// What an element instance waits for besides timers and jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its key.
    pub key: SubscriptionKey,
    /// What waits: the catch event or receive task, the activity with the boundary event, the event-based gateway,
    /// or the scope with the event sub-process.
    pub element_instance: ElementInstanceKey,
    /// The event's id in the model.
    pub element: SharedStr,
    /// Which of the event's triggers it is.
    pub trigger: u16,
    /// What is waited for.
    pub awaited: Awaited,
}

/// What a subscription waits for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Awaited {
    /// A message with this name and correlation key.
    #[n(0)]
    Message {
        /// The name.
        #[n(0)]
        name: SharedStr,
        /// The correlation key. Not empty.
        #[n(1)]
        correlation_key: SharedStr,
    },
    /// A signal with this name.
    #[n(1)]
    Signal {
        /// The name.
        #[n(0)]
        name: SharedStr,
    },
    /// A condition that becomes true.
    #[n(2)]
    Condition {
        /// Whether it was true when it was last looked at.
        #[n(0)]
        held: bool,
        /// What a step had no room for.
        #[n(1)]
        left: Option<ConditionLeft>,
    },
}

/// What a step has left to a later one, of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ConditionLeft {
    /// To look whether it is true.
    #[n(0)]
    Look,
    /// It has become true, and what waits for it does not know.
    #[n(1)]
    Happen,
}

/// A completed activity that can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compensable {
    /// Its key; a later one was completed later.
    pub key: CompensationKey,
    /// The scope in which it can be undone.
    pub scope: ElementInstanceKey,
    /// The activity's id in the model.
    pub activity: SharedStr,
    /// The completed sub-process that it was done in, where that was in turn done in `scope`.
    pub within: Option<CompensationKey>,
    /// The local variables that the activity had.
    pub variables: Variables,
    /// The throw event that is undoing it.
    pub undone_by: Option<ElementInstanceKey>,
    /// The instance of its handler, while that is active.
    pub handler: Option<ElementInstanceKey>,
}

/// How far a loop is, or an ad-hoc sub-process, whose items are its paths. Items and results of a loop are [`LoopValue`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopProgress {
    /// The loop, or the ad-hoc sub-process.
    pub element_instance: ElementInstanceKey,
    /// How many items there are; `None` when a condition decides, or when more paths may begin.
    pub total: Option<u32>,
    /// How many were entered.
    pub entered: u32,
    /// How many were completed.
    pub completed: u32,
    /// How many were ended from outside.
    pub terminated: u32,
}

/// A value that a loop keeps: its items, or the result of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopValue {
    /// The loop.
    pub element_instance: ElementInstanceKey,
    /// 0 for the list of all items, otherwise the `loopCounter` whose result it is.
    pub counter: u32,
    /// The value.
    pub value: Json,
}

/// A user task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTask {
    /// Its key.
    pub key: UserTaskKey,
    /// The element instance whose work it is.
    pub element_instance: ElementInstanceKey,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Where it stands.
    pub state: UserTaskState,
    /// Who has it.
    pub assignee: Option<SharedStr>,
    /// Groups whose members may take it.
    pub candidate_groups: Vec<SharedStr>,
    /// Users who may take it.
    pub candidate_users: Vec<SharedStr>,
    /// When it should be done.
    pub due_date: Option<Timestamp>,
    /// When to look at it again.
    pub follow_up_date: Option<Timestamp>,
    /// 0 to 100.
    pub priority: u8,
    /// The key of its form, as the model gives it.
    pub form_key: Option<SharedStr>,
    /// The version of the form that the model links to.
    pub form: Option<ResourceKey>,
    /// The reference to a form that others show.
    pub external_form_reference: Option<SharedStr>,
    /// The change that task listeners are looking at.
    pub pending: Option<TaskChange>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A change of a user task that waits until its task listeners have run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskChange {
    /// What is to happen.
    #[n(0)]
    pub kind: TaskChangeKind,
    /// How many task listeners for it have run.
    #[n(1)]
    pub listeners_done: u16,
    /// What the change sets, and what listeners have corrected: `None` leaves as it is.
    #[n(2)]
    pub properties: TaskCorrections,
    /// The results with which the task is completed, or the variables that are set on it.
    #[n(3)]
    pub variables: Option<Variables>,
    /// Whether variables that are set on it all become its own.
    #[n(4)]
    pub is_local: Option<bool>,
}

/// What is to become of a user task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TaskChangeKind {
    /// It becomes visible.
    #[n(0)]
    Create,
    /// It is given to somebody, or taken back.
    #[n(1)]
    Assign,
    /// Its properties change.
    #[n(2)]
    Update,
    /// A human has done it.
    #[n(3)]
    Complete,
    /// Its element ends.
    #[n(4)]
    Cancel,
}

/// Where a user task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTaskState {
    /// It waits for a human.
    Created,
    /// A human has done it.
    Completed,
    /// It was ended from outside.
    Canceled,
}

impl UserTaskState {
    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Completed => "COMPLETED",
            Self::Canceled => "CANCELED",
        }
    }
}

/// Something that needs an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its key.
    pub key: IncidentKey,
    /// The element instance that cannot go on.
    pub element_instance: ElementInstanceKey,
    /// The element's id in the model.
    pub element: SharedStr,
    /// The job that cannot go on.
    pub job: Option<JobKey>,
    /// What kind of trouble.
    pub kind: IncidentKind,
    /// What happened, for people.
    pub message: SharedStr,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was resolved, or what it was about ended.
    pub ended_at: Option<Timestamp>,
}

/// Kinds of trouble, as Camunda tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum IncidentKind {
    /// The job has failed and no retries are left.
    #[n(0)]
    JobNoRetries,
    /// A BPMN error that nothing catches.
    #[n(1)]
    UnhandledErrorEvent,
    /// An input or output mapping cannot be evaluated.
    #[n(2)]
    IoMappingError,
    /// A condition cannot be evaluated, or none holds and there is no default flow.
    #[n(3)]
    ConditionError,
    /// Another expression of the element gives nothing of use.
    #[n(4)]
    ExtractValueError,
    /// The called process cannot be called.
    #[n(5)]
    CalledElementError,
    /// The called decision cannot be called.
    #[n(6)]
    CalledDecisionError,
    /// The called decision cannot be evaluated.
    #[n(7)]
    DecisionEvaluationError,
    /// An execution listener has failed and no retries are left.
    #[n(8)]
    ExecutionListenerNoRetries,
    /// A task listener has failed and no retries are left.
    #[n(9)]
    TaskListenerNoRetries,
    /// The ad-hoc sub-process cannot activate what it was told to.
    #[n(10)]
    AdHocSubProcessNoRetries,
    /// The form that a user task links to is not deployed.
    #[n(11)]
    FormNotFound,
    /// A file that a job links to is not deployed.
    #[n(12)]
    ResourceNotFound,
}

impl IncidentKind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::JobNoRetries,
        Self::UnhandledErrorEvent,
        Self::IoMappingError,
        Self::ConditionError,
        Self::ExtractValueError,
        Self::CalledElementError,
        Self::CalledDecisionError,
        Self::DecisionEvaluationError,
        Self::ExecutionListenerNoRetries,
        Self::TaskListenerNoRetries,
        Self::AdHocSubProcessNoRetries,
        Self::FormNotFound,
        Self::ResourceNotFound,
    ];

    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JobNoRetries => "JOB_NO_RETRIES",
            Self::UnhandledErrorEvent => "UNHANDLED_ERROR_EVENT",
            Self::IoMappingError => "IO_MAPPING_ERROR",
            Self::ConditionError => "CONDITION_ERROR",
            Self::ExtractValueError => "EXTRACT_VALUE_ERROR",
            Self::CalledElementError => "CALLED_ELEMENT_ERROR",
            Self::CalledDecisionError => "CALLED_DECISION_ERROR",
            Self::DecisionEvaluationError => "DECISION_EVALUATION_ERROR",
            Self::ExecutionListenerNoRetries => "EXECUTION_LISTENER_NO_RETRIES",
            Self::TaskListenerNoRetries => "TASK_LISTENER_NO_RETRIES",
            Self::AdHocSubProcessNoRetries => "AD_HOC_SUB_PROCESS_NO_RETRIES",
            Self::FormNotFound => "FORM_NOT_FOUND",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
        }
    }
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
