//! What became of one attempt.

use std::time::Duration;

use types::{JobError, JobOutcome};

/// What became of one attempt of a job, and what it cost.
#[derive(Debug)]
pub struct Report {
    /// How the attempt ended. What the component did wrong is a [`types::Failure`] that names the cause.
    pub result: Result<JobOutcome, JobError>,
    /// Whether it failed because the host had no room for it: the component has not even begun.
    pub is_hosts_failure: bool,
    /// From its first instruction to its end, waiting included.
    pub wall: Duration,
    /// How long it computed.
    pub cpu: Duration,
    /// The most linear memory that it had, in bytes.
    pub memory_peak_bytes: usize,
    /// The requests that it sent or tried to send, in order.
    pub requests: Vec<RequestRecord>,
    /// Why requests of it were refused: what to grant, in words for the operator.
    pub refusals: Vec<String>,
    /// Log records that were over the limits.
    pub log_records_dropped: usize,
}

/// One request of a job, without headers, query and body: they may hold secrets and personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// The method.
    pub method: String,
    /// Where it went, as a grant names it.
    pub endpoint: String,
    /// The path without query.
    pub path: String,
    /// How it was answered.
    pub answer: Answer,
    /// Until the answer's headers had arrived.
    pub duration: Duration,
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// By the server, with this status.
    Status(u16),
    /// By the sandbox, which did not send it.
    Refused,
    /// By nobody; the text says why.
    Failed(String),
    /// Not at all before the attempt ended.
    Pending,
}
