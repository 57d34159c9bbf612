//! What one commit writes.

use engine::{Change, Changes};
use types::{AttemptKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId};

use crate::{DecisionEvaluation, Exchange, JobAttempt, MessageCorrelation};

/// All that one commit writes, in one transaction: journal, rows and the partition's counter.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The partition.
    pub partition: PartitionId,
    /// Key counters below this one may have been given out. See `engine::KeyRange::next_counter`.
    pub next_key_counter: u64,
    /// One part per instance that has changed, each instance at most once.
    pub instances: Vec<InstanceBatch>,
    /// What changes besides.
    pub exchange: Exchange,
}

/// What one commit writes for one instance.
#[derive(Clone, Debug)]
pub struct InstanceBatch {
    /// What its rows repeat for searches.
    pub identity: InstanceIdentity,
    /// The bytes of `engine::journal::encode`: one journal row.
    pub journal: Vec<u8>,
    /// The rows.
    pub changes: Changes,
    /// Whether it has got another version of its process: then more columns of its rows may have changed than otherwise do.
    pub is_migrated: bool,
    /// Decisions that it has evaluated.
    pub decision_evaluations: Vec<DecisionEvaluation>,
    /// Attempts at its jobs that are kept from now on, and those that make room for them.
    pub attempts: Vec<Change<AttemptKey, JobAttempt>>,
    /// Messages that it has taken.
    pub correlations: Vec<MessageCorrelation>,
}

/// What every row of an instance repeats, so that searches need no joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceIdentity {
    /// The instance.
    pub key: ProcessInstanceKey,
    /// The process version that it runs.
    pub definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's version.
    pub version: u32,
    /// The tenant.
    pub tenant: TenantId,
}
