//! What a running job asks of the host that runs it.

use std::fmt;

use async_trait::async_trait;

use crate::{Pace, SecretString};

/// What a running job asks of the host that runs it. One value serves one attempt of one job.
#[async_trait]
pub trait Services: Send + Sync {
    /// The value that any attempt of this job stored last.
    async fn checkpoint_get(&self) -> Result<Option<Checkpoint>, CheckpointError>;

    /// Stores `value` in place of the previous one, durably before it returns, fenced by the attempt.
    /// The sandbox has checked its size against [`crate::Limits::checkpoint_bytes`].
    async fn checkpoint_put(&self, value: Vec<u8>) -> Result<(), CheckpointError>;

    /// The value of a secret; `None` when it has none. The sandbox has checked the grant.
    async fn secret(&self, name: &str) -> Result<Option<SecretString>, Unavailable>;

    /// The name of the secret that deployment replaced by `token` in this job's model;
    /// `None` when the model names no such secret.
    fn model_secret(&self, token: &str) -> Option<String>;

    /// The pace of all jobs of the component; without one each job has a pace of its own.
    fn pace(&self) -> Option<&Pace> {
        None
    }

    /// Takes one log record. Must not block.
    fn log(&self, line: LogLine);
}

/// A job's checkpoint as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The bytes that were stored.
    pub value: Vec<u8>,
    /// The version of the component that stored them.
    pub writer_version: String,
    /// The attempt that stored them.
    pub attempt: u32,
}

/// Why a checkpoint was not read or stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A later attempt of the job has started.
    #[error("a later attempt of this job has started")]
    Superseded,
    /// The store did not answer.
    #[error("the checkpoint is not available: {0}")]
    Unavailable(String),
}

/// A part of the host did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// One record of a job's log, within the limits and without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// Who wrote it.
    pub source: LogSource,
    /// The message.
    pub message: String,
    /// Names and values; a repeated name keeps its last value.
    pub fields: Vec<(String, String)>,
}

/// How much a record matters, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// Details that explain a result.
    Debug,
    /// What happened.
    Info,
    /// Something unexpected that the worker got over.
    Warn,
    /// Something that made the job fail.
    Error,
}

/// Who wrote a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// The component, through `fermata:host/log`.
    Log,
    /// The component, as a line of standard output.
    Stdout,
    /// The component, as a line of standard error.
    Stderr,
    /// The sandbox itself.
    Host,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}
