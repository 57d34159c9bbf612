//! One attempt of one job in a component.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::Command;
use engine::command::{CompleteJob, FailJob, JobAttempt, JobResult, StartJob, ThrowError, Worker};
use engine::state::{Checkpoint, Job, JobKind};
use futures_util::FutureExt as _;
use store::AttemptReport;
use tokio::sync::oneshot;
use types::{
    Actor, Failure, JobError, JobKey, JobOutcome, JobRequest, ProcessInstanceKey, SharedStr, Timestamp,
};

use super::queues::Line;
use super::readiness::Ready;
use super::{Dispatcher, Surroundings};
use crate::attempts::{self, AttemptNote};
use crate::error::Error;
use crate::executor::{Attempted, CheckpointError, Checkpoints};
use crate::inbox::{Ask, DescribedJob, Inbox, Target, variables_bytes};

/// A component that has not ended by itself so long after its time is given up.
const TIME_LIMIT_SLACK: Duration = Duration::from_secs(5);

/// Pauses before an answer is given again that the store did not take: doubled up to the longest.
const ANSWER_PAUSE_MIN: Duration = Duration::from_millis(50);
const ANSWER_PAUSE_MAX: Duration = Duration::from_secs(5);

type Reply = oneshot::Receiver<Result<(), Error>>;

/// One attempt of one job.
pub(super) struct Attempt {
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) dispatcher: Dispatcher,
    /// Where the job came from.
    pub(super) line: Line,
    /// The job's partition.
    pub(super) inbox: Inbox,
}

/// What the host says to the engine for an attempt, and what it keeps of it.
struct Answer {
    instance: ProcessInstanceKey,
    command: Command,
    actor: Actor,
    note: Option<Box<AttemptNote>>,
}

/// Whose note it is.
struct Origin<'a> {
    job: &'a Job,
    number: u32,
    element: SharedStr,
    worker: SharedStr,
    began: Timestamp,
}

/// How an attempt has ended, as far as the host is concerned.
enum End {
    /// The answer is durable, or was refused: it does not count any longer.
    Answered,
    /// The same, and the job may wait again: a look at the rows that met it while it was in hand has left it out.
    MayWait,
    /// The attempt was never recorded. The rows may still hold the job.
    NotStarted,
    /// The store did not say whether the attempt was recorded.
    Unknown,
}

/// Whether the start of the attempt is on record.
enum Start {
    Open(Reply),
    Known(Recorded),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Recorded {
    Yes,
    No,
    Unknown,
}

impl Attempt {
    pub(super) async fn run(self, described: DescribedJob) {
        let key = described.description.job.key;
        match self.ready(described).await {
            Ok(Some(ready)) => self.run_ready(key, ready).await,
            // Its component was removed meanwhile: the rows keep the job for others.
            Ok(None) => {
                // One that has come since may have looked already, and left out what was in hand.
                self.dispatcher.let_go(key, &self.line, true);
                self.surroundings.arrivals.announce([&self.line.job_type.1]);
            }
            Err(error) => {
                tracing::warn!(job = %key, %error, "a job cannot be described anew; it is looked for again");
                self.dispatcher.let_go(key, &self.line, true);
            }
        }
    }

    async fn run_ready(&self, key: JobKey, ready: Ready) {
        let attempt = JobAttempt::in_host(key, ready.job.description.job.attempt + 1);
        let (instance, actor) = (ready.job.instance, Actor::new(ready.worker.label()));
        let end = self.try_run(ready).await;
        if matches!(end, End::Unknown) {
            // If it was recorded after all, nobody else would take the job up. If not, this is refused.
            let give_back = Command::PostponeJob { attempt, after_ms: 0 };
            let answer = Answer { instance, command: give_back, actor, note: None };
            self.answer(answer, Start::Known(Recorded::Yes)).await;
        }
        self.dispatcher.let_go(key, &self.line, !matches!(end, End::Answered));
    }

