//! Running jobs in components of this host.
//!
//! Jobs come from commits, as long as there is room, and from the rows otherwise: what does not fit is not kept,
//! it is found again. A job is in hand from the moment it is taken until the answer to its attempt is durable,
//! so that it is never taken twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use engine::Command;
use engine::command::{CompleteJob, FailJob, JobAttempt, JobResult, StartJob, ThrowError, Worker};
use engine::state::Checkpoint;
use store::{JobRef, Store};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use types::{
    Actor, Failure, JobError, JobKey, JobOutcome, JobRequest, PartitionId, ProcessInstanceKey, SharedStr,
    TenantId, Variables,
};

use crate::clock::Clock;
use crate::error::Error;
use crate::executor::{CheckpointError, Checkpoints, JobExecutor, JobWorker};
use crate::partition::{Ask, DescribedJob, Target};

/// Jobs that wait in memory for a free place at most.
const READY_JOBS_MAX: usize = 1_024;

/// Jobs of one type that one look at the rows takes up at most.
/// More than can be in hand, or those would hide the ones behind them.
const JOBS_PER_LOOK_MAX: u32 = 4_096;

/// How long to wait before looking again when the store did not answer.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Offers jobs to the components of this host. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    inner: Arc<Inner>,
}

struct Inner {
    executor: Arc<dyn JobExecutor>,
    jobs: Mutex<Jobs>,
    /// Rings when a job is ready.
    ready: Notify,
    /// Rings when the rows may hold jobs that are not in hand.
    look: Notify,
    paused: mpsc::UnboundedSender<ProcessInstanceKey>,
}

#[derive(Default)]
struct Jobs {
    queue: VecDeque<DescribedJob>,
    /// Jobs that are queued or running. True: became available again meanwhile.
    in_hand: HashMap<JobKey, bool>,
    /// Whether jobs were left in the rows for lack of room.
    backlog: bool,
}

/// What the dispatcher's tasks need.
pub(crate) struct DispatcherTasks {
    dispatcher: Dispatcher,
    paused: mpsc::UnboundedReceiver<ProcessInstanceKey>,
}

/// What the dispatcher works with.
pub(crate) struct Surroundings {
    pub(crate) partition: PartitionId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) asks: mpsc::Sender<Ask>,
    /// First part of every idempotency key.
    pub(crate) installation: Arc<str>,
    pub(crate) concurrency: usize,
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl Dispatcher {
    pub(crate) fn new(executor: Arc<dyn JobExecutor>) -> (Self, DispatcherTasks) {
        let (paused, paused_instances) = mpsc::unbounded_channel();
        let dispatcher = Self {
            inner: Arc::new(Inner {
                executor,
                jobs: Mutex::default(),
                ready: Notify::new(),
                look: Notify::new(),
                paused,
            }),
        };
        (dispatcher.clone(), DispatcherTasks { dispatcher, paused: paused_instances })
    }

    /// Whether a component of this host takes jobs of this type at the moment.
    pub(crate) fn serves(&self, tenant: &TenantId, job_type: &str) -> bool {
        self.inner.executor.worker_for(tenant, job_type).is_some()
    }

    /// A job waits for a worker, as of the last commit.
    pub(crate) fn offer(&self, job: DescribedJob) {
        let key = job.description.job.key;
        let mut jobs = self.lock();
        if let Some(again) = jobs.in_hand.get_mut(&key) {
            *again = true;
        } else if jobs.queue.len() >= READY_JOBS_MAX {
            jobs.backlog = true;
        } else {
            jobs.in_hand.insert(key, false);
            jobs.queue.push_back(job);
            drop(jobs);
            self.inner.ready.notify_one();
        }
    }

    /// The rows may hold jobs that nobody has offered.
    pub(crate) fn look_for_jobs(&self) {
        self.inner.look.notify_one();
    }

    /// An instance has tokens that wait for `Continue`.
    pub(crate) fn resume(&self, instance: ProcessInstanceKey) {
        let _ = self.inner.paused.send(instance);
    }

    async fn next_job(&self) -> DescribedJob {
        loop {
            let ready = self.inner.ready.notified();
            {
                let mut jobs = self.lock();
                if let Some(job) = jobs.queue.pop_front() {
                    if jobs.backlog && jobs.queue.len() < READY_JOBS_MAX / 2 {
                        jobs.backlog = false;
                        self.look_for_jobs();
                    }
                    return job;
                }
            }
            ready.await;
        }
    }

    /// The job is no longer in hand: its attempt is answered for.
    fn let_go(&self, key: JobKey) {
        if self.lock().in_hand.remove(&key) == Some(true) {
            self.look_for_jobs();
        }
    }

    fn is_in_hand(&self, key: JobKey) -> bool {
        self.lock().in_hand.contains_key(&key)
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.inner.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DispatcherTasks {
    /// Starts the tasks; they end with the host.
    pub(crate) fn spawn(self, surroundings: Surroundings) {
        let surroundings = Arc::new(surroundings);
        let places = Arc::new(Semaphore::new(surroundings.concurrency));
        tokio::spawn(until_shutdown(
            surroundings.shutdown.clone(),
            run_jobs(self.dispatcher.clone(), Arc::clone(&surroundings), places),
        ));
        tokio::spawn(until_shutdown(
            surroundings.shutdown.clone(),
            look_for_jobs(self.dispatcher, Arc::clone(&surroundings)),
        ));
        tokio::spawn(until_shutdown(
            surroundings.shutdown.clone(),
            resume_paused(self.paused, Arc::clone(&surroundings)),
        ));
    }
}

async fn until_shutdown(mut shutdown: watch::Receiver<bool>, task: impl Future<Output = ()>) {
    tokio::select! {
        () = task => {}
        _ = shutdown.wait_for(|ending| *ending) => {}
    }
}

async fn run_jobs(dispatcher: Dispatcher, surroundings: Arc<Surroundings>, places: Arc<Semaphore>) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let job = dispatcher.next_job().await;
        let key = job.description.job.key;
        let tenant = job.tenant.clone();
        match dispatcher.inner.executor.worker_for(&tenant, &job.description.job.job_type) {
            Some(worker) => {
                let attempt =
                    Attempt { surroundings: Arc::clone(&surroundings), dispatcher: dispatcher.clone() };
                tokio::spawn(attempt.run(worker, job, place));
            }
            // Its component was removed meanwhile: the rows keep the job for others.
            None => dispatcher.let_go(key),
        }
    }
}

