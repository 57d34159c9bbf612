//! Components of the host that do jobs well, badly, twice, never.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use runtime::{Attempted, CheckpointError, Checkpoints, Held, JobExecutor, JobWorker};
use types::{BpmnError, Failure, JobError, JobOutcome, JobRequest, SharedStr, TenantId, Variables};

use crate::tamper::Tamper;
use crate::witness::{Promise, Witness};

/// How long an attempt may take.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// What components answer, and which job types they serve: the same over all hosts of a history.
pub(crate) struct Components {
    served: Mutex<BTreeSet<SharedStr>>,
    rng: Mutex<fastrand::Rng>,
    is_calm: AtomicBool,
    values: AtomicU64,
}

/// What an attempt leads to.
enum Deed {
    Complete,
    Fail(Failure),
    Throw(&'static str),
    Again { after_ms: u64 },
    Park { within_ms: u64 },
    Panic,
    NeverAnswer,
    CompleteWithCheckpoint,
}

impl Components {
    pub(crate) fn new(served: BTreeSet<SharedStr>, rng: fastrand::Rng) -> Arc<Self> {
        Arc::new(Self {
            served: Mutex::new(served),
            rng: Mutex::new(rng),
            is_calm: AtomicBool::new(false),
            values: AtomicU64::new(0),
        })
    }

    /// From now on every attempt completes its job.
    pub(crate) fn calm(&self) {
        self.is_calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn served(&self) -> MutexGuard<'_, BTreeSet<SharedStr>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the next attempt does, and how long it takes.
    fn next_deed(&self) -> (Deed, Duration) {
        if self.is_calm.load(Ordering::Relaxed) {
            return (Deed::Complete, Duration::ZERO);
        }
        self.draw(|rng| {
            let millis = if rng.bool() { 0 } else { rng.u64(1..400) };
            let deed = match rng.u8(0..100) {
                0..56 => Deed::Complete,
                56..70 => Deed::Fail(Failure {
                    retries: rng.bool().then(|| rng.u32(0..4)),
                    retry_after_ms: rng.bool().then(|| rng.u64(0..20_000)),
                    ..Failure::new("not today")
                }),
                70..77 => Deed::Throw(ERROR_CODES[rng.usize(0..ERROR_CODES.len())]),
                77..85 => Deed::Again { after_ms: rng.u64(0..5_000) },
                85..87 => Deed::Park { within_ms: rng.u64(0..5_000) },
                87..90 => Deed::Panic,
                90..93 => Deed::NeverAnswer,
                _ => Deed::CompleteWithCheckpoint,
            };
            (deed, Duration::from_millis(millis))
        })
    }
}

/// Codes of BPMN errors: some are caught, some are not.
pub(crate) const ERROR_CODES: [&str; 5] = ["DECLINED", "BAD", "NOT_FOUND", "LATE", "OTHER"];

/// The number of the results when all is calm: they lead to the end of every model.
pub(crate) const CALM_RESULT: u64 = 1;

/// What a job's worker answers: a bit for every model.
pub(crate) fn results(number: u64) -> Variables {
    let is_bad = number.is_multiple_of(5);
    let status = if number.is_multiple_of(7) { 404 } else { 200 };
    let text =
        format!(r#"{{"result":{number},"added":{number},"bad":{is_bad},"status":{status},"body":"text"}}"#);
    Variables::parse(&text).expect("an object with distinct names")
}

/// The components as one host runs them.
pub(crate) struct Executor {
    pub(crate) host: u32,
    pub(crate) components: Arc<Components>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) tamper: Arc<dyn Tamper>,
}

impl JobExecutor for Executor {
    fn worker_for(&self, _: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>> {
        self.components.served().contains(job_type).then(|| {
            Arc::new(Component {
                host: self.host,
                is_connector: job_type == "http",
                components: Arc::clone(&self.components),
                witness: Arc::clone(&self.witness),
                dispatches: self.tamper.dispatches(),
            }) as Arc<dyn JobWorker>
        })
    }

    fn job_types(&self) -> Vec<(TenantId, SharedStr)> {
        self.components.served().iter().map(|job_type| (TenantId::default(), job_type.clone())).collect()
    }
}

struct Component {
    host: u32,
    is_connector: bool,
    components: Arc<Components>,
    witness: Arc<Witness>,
    dispatches: usize,
}

#[async_trait]
impl JobWorker for Component {
    fn label(&self) -> SharedStr {
        "component@1.0.0".into()
    }

    fn component(&self) -> SharedStr {
        "component".into()
    }

    fn concurrency(&self) -> usize {
        usize::MAX
    }

    fn is_connector(&self) -> bool {
        self.is_connector
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    async fn prepare(&self) -> Result<Held, JobError> {
        Ok(Held::default())
    }

    async fn run(&self, job: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Attempted {
        let _running: Vec<_> = (0..self.dispatches)
            .map(|_| self.witness.runs(self.host, job.key, job.process_instance, job.attempt))
            .collect();
        let (deed, takes) = self.components.next_deed();
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        let number = match self.components.is_calm.load(Ordering::Relaxed) {
            true => CALM_RESULT,
            false => self.components.values.fetch_add(1, Ordering::Relaxed),
        };
        let completed = Ok(JobOutcome::Completed(results(number)));
        let result = match deed {
            Deed::Complete => completed,
            Deed::Fail(failure) => Err(JobError::Failed(failure)),
            Deed::Throw(code) => Err(JobError::Bpmn(BpmnError {
                code: code.to_owned(),
                message: "no".to_owned(),
                variables: results(number),
            })),
            Deed::Again { after_ms } => Ok(JobOutcome::Again { after_ms }),
            Deed::Park { within_ms } => Ok(JobOutcome::Parked { within_ms }),
            // Says nothing on standard error, unlike a panic.
            Deed::Panic => std::panic::resume_unwind(Box::new("on purpose")),
            Deed::NeverAnswer => std::future::pending().await,
            Deed::CompleteWithCheckpoint => {
                let value = number.to_be_bytes().to_vec();
                match checkpoints.save(value.clone()).await {
                    Ok(()) => {
                        let promise = Promise::Kept(job.key, job.attempt, value);
                        self.witness.kept(promise, job.process_instance);
                        completed
                    }
                    Err(CheckpointError::Superseded) => completed,
                    Err(error) => Err(JobError::Failed(Failure::new(error.to_string()))),
                }
            }
        };
        result.into()
    }
}
