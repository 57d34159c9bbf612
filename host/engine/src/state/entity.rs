//! The entities of a process instance's state, each of which is one row of the store.

use bpmn::model::ElementIndex;
use minicbor::{Decode, Encode};
use types::{
    ElementInstanceKey, IncidentKey, JobKey, Json, ProcessDefinitionKey, ProcessInstanceKey, SharedStr,
    TenantId, TimerKey, Timestamp, UserTaskKey, VariableKey,
};

use super::members::{Belonging, SmallSet};
use crate::event::Header;

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
    /// Whether tokens wait for `Continue`.
    pub paused: bool,
    /// How many incidents are open.
    pub open_incidents: u32,
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
            entered_at: self.entered_at,
            children: SmallSet::Empty,
            belongings: SmallSet::Empty,
            index: self.index,
        }
    }
}

/// Where an element instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ElementState {
    /// Something is still to be evaluated before it is active.
    #[n(0)]
    Activating,
    /// It waits or acts.
    #[n(1)]
    Active,
    /// Its work is done, its results are still to be mapped.
    #[n(2)]
    Completing,
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
    /// The job type.
    pub job_type: SharedStr,
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
}

impl Timer {
    /// When a timer is due that waits for an operator, because its cycle cannot be read: at the end of time.
    pub const HELD: Timestamp = Timestamp::MAX;

    /// Whether it waits for an operator.
    pub fn is_held(&self) -> bool {
        self.due == Self::HELD
    }
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
    /// The key of its form.
    pub form_key: Option<SharedStr>,
    /// The reference to a form that others show.
    pub external_form_reference: Option<SharedStr>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
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
}

impl IncidentKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::JobNoRetries,
        Self::UnhandledErrorEvent,
        Self::IoMappingError,
        Self::ConditionError,
        Self::ExtractValueError,
    ];

    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JobNoRetries => "JOB_NO_RETRIES",
            Self::UnhandledErrorEvent => "UNHANDLED_ERROR_EVENT",
            Self::IoMappingError => "IO_MAPPING_ERROR",
            Self::ConditionError => "CONDITION_ERROR",
            Self::ExtractValueError => "EXTRACT_VALUE_ERROR",
        }
    }
}
