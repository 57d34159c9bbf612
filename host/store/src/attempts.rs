//! Attempts at jobs in components of the host, as they are kept: those that have failed, were interrupted, or have
//! written to their log.

use minicbor::{Decode, Encode};
use types::{AttemptKey, ElementInstanceKey, JobKey, ProcessInstanceKey, SharedStr, Timestamp};

use crate::Error;

/// One attempt at a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAttempt {
    /// Its key; grows with the ends of attempts.
    pub key: AttemptKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// The job.
    pub job: JobKey,
    /// Its number among the job's attempts, from 1.
    pub number: u32,
    /// The task.
    pub element_instance: ElementInstanceKey,
    /// The task's id in the model.
    pub element: SharedStr,
    /// The job's type.
    pub job_type: SharedStr,
    /// `name@version` of the component.
    pub worker: SharedStr,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What it said of that, when it has failed.
    pub message: Option<SharedStr>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The bytes of [`AttemptReport::encode`].
    pub report: Vec<u8>,
}

/// How an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The job is done.
    Completed,
    /// The job is to be tried again later, without having failed.
    Again,
    /// The job waits for an answer from outside.
    Parked,
    /// It has thrown a BPMN error.
    BpmnError,
    /// It has failed; it always says why.
    Failed,
    /// The host stopped while it ran: it has said nothing.
    Interrupted,
}

/// What an attempt has cost, and what it has said and sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AttemptReport {
    /// From its beginning to its end, in microseconds.
    #[n(0)]
    pub wall_us: u64,
    /// How long it computed, in microseconds.
    #[n(1)]
    pub cpu_us: u64,
    /// The most linear memory that it had, in bytes.
    #[n(2)]
    pub memory_peak_bytes: u64,
    /// The requests that it sent or tried to send, in order.
    #[n(3)]
    pub requests: Vec<RequestMade>,
    /// Its log, in order.
    #[n(4)]
    pub log: Vec<LogRecord>,
    /// Records of its log that are not kept.
    #[n(5)]
    pub log_dropped: u64,
}

/// One request of an attempt. Its path, headers and body are not kept: they may hold secrets and personal data.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RequestMade {
    /// The method.
    #[n(0)]
    pub method: String,
    /// Where it went, as a grant names it.
    #[n(1)]
    pub endpoint: String,
    /// How it was answered.
    #[n(2)]
    pub answer: RequestAnswer,
    /// Until the answer's headers had arrived, in microseconds.
    #[n(3)]
    pub duration_us: u64,
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RequestAnswer {
    /// By the server, with this status.
    #[n(0)]
    Status(#[n(0)] u16),
    /// By the host, which did not send it.
    #[n(1)]
    Refused,
    /// By nobody; the text says why.
    #[n(2)]
    Failed(#[n(0)] String),
    /// Not at all before the attempt ended.
    #[n(3)]
    Pending,
}

/// One record of an attempt's log, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LogRecord {
    /// When it was written.
    #[n(0)]
    pub at: Timestamp,
    /// How much it matters.
    #[n(1)]
    pub level: LogLevel,
    /// Who wrote it.
    #[n(2)]
    pub source: LogSource,
    /// The message.
    #[n(3)]
    pub message: String,
    /// Names and values.
    #[n(4)]
    pub fields: Vec<(String, String)>,
}

/// How much a record matters, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LogLevel {
    /// Every step.
    #[n(0)]
    Trace,
    /// Details that explain a result.
    #[n(1)]
    Debug,
    /// What happened.
    #[n(2)]
    Info,
    /// Something unexpected that the component got over.
    #[n(3)]
    Warn,
    /// Something that made the job fail.
    #[n(4)]
    Error,
}

/// Who wrote a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LogSource {
    /// The component, through the log interface.
    #[n(0)]
    Log,
    /// The component, as a line of standard output.
    #[n(1)]
    Stdout,
    /// The component, as a line of standard error.
    #[n(2)]
    Stderr,
    /// The host.
    #[n(3)]
    Host,
}

/// Whose attempts are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptsOf {
    /// Those at a job, which may have ended.
    Job(JobKey),
    /// Those at all jobs of an instance.
    Instance(ProcessInstanceKey),
}

/// What a kept attempt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptAttempt {
    /// The attempt.
    pub key: AttemptKey,
    /// Its job.
    pub job: JobKey,
    /// Its report, in bytes.
    pub bytes: u64,
}

impl JobAttempt {
    /// What it takes.
    pub fn kept(&self) -> KeptAttempt {
        KeptAttempt { key: self.key, job: self.job, bytes: self.report.len() as u64 }
    }
}

impl AttemptReport {
    /// The report as it is stored.
    ///
    /// # Errors
    /// Never for what this release makes.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        minicbor::to_vec(self).map_err(|error| Error::Damaged(error.to_string()))
    }

    /// What [`encode`](Self::encode) has written.
    ///
    /// # Errors
    /// It is something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        minicbor::decode(bytes).map_err(|error| Error::Damaged(format!("a report of an attempt: {error}")))
    }
}
