//! What does a job that no version may do: it fails it for good, and says why.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use runtime::{Attempted, Checkpoints, Held, JobWorker};
use types::{Failure, JobError, JobRequest, SharedStr};

/// Fails a job without another attempt, so that an operator learns of it as an incident.
///
/// When its incident is resolved, the next attempt gets the version of that moment.
pub(super) struct Unserved {
    label: SharedStr,
    message: String,
    is_connector: bool,
}

impl Unserved {
    /// Fails jobs with `message`. `label` stands in the history where the version would.
    pub(super) fn new(label: impl Into<SharedStr>, message: String, is_connector: bool) -> Self {
        Self { label: label.into(), message, is_connector }
    }
}

#[async_trait]
impl JobWorker for Unserved {
    fn label(&self) -> SharedStr {
        self.label.clone()
    }

    fn component(&self) -> SharedStr {
        self.label.clone()
    }

    fn concurrency(&self) -> usize {
        usize::MAX
    }

    fn is_connector(&self) -> bool {
        self.is_connector
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn prepare(&self) -> Result<Held, JobError> {
        Ok(Held::default())
    }

    async fn run(&self, _: JobRequest, _: Arc<dyn Checkpoints>) -> Attempted {
        Err(JobError::Failed(Failure { retries: Some(0), ..Failure::new(self.message.clone()) })).into()
    }
}
