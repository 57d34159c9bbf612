//! A version that is watched.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use runtime::{Attempted, Checkpoints, Held, JobWorker};
use types::{JobError, JobOutcome, JobRequest, SharedStr};

use super::watch::Watch;

/// Runs a version and tells the watch how its attempts end.
pub(super) struct Guarded<W> {
    worker: Arc<W>,
    watch: Arc<Watch>,
    /// The version's place in the plan.
    index: usize,
}

impl<W> Guarded<W> {
    pub(super) fn new(worker: Arc<W>, watch: Arc<Watch>, index: usize) -> Self {
        Self { worker, watch, index }
    }
}

#[async_trait]
impl<W: JobWorker> JobWorker for Guarded<W> {
    fn label(&self) -> SharedStr {
        self.worker.label()
    }

    fn component(&self) -> SharedStr {
        self.worker.component()
    }

    fn concurrency(&self) -> usize {
        self.worker.concurrency()
    }

    fn is_connector(&self) -> bool {
        self.worker.is_connector()
    }

    fn time_limit(&self) -> Duration {
        self.worker.time_limit()
    }

    async fn prepare(&self) -> Result<Held, JobError> {
        self.worker.prepare().await
    }

    async fn run(&self, request: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Attempted {
        let attempted = self.worker.run(request, checkpoints).await;
        if let Some(failed) = has_failed(&attempted) {
            self.watch.count(self.index, failed);
        }
        attempted
    }
}

/// Whether an attempt counts as a failure of its version; `None` when it says nothing yet.
///
/// A trap, a limit that was exceeded and a time that was over are failures, as is what the component itself calls one.
/// A BPMN error is an answer. A job that waits for more is not done. What fails because of the host would fail in any version.
const fn has_failed(attempted: &Attempted) -> Option<bool> {
    match &attempted.result {
        Ok(JobOutcome::Completed(_) | JobOutcome::Verdict(_) | JobOutcome::Directed(_))
        | Err(JobError::Bpmn(_)) => Some(false),
        Err(JobError::Failed(_)) if attempted.is_hosts_failure => None,
        Err(JobError::Failed(_)) => Some(true),
        Ok(JobOutcome::Again { .. } | JobOutcome::Parked { .. }) => None,
    }
}
