//! Instances that have ended, as those see them who keep them for a while and then remove them.

use types::{ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp};

/// Most instances that one removal names.
pub const REMOVED_AT_ONCE_MAX: usize = 64;

/// A process version, and how far back its ended instances go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldestEnd {
    /// The version.
    pub definition: ProcessDefinitionKey,
    /// Its tenant.
    pub tenant: TenantId,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// When the first of its instances has ended that are still there; `None` when there is none.
    pub ended_at: Option<Timestamp>,
}

/// An instance that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedInstance {
    /// The instance.
    pub key: ProcessInstanceKey,
    /// When it has ended.
    pub ended_at: Timestamp,
}

/// How much one removal may take away. Past it the rest is left for the next one.
#[derive(Clone, Copy, Debug)]
pub struct RemovalLimit {
    /// Rows, besides those of the instances themselves.
    pub rows: u32,
    /// Bytes of the journal, and as many of each of variables, decisions and attempts at jobs, at least one: the row that reaches the measure goes too.
    pub bytes: u64,
}

/// What a removal has taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Instances of which nothing is left.
    pub instances: u64,
    /// Rows, those of the instances included. None are taken when none are left.
    pub rows: u64,
}
