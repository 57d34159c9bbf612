//! One version of a component with what it may do: what the runtime gives jobs to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use manifest::Kind;
use runtime::{Attempted, Checkpoints, JobWorker};
use sandbox::{Pace, Policy, Report, Services};
use types::{Failure, JobError, JobRequest, SharedStr};

use super::attempt::{Attempt, Job};
use super::causes::with_causes;
use super::code::Code;
use super::kept;
use super::models::NamesByToken;
use super::registry::{Identity, Surroundings};

/// One version of a component with what it may do at the moment.
pub(crate) struct Worker {
    /// `name@version`.
    pub(super) label: SharedStr,
    pub(super) identity: Identity,
    pub(super) kind: Kind,
    pub(super) policy: Arc<Policy>,
    /// All versions of the component share it.
    pub(super) pace: Arc<Pace>,
    pub(super) code: Code,
    pub(super) surroundings: Arc<Surroundings>,
}

#[async_trait]
impl JobWorker for Worker {
    fn label(&self) -> SharedStr {
        self.label.clone()
    }

    fn component(&self) -> SharedStr {
        self.identity.name.clone()
    }

    fn concurrency(&self) -> usize {
        self.policy.limits.concurrency.get() as usize
    }

    fn is_connector(&self) -> bool {
        self.kind == Kind::Connector
    }

    fn time_limit(&self) -> Duration {
        self.policy.limits.wall_time
    }

    async fn run(&self, request: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Attempted {
        let attempt = match self.attempt(&request, checkpoints).await {
            Ok(attempt) => Arc::new(attempt),
            Err(error) => return Err(error).into(),
        };
        let component = match self.code.load(&self.surroundings).await {
            Ok(component) => component,
            Err(error) => {
                let causes = with_causes(&error);
                return Err(failed(format!("component `{}` cannot be loaded: {causes}", self.label))).into();
            }
        };
        let services = Arc::clone(&attempt) as Arc<dyn Services>;
        let sandbox = &self.surroundings.sandbox;
        let report = sandbox.run(&component, request, Arc::clone(&self.policy), services).await;
        trace(&attempt.job, &report);
        kept::attempted(report, attempt.take_log(), self.surroundings.clock.now())
    }
}

impl Worker {
    async fn attempt(
        &self,
        request: &JobRequest,
        checkpoints: Arc<dyn Checkpoints>,
    ) -> Result<Attempt, JobError> {
        Ok(Attempt {
            vault: Arc::clone(&self.surroundings.vault),
            model: self.secrets_of_model(request).await?,
            checkpoints,
            stored: Mutex::default(),
            job: Job::new(request, self.label.clone()),
            clock: Arc::clone(&self.surroundings.clock),
            pace: Arc::clone(&self.pace),
            log: Mutex::default(),
        })
    }

    async fn secrets_of_model(&self, request: &JobRequest) -> Result<Arc<NamesByToken>, JobError> {
        if self.policy.grants.secrets.is_empty() && self.policy.grants.hosts.is_empty() {
            // It can send nothing anywhere.
            return Ok(Arc::default());
        }
        self.surroundings
            .models
            .of(request.process_definition)
            .await
            .map_err(|error| failed(format!("the model's secrets are not known: {}", with_causes(&error))))
    }
}

fn failed(message: String) -> JobError {
    JobError::Failed(Failure::new(message))
}

fn trace(job: &Job, report: &Report) {
    for request in &report.requests {
        tracing::debug!(
            job = %job.key,
            component = %job.component,
            method = request.method,
            endpoint = request.endpoint,
            path = request.path,
            answer = ?request.answer,
            duration = ?request.duration,
            "a component has sent a request"
        );
    }
    for refusal in &report.refusals {
        tracing::warn!(
            job = %job.key,
            process_instance = %job.process_instance,
            component = %job.component,
            "a request was refused: {refusal}"
        );
    }
    tracing::debug!(
        job = %job.key,
        component = %job.component,
        wall = ?report.wall,
        cpu = ?report.cpu,
        memory_peak_bytes = report.memory_peak_bytes,
        log_records_dropped = report.log_records_dropped,
        done = report.result.is_ok(),
        "an attempt has ended"
    );
}
