//! What operators do to many instances at once: one row tells what, and how far it is.

use std::fmt;
use std::str::FromStr;

use types::{Actor, Key, ParseKeyError, ProcessInstanceKey, TenantId, Timestamp};

/// Names a batch operation. Counted from 1 by the store: it belongs to no partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchOperationKey(pub i64);

impl fmt::Display for BatchOperationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for BatchOperationKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        text.parse::<Key>().map(|key| Self(key.get()))
    }
}

/// What is done to each instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// It is ended.
    Cancel,
    /// Its incidents are resolved.
    ResolveIncidents,
    /// It goes on with another version of its process.
    Migrate,
    /// What is active in it moves.
    Modify,
}

impl BatchKind {
    /// All kinds, by their code in SQL.
    pub const ALL: [Self; 4] = [Self::Cancel, Self::ResolveIncidents, Self::Migrate, Self::Modify];

    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancel => "CANCEL_PROCESS_INSTANCE",
            Self::ResolveIncidents => "RESOLVE_INCIDENT",
            Self::Migrate => "MIGRATE_PROCESS_INSTANCE",
            Self::Modify => "MODIFY_PROCESS_INSTANCE",
        }
    }
}

/// Where a batch operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Under way.
    Active,
    /// Held by an operator.
    Suspended,
    /// Ended by an operator before its time.
    Canceled,
    /// Done with every instance.
    Completed,
    /// Done with every instance, some of which have refused.
    PartiallyCompleted,
}

impl BatchState {
    /// All states, by their code in SQL.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::Suspended, Self::Canceled, Self::Completed, Self::PartiallyCompleted];

    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Canceled => "CANCELED",
            Self::Completed => "COMPLETED",
            Self::PartiallyCompleted => "PARTIALLY_COMPLETED",
        }
    }

    /// Whether nothing more happens.
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Active | Self::Suspended)
    }
}

/// A batch operation that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatchOperation {
    /// The tenant.
    pub tenant: TenantId,
    /// What is done.
    pub kind: BatchKind,
    /// The details, and which instances are meant, as the runtime has encoded them.
    pub content: Vec<u8>,
    /// Who asks for it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// How many instances are meant now, as far as they were counted.
    pub expected: u64,
}

/// A batch operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOperation {
    /// Its key.
    pub key: BatchOperationKey,
    /// With what it began.
    pub new: NewBatchOperation,
    /// Where it stands.
    pub state: BatchState,
    /// How far it is.
    pub progress: BatchProgress,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How far a batch operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchProgress {
    /// Instances up to this one are done with.
    pub after: Option<ProcessInstanceKey>,
    /// How many have done what was asked.
    pub completed: u64,
    /// How many have refused.
    pub failed: u64,
    /// The first refusals, with their reasons, as the runtime has encoded them.
    pub failures: Vec<u8>,
}
