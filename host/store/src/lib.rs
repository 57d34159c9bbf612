//! The durable contract and its stores.
//!
//! [`Store`] says what the runtime and the API need; `sqlite`, `postgres` and `memory` keep it, and one contract suite tests them all.
//! The rows are the state and every query reads them; the journal is the history.
//!
//! Holds SQL, not decisions. Must never depend on: the runtime, wasmtime, axum.

mod attempts;
mod batch;
mod batch_operations;
mod components;
mod contract;
mod correlations;
mod decisions;
mod definitions;
mod ended;
mod error;
mod exchange;
mod files;
mod folder;
pub mod memory;
mod outlook;
pub mod postgres;
mod rollouts;
pub mod search;
mod set_aside;
mod snapshot;
mod sql;
pub mod sqlite;

pub use attempts::{
    AttemptOutcome, AttemptReport, AttemptsOf, JobAttempt, KeptAttempt, LogLevel, LogRecord, LogSource,
    RequestAnswer, RequestMade,
};
pub use batch::{Batch, InstanceBatch, InstanceIdentity};
pub use batch_operations::{
    BatchKind, BatchOperation, BatchOperationKey, BatchProgress, BatchState, NewBatchOperation,
};
pub use components::{
    ComponentRecord, ComponentSignature, ComponentSummary, GrantChange, GrantRecord, REGISTRY_CHANGES_MAX,
    Removal, RemovedComponent, SecretChange, SecretRecord, SecretStep,
};
pub use contract::{
    DueJob, DueTimer, INSTALLATION_ID, JobPlace, JobRef, JournalRow, KEYS_SKIPPED, PoolUse, Store,
};
pub use correlations::MessageCorrelation;
pub use decisions::{DecisionEvaluation, DecisionRecord, DecisionRequirementsRecord, VersionChoice};
pub use definitions::{DefinitionRecord, DeploymentRecord, NewDeployment, ResourceRecord};
pub use ended::{EndedInstance, OldestEnd, REMOVED_AT_ONCE_MAX, RemovalLimit, Removed};
pub use error::Error;
pub use exchange::{
    Exchange, MailboxBatch, Parcel, ParcelContent, ParcelKey, ProcessStarts, StartEvent, StartTimer,
    StartTrigger, SubscriptionRef,
};
pub use files::FileRecord;
pub use folder::{FolderLock, LOCK_FILE, make_private_folder, private_file, private_folder};
pub use outlook::{JobsOfType, Outlook};
pub use rollouts::{
    JobTypeOwner, ROLLOUT_CHANGES_MAX, RolloutChange, RolloutRecord, RolloutStep, SERVING_CHANGES_MAX,
    ServingChange,
};
pub use set_aside::{CrossingRow, ROWS_SET_ASIDE_LISTED_MAX, RowSetAside};
pub use snapshot::Snapshot;
