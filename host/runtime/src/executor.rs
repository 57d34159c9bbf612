//! Who runs jobs inside the host.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use types::{JobError, JobOutcome, JobRequest, SharedStr, TenantId};

/// Finds the component for a job. The server's one runs WebAssembly, tests have others.
pub trait JobExecutor: Send + Sync + 'static {
    /// The version that serves a job type of a tenant at this moment; `None` leaves the type to external workers.
    fn worker_for(&self, tenant: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>>;

    /// All job types that components serve at this moment, by tenant.
    fn job_types(&self) -> Vec<(TenantId, SharedStr)>;
}

/// One version of a component, ready to run.
#[async_trait]
pub trait JobWorker: Send + Sync + 'static {
    /// Name and version, `name@version`.
    fn label(&self) -> SharedStr;

    /// Whether its answer is a response that the model maps, rather than variables.
    fn is_connector(&self) -> bool;

    /// How long an attempt may take.
    fn time_limit(&self) -> Duration;

    /// Runs one attempt.
    async fn run(&self, job: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Result<JobOutcome, JobError>;
}

/// The value that an attempt keeps for later ones.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// The value kept last, by any attempt.
    fn saved(&self) -> Option<engine::state::Checkpoint>;

    /// Keeps a value; it is durable on return.
    async fn save(&self, value: Vec<u8>) -> Result<(), CheckpointError>;
}

/// Why a value was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A later attempt has begun, or the job has ended.
    #[error("the attempt no longer counts")]
    Superseded,
    /// The store does not answer.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}
