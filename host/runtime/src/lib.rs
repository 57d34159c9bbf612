//! What makes the engine live: partitions, group commit, timers, job dispatch.
//!
//! [`Handle`] is the way in. Commands go to a partition's inbox; the partition takes all that waits, steps the engine,
//! writes one batch, and only then answers, dispatches jobs and arms timers. What it does after a commit is a hint:
//! the rows alone suffice to resume.
//!
//! Must never depend on: axum, wasmtime, sqlx.

mod clock;
mod error;
mod executor;
mod figures;
mod handle;
mod node;
mod requests;
mod secrets;

mod arrivals;
mod attempts;
mod batch;
mod decisions;
mod definitions;
mod dispatch;
mod inbox;
mod partition;
mod resources;
mod retention;
mod suspension;
mod withheld;

pub use batch::{BatchAction, BatchFailure, BatchView};
pub use clock::{Clock, SystemClock};
pub use decisions::{Decided, Decision, Undecided};
pub use error::{DeployError, Error, Overload};
pub use executor::{Assignment, Attempted, CheckpointError, Checkpoints, Held, JobExecutor, JobWorker};
pub use figures::{ACTIVATED_TYPES_MAX, Count, Distribution, Histogram, RuntimeFigures};
pub use handle::{DecisionChoice, Handle};
pub use node::{Config, Runtime, new_installation_id};
pub use requests::{
    ActivateJobs, ActivatedJob, AwaitedInstance, BroadcastSignal, ConditionalStart, CorrelateMessage,
    CorrelatedMessage, Deployed, DeployedDecisions, DeployedProcess, EvaluateConditions, EvaluatedConditions,
    PublishMessage, Resource, StartInstance, StartedInstance,
};
pub use retention::{Archive, ArchiveError, Retention};
pub use secrets::SecretTokens;