/// Finds jobs in the rows: after a start, an upload, a back-off, or when there was no room.
async fn look_for_jobs(dispatcher: Dispatcher, surroundings: Arc<Surroundings>) {
    loop {
        dispatcher.inner.look.notified().await;
        for (tenant, job_type) in dispatcher.inner.executor.job_types() {
            let now = surroundings.clock.now();
            let found = surroundings
                .store
                .activatable_jobs(
                    surroundings.partition,
                    &job_type,
                    std::slice::from_ref(&tenant),
                    now,
                    None,
                    JOBS_PER_LOOK_MAX,
                )
                .await;
            match found {
                Ok(found) => {
                    for job in found {
                        if dispatcher.is_in_hand(job.job) {
                            continue;
                        }
                        if dispatcher.lock().queue.len() >= READY_JOBS_MAX {
                            dispatcher.lock().backlog = true;
                            break;
                        }
                        if let Some(described) = describe(&surroundings, job).await {
                            dispatcher.offer(described);
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, %job_type, "failed to look for jobs; trying again");
                    tokio::time::sleep(LOOK_AGAIN_AFTER).await;
                    dispatcher.look_for_jobs();
                }
            }
        }
    }
}

async fn describe(surroundings: &Surroundings, job: JobRef) -> Option<DescribedJob> {
    let (reply, answer) = oneshot::channel();
    surroundings.asks.send(Ask::Describe { job, reply }).await.ok()?;
    let described = *answer.await.ok()?.ok()??;
    // It may have been taken, or may have ended, since the rows were read.
    matches!(described.description.job.state, engine::state::JobState::Activatable { .. })
        .then_some(described)
}

async fn resume_paused(
    mut paused: mpsc::UnboundedReceiver<ProcessInstanceKey>,
    surroundings: Arc<Surroundings>,
) {
    while let Some(instance) = paused.recv().await {
        let result =
            ask(&surroundings.asks, Target::Instance(instance), Command::Continue, Actor::host()).await;
        if let Err(error) = result {
            tracing::warn!(%error, %instance, "failed to continue an instance; it goes on after a restart");
        }
    }
}

/// One attempt of one job.
struct Attempt {
    surroundings: Arc<Surroundings>,
    dispatcher: Dispatcher,
}

impl Attempt {
    async fn run(self, worker: Arc<dyn JobWorker>, described: DescribedJob, place: OwnedSemaphorePermit) {
        let job = described.description.job.clone();
        let attempt = job.attempt + 1;
        let label = worker.label();
        let target = Target::Instance(described.instance);
        let deadline = self.surroundings.clock.now() + worker.time_limit();
        let actor = Actor::new(label.clone());
        let start = StartJob { job: job.key, attempt, worker: label.clone(), deadline };
        // The start is written with the next batch; the attempt does not wait for it.
        let (reply, _started) = oneshot::channel();
        let ask_start =
            Ask::Command { target, command: Command::StartJob(start), actor: actor.clone(), reply };
        if self.surroundings.asks.send(ask_start).await.is_err() {
            return;
        }
        let request = JobRequest {
            key: job.key,
            job_type: job.job_type.clone(),
            attempt,
            retries_left: job.retries.saturating_sub(1),
            deadline,
            variables: described.description.variables,
            headers: described.description.headers,
            idempotency_key: format!("{}-{}", self.surroundings.installation, job.key),
            process_instance: described.instance,
            process_definition: described.definition,
            bpmn_process_id: described.bpmn_process_id,
            process_version: described.version,
            element_id: described.description.element,
            element_instance: job.element_instance,
            tenant: described.tenant,
        };
        let checkpoints = Arc::new(JobCheckpoints {
            saved: job.checkpoint,
            asks: self.surroundings.asks.clone(),
            target,
            attempt: JobAttempt::exactly(job.key, attempt),
            writer_version: label,
            actor: actor.clone(),
        });
        let result = worker.run(request, checkpoints).await;
        drop(place);
        let command = answer(result, JobAttempt::exactly(job.key, attempt), worker.is_connector());
        let answered = ask(&self.surroundings.asks, target, command, actor).await;
        self.dispatcher.let_go(job.key);
        if let Err(error) = answered {
            // The attempt does not count: the job was cancelled, or the store did not take the answer.
            tracing::warn!(%error, job = %job.key, "the answer of a job was not taken");
            self.dispatcher.look_for_jobs();
        }
    }
}

fn answer(result: Result<JobOutcome, JobError>, attempt: JobAttempt, is_connector: bool) -> Command {
    match result {
        Ok(JobOutcome::Completed(variables)) => Command::CompleteJob(CompleteJob {
            attempt,
            result: if is_connector { JobResult::Connector(variables) } else { JobResult::Worker(variables) },
        }),
        Ok(JobOutcome::Again { after_ms }) => Command::PostponeJob { attempt, after_ms },
        Ok(JobOutcome::Parked { .. }) => failed(
            attempt,
            Failure {
                message: "the component parked the job, which this host does not offer yet: answer `again`, \
                          or leave the task to an external worker"
                    .to_owned(),
                retries: Some(0),
                retry_after_ms: None,
            },
        ),
        Err(JobError::Bpmn(error)) => Command::ThrowError(ThrowError { attempt, error }),
        Err(JobError::Failed(failure)) => failed(attempt, failure),
    }
}

fn failed(attempt: JobAttempt, failure: Failure) -> Command {
    Command::FailJob(FailJob { attempt, failure, variables: Variables::new(), by: Worker::Component })
}

/// Asks the partition, waiting for room in its inbox.
async fn ask(asks: &mpsc::Sender<Ask>, target: Target, command: Command, actor: Actor) -> Result<(), Error> {
    let (reply, answer) = oneshot::channel();
    asks.send(Ask::Command { target, command, actor, reply }).await.map_err(|_| Error::ShuttingDown)?;
    answer.await.map_err(|_| Error::ShuttingDown)?
}

struct JobCheckpoints {
    saved: Option<Checkpoint>,
    asks: mpsc::Sender<Ask>,
    target: Target,
    attempt: JobAttempt,
    writer_version: SharedStr,
    actor: Actor,
}

#[async_trait]
impl Checkpoints for JobCheckpoints {
    fn saved(&self) -> Option<Checkpoint> {
        self.saved.clone()
    }

    async fn save(&self, value: Vec<u8>) -> Result<(), CheckpointError> {
        let command = Command::SaveCheckpoint {
            attempt: self.attempt,
            value,
            writer_version: self.writer_version.clone(),
        };
        match ask(&self.asks, self.target, command, self.actor.clone()).await {
            Ok(()) => Ok(()),
            Err(Error::Rejected(_)) => Err(CheckpointError::Superseded),
            Err(error) => Err(CheckpointError::Unavailable(error.to_string())),
        }
    }
}