    async fn try_run(&self, ready: Ready) -> End {
        let Ready { worker, job: described, prepared } = ready;
        let mut job = described.description.job.clone();
        let number = job.attempt + 1;
        let label = worker.label();
        let actor = Actor::new(label.clone());
        let instance = described.instance;
        let target = Target::Instance(instance);
        let element = described.description.element.clone();
        let time_limit = worker.time_limit();
        let began = self.surroundings.clock.now();
        let deadline = began + time_limit;
        // The start is written with the next batch; the attempt does not wait for it.
        let (reply, started) = oneshot::channel();
        let command =
            Command::StartJob(StartJob { job: job.key, attempt: number, worker: label.clone(), deadline });
        let ask = Ask::Command { target, command, actor: actor.clone(), reply };
        if self.inbox.send(ask).await.is_err() {
            return End::NotStarted;
        }
        let mut start = Start::Open(started);

        let attempt = JobAttempt::in_host(job.key, number);
        let request = self.request(described, number, deadline);
        let checkpoints = Arc::new(JobCheckpoints {
            saved: job.checkpoint.take(),
            inbox: self.inbox.clone(),
            target,
            attempt,
            writer_version: label.clone(),
            actor: actor.clone(),
        });
        let is_connector = worker.is_connector();
        let work = async {
            match prepared {
                Ok(held) => {
                    let _code = held.code;
                    // Others may be made ready now.
                    drop(held.turn);
                    worker.run(request, checkpoints).await
                }
                Err(error) => Err(error).into(),
            }
        };
        let work = AssertUnwindSafe(work).catch_unwind();
        let mut work = pin!(tokio::time::timeout(time_limit + TIME_LIMIT_SLACK, work));
        let result = tokio::select! {
            biased;
            result = &mut work => result,
            recorded = start.recorded() => {
                if let Some(end) = recorded.end() {
                    return end;
                }
                work.await
            }
        };
        let Attempted { result, report, .. } = match result {
            Ok(Ok(attempted)) => attempted,
            Ok(Err(_panic)) => {
                failure("the host failed while it ran the component; its log tells more").into()
            }
            Err(_elapsed) => failure("the component did not end in its time").into(),
        };
        let note = if attempts::is_kept(&result, report.as_deref()) {
            let origin = Origin { job: &job, number, element, worker: label, began };
            self.note(origin, &result, report)
        } else {
            None
        };
        let command = answer(result, attempt, is_connector);
        let bytes = variables_bytes(&command) + note.as_ref().map_or(0, |note| note.report.len());
        self.dispatcher.answered(job.key, bytes);
        self.answer(Answer { instance, command, actor, note }, start).await
    }

    /// What is kept of an attempt.
    fn note(
        &self,
        origin: Origin<'_>,
        result: &Result<JobOutcome, JobError>,
        report: Option<Box<AttemptReport>>,
    ) -> Option<Box<AttemptNote>> {
        let Origin { job, number, element, worker, began } = origin;
        let ended_at = self.surroundings.clock.now();
        let report = report.map_or_else(
            || {
                let millis = u64::try_from(ended_at.as_millis() - began.as_millis()).unwrap_or(0);
                AttemptReport { wall_us: millis.saturating_mul(1_000), ..AttemptReport::default() }
            },
            |report| attempts::bounded(*report),
        );
        let report = match report.encode() {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(job = %job.key, %error, "an attempt is not kept");
                return None;
            }
        };
        let (outcome, message) = attempts::outcome(result);
        Some(Box::new(AttemptNote {
            job: job.key,
            number,
            element_instance: job.element_instance,
            element,
            job_type: job.job_type.clone(),
            worker,
            outcome,
            message,
            ended_at,
            report,
        }))
    }

