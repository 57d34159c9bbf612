//! Who runs jobs inside the host.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use store::AttemptReport;
use types::{
    JobError, JobKey, JobOutcome, JobRequest, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId,
};

/// Finds the component for a job. The server's one runs WebAssembly, tests have others.
pub trait JobExecutor: Send + Sync + 'static {
    /// A version that serves a job type of a tenant at this moment; `None` leaves the type to external workers.
    ///
    /// It stands for all that do: they are of one kind.
    fn worker_for(&self, tenant: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>>;

    /// The version that an attempt runs on, to its end; asked once, when it starts. The next attempt may get another.
    ///
    /// Without roll-outs it is the one that serves the type.
    fn choose(&self, assignment: &Assignment<'_>) -> Option<Arc<dyn JobWorker>> {
        self.worker_for(assignment.tenant, assignment.job_type)
    }

    /// Grows whenever an answer of [`worker_for`](Self::worker_for) may have changed: of two answers that were asked for
    /// after this, the one with the higher number counts.
    fn generation(&self) -> u64 {
        0
    }

    /// All job types that components serve at this moment, by tenant.
    fn job_types(&self) -> Vec<(TenantId, SharedStr)>;
}

/// An attempt that is about to start: what the choice of its version may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The job's type.
    pub job_type: &'a str,
    /// The job.
    pub job: JobKey,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// The job's headers.
    pub headers: &'a [(SharedStr, SharedStr)],
    /// The job's instance.
    pub process_instance: ProcessInstanceKey,
    /// The process version that the instance runs.
    pub process_definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: &'a str,
    /// The process's version.
    pub process_version: u32,
}

/// One version of a component, ready to run.
#[async_trait]
pub trait JobWorker: Send + Sync + 'static {
    /// Name and version, `name@version`.
    fn label(&self) -> SharedStr;

    /// The component's name: jobs of all its versions and types count together.
    fn component(&self) -> SharedStr;

    /// How many jobs of the component may run at the same time.
    fn concurrency(&self) -> usize;

    /// Whether its answer is a response that the model maps, rather than variables.
    fn is_connector(&self) -> bool;

    /// How long an attempt may take, once it is prepared.
    fn time_limit(&self) -> Duration;

    /// Makes ready what a run needs, such as code that is not in memory, and gives what keeps it there until the attempt has
    /// ended. It has a bound of its own on its time, and may be dropped.
    ///
    /// # Errors
    /// How the attempt ends instead.
    async fn prepare(&self) -> Result<Held, JobError>;

    /// Runs one attempt.
    async fn run(&self, job: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Attempted;
}

/// Keeps what was prepared for an attempt, such as code in memory, until it is dropped.
#[derive(Default)]
pub struct Held {
    /// Kept until the attempt has ended.
    pub code: Option<Box<dyn Any + Send + Sync>>,
    /// Kept until the attempt begins: its place among those that prepare.
    pub turn: Option<Box<dyn Any + Send + Sync>>,
}

/// What became of an attempt.
#[derive(Debug)]
pub struct Attempted {
    /// How it ended.
    pub result: Result<JobOutcome, JobError>,
    /// Whether it failed for something that the component can do nothing about, such as a store that does not answer.
    pub is_hosts_failure: bool,
    /// What it cost, said and sent. It is kept when the attempt has failed or has written to its log; a worker leaves it
    /// out otherwise.
    pub report: Option<Box<AttemptReport>>,
}

impl From<Result<JobOutcome, JobError>> for Attempted {
    fn from(result: Result<JobOutcome, JobError>) -> Self {
        Self { result, is_hosts_failure: false, report: None }
    }
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
