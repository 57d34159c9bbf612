//! User tasks.

use minicbor::{Decode, Encode};
use types::{ElementInstanceKey, ResourceKey, SharedStr, TaskCorrections, Timestamp, UserTaskKey, Variables};

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
