//! What several crates of the host share: keys, timestamps, variables, and what a job is to its worker.
//!
//! Plain data only. This crate knows no async, no clock, no I/O and no randomness.

mod file;
mod identity;
mod job;
mod job_answer;
mod key;
mod limit;
mod shared_str;
mod time;
mod variables;

pub use file::FileKind;
pub use identity::{Actor, TenantId};
pub use job::{BpmnError, Failure, JobError, JobKind, JobOutcome, JobRequest};
pub use job_answer::{AdHocActivity, AdHocResult, ListenerVerdict, TaskCorrections};
pub use key::{
    AttemptKey, COUNTER_BITS, CompensationKey, ConditionalEvaluationKey, DecisionEvaluationKey, DecisionKey,
    DecisionRequirementsKey, DeploymentKey, ElementInstanceKey, IncidentKey, JobKey, Key,
    MessageCorrelationKey, MessageKey, PARTITION_ID_MAX, ParseKeyError, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, ResourceKey, SignalKey, SubscriptionKey, TimerKey, UserTaskKey, VariableKey,
};
pub use limit::{CALL_BYTES_MAX, Limit, LimitError, TABLE_ELEMENTS_MAX, Unit as LimitUnit};
pub use shared_str::SharedStr;
pub use time::Timestamp;
pub use variables::{
    Json, NESTING_DEPTH_MAX, VARIABLE_NAME_BYTES_MAX, VARIABLES_BYTES_MAX, VARIABLES_MAX, Variables,
    VariablesError,
};