    /// Gives the answer, again and again until the store has taken or the engine has refused it.
    async fn answer(&self, answer: Answer, mut start: Start) -> End {
        let Answer { instance, command, actor, note } = answer;
        let mut pause = ANSWER_PAUSE_MIN;
        let mut answered = match &command {
            Command::CompleteJob(_) | Command::ThrowError(_) | Command::ParkJob { .. } => End::Answered,
            _ => End::MayWait,
        };
        loop {
            let (again, by) = (command.clone(), actor.clone());
            let taken = match &note {
                None => self.inbox.ask(Target::Instance(instance), again, by).await,
                Some(note) => self.inbox.answer(instance, again, by, note.clone()).await,
            };
            match taken {
                Ok(()) => return answered,
                Err(Error::Unavailable(reason)) => {
                    // What becomes of it now may have been decided by the answer that was lost.
                    answered = End::MayWait;
                    if let Some(end) = start.recorded().await.end() {
                        return end;
                    }
                    tracing::warn!(%reason, "the answer of a job was not taken; giving it again");
                    tokio::time::sleep(pause).await;
                    pause = (2 * pause).min(ANSWER_PAUSE_MAX);
                }
                Err(Error::Rejected(rejection)) => {
                    if let Some(end) = start.recorded().await.end() {
                        return end;
                    }
                    // Cancelled meanwhile, or a later attempt has begun.
                    tracing::info!(%rejection, "the answer of a job no longer counts");
                    return answered;
                }
                // The next start finds the job running.
                Err(Error::ShuttingDown) => return End::Answered,
                Err(error) => {
                    tracing::error!(%error, "the answer of a job was lost");
                    return End::Answered;
                }
            }
        }
    }

    fn request(&self, described: DescribedJob, attempt: u32, deadline: Timestamp) -> JobRequest {
        let job = described.description.job;
        JobRequest {
            key: job.key,
            job_type: job.job_type,
            kind: match job.kind {
                JobKind::Element => types::JobKind::Task,
                JobKind::StartListener
                | JobKind::EndListener
                | JobKind::BeforeAllListener
                | JobKind::CancelListener => types::JobKind::ExecutionListener,
                JobKind::TaskListener => types::JobKind::TaskListener,
                JobKind::AdHocSubProcess => types::JobKind::AdHocSubProcess,
            },
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
        }
    }
}

impl Start {
    /// Returns when it is known whether the attempt is on record.
    async fn recorded(&mut self) -> Recorded {
        let recorded = match self {
            Self::Known(recorded) => *recorded,
            Self::Open(reply) => match reply.await {
                Ok(Ok(())) => Recorded::Yes,
                Ok(Err(Error::Rejected(_))) => Recorded::No,
                _ => Recorded::Unknown,
            },
        };
        *self = Self::Known(recorded);
        recorded
    }
}

impl Recorded {
    /// How the attempt ends because of it; `None` when it goes on.
    fn end(self) -> Option<End> {
        match self {
            Self::Yes => None,
            Self::No => Some(End::NotStarted),
            Self::Unknown => Some(End::Unknown),
        }
    }
}

fn failure(message: &str) -> Result<JobOutcome, JobError> {
    Err(JobError::Failed(Failure::new(message)))
}

fn answer(result: Result<JobOutcome, JobError>, attempt: JobAttempt, is_connector: bool) -> Command {
    match result {
        Ok(JobOutcome::Completed(variables)) => Command::CompleteJob(CompleteJob {
            attempt,
            result: if is_connector { JobResult::Connector(variables) } else { JobResult::Worker(variables) },
        }),
        Ok(JobOutcome::Verdict(verdict)) => {
            Command::CompleteJob(CompleteJob { attempt, result: JobResult::TaskListener(verdict) })
        }
        Ok(JobOutcome::Directed(result)) => {
            Command::CompleteJob(CompleteJob { attempt, result: JobResult::AdHoc(result) })
        }
        Ok(JobOutcome::Again { after_ms }) => Command::PostponeJob { attempt, after_ms },
        Ok(JobOutcome::Parked { within_ms }) => Command::ParkJob { attempt, within_ms },
        Err(JobError::Bpmn(error)) => Command::ThrowError(ThrowError { attempt, error }),
        Err(JobError::Failed(failure)) => failed(attempt, failure),
    }
}

fn failed(attempt: JobAttempt, failure: Failure) -> Command {
    Command::FailJob(FailJob { attempt, failure, by: Worker::Component })
}

struct JobCheckpoints {
    saved: Option<Checkpoint>,
    inbox: Inbox,
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
        match self.inbox.ask(self.target, command, self.actor.clone()).await {
            Ok(()) => Ok(()),
            Err(Error::Rejected(_)) => Err(CheckpointError::Superseded),
            Err(error) => Err(CheckpointError::Unavailable(error.to_string())),
        }
    }
}
