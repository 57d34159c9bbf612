//! One version of a component with what it may do: what the runtime gives jobs to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use manifest::Kind;
use runtime::{Attempted, Checkpoints, Held, JobWorker};
use sandbox::{Component, Pace, Policy, Report, Services};
use types::{Failure, JobError, JobRequest, SharedStr};

use super::attempt::{Attempt, Job};
use super::causes::with_causes;
use super::code::{Code, LoadError};
use super::kept;
use super::let_down::LetDown;
use super::meter::{Cost, Meter};
use super::models::NamesByToken;
use super::registry::{Identity, Surroundings};

/// How long a job waits for code that has to be loaded, and perhaps compiled. One compilation has less
/// by [`CompileLimits`](sandbox::CompileLimits), and others may come before it.
const CODE_PATIENCE: Duration = Duration::from_secs(15 * 60);

/// One version of a component with what it may do at the moment.
pub(crate) struct Worker {
    /// `name@version`.
    pub(super) label: SharedStr,
    pub(super) identity: Identity,
    pub(super) kind: Kind,
    pub(super) policy: Arc<Policy>,
    /// All versions of the component share it.
    pub(super) pace: Arc<Pace>,
    pub(super) meter: Arc<Meter>,
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

    async fn prepare(&self) -> Result<Held, JobError> {
        match self.code().await {
            Ok(mut component) => {
                let turn = component.take_turn().map(|turn| Box::new(turn) as _);
                Ok(Held { code: Some(Box::new(component)), turn })
            }
            Err(problem) => {
                let failed = hosts_failure(problem);
                self.meter.begin().end(&failed, None);
                failed.result.map(|_| Held::default())
            }
        }
    }

    async fn run(&self, request: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Attempted {
        let running = self.meter.begin();
        let (attempted, cost) = match self.try_run(request, checkpoints).await {
            Ok((attempted, cost)) => (attempted, Some(cost)),
            Err(problem) => (hosts_failure(problem), None),
        };
        running.end(&attempted, cost);
        attempted
    }
}

impl Worker {
    /// Runs an attempt in the sandbox.
    ///
    /// # Errors
    /// The host cannot run it, for a reason that the component can do nothing about.
    async fn try_run(
        &self,
        request: JobRequest,
        checkpoints: Arc<dyn Checkpoints>,
    ) -> Result<(Attempted, Cost), String> {
        let attempt = Arc::new(self.attempt(&request, checkpoints).await?);
        // In memory since the attempt was prepared, which holds it there.
        let component = self.code().await?;
        let services = Arc::clone(&attempt) as Arc<dyn Services>;
        let sandbox = &self.surroundings.sandbox;
        let mut report = sandbox.run(&component, request, Arc::clone(&self.policy), services).await;
        // What a component makes of a service that does not answer is no fault of its own.
        report.is_hosts_failure |= matches!(report.result, Err(JobError::Failed(_)))
            && attempt.was_let_down(self.policy.limits.wall_time);
        trace(&attempt.job, &report);
        let cost = Cost { wall: report.wall, cpu: report.cpu, memory_peak_bytes: report.memory_peak_bytes };
        Ok((kept::attempted(report, attempt.take_log(), self.surroundings.clock.now()), cost))
    }

    async fn code(&self) -> Result<Component, String> {
        let loaded = self.code.load(&self.surroundings, CODE_PATIENCE).await;
        loaded.map_err(|error| match error {
            LoadError::Distrust(why) => format!(
                "component `{}` does not run on this host: {why}. Have it signed anew with \
                 `fermata worker push FILE.wasm --key KEY`, with the same file and a key that the host trusts, \
                 or have its key in `components.trusted_keys` again; then resolve the incident",
                self.label
            ),
            error => format!("component `{}` cannot be loaded: {}", self.label, with_causes(&error)),
        })
    }

    async fn attempt(
        &self,
        request: &JobRequest,
        checkpoints: Arc<dyn Checkpoints>,
    ) -> Result<Attempt, String> {
        Ok(Attempt {
            vault: Arc::clone(&self.surroundings.vault),
            model: self.secrets_of_model(request).await?,
            checkpoints,
            stored: Mutex::default(),
            job: Job::new(request, self.label.clone()),
            clock: Arc::clone(&self.surroundings.clock),
            pace: Arc::clone(&self.pace),
            log: Mutex::default(),
            let_down: LetDown::default(),
        })
    }

    async fn secrets_of_model(&self, request: &JobRequest) -> Result<Arc<NamesByToken>, String> {
        if self.policy.grants.secrets.is_empty() && self.policy.grants.hosts.is_empty() {
            // It can send nothing anywhere.
            return Ok(Arc::default());
        }
        self.surroundings
            .models
            .of(request.process_definition)
            .await
            .map_err(|error| format!("the model's secrets are not known: {}", with_causes(&error)))
    }
}

fn hosts_failure(problem: String) -> Attempted {
    let failed = Err(JobError::Failed(Failure::new(problem)));
    Attempted { is_hosts_failure: true, ..failed.into() }
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
