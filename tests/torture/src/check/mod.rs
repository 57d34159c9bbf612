//! What must hold whatever has happened to a host, checked in its database when it has ended.
//!
//! [`database`] reads it; each of the others is one promise. They see the store and the engine, and nothing of the torture:
//! whoever has a store can be checked.

pub mod acknowledged;
pub mod database;
pub mod history;
pub mod orphans;
pub mod panics;
pub mod replay;

#[cfg(test)]
mod tests;

use types::{ProcessInstanceKey, SharedStr, UserTaskKey};

/// What must not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Violation {
    /// An acknowledged start is not there.
    #[error("the start of {business_id} was acknowledged as {key}, which does not exist")]
    StartLost { business_id: String, key: ProcessInstanceKey },
    /// One request has started several instances.
    #[error("{business_id} was started {times} times by one request")]
    StartedTwice { business_id: String, times: usize },
    /// An instance exists that was refused, or that nobody asked for.
    #[error("instance {key} exists, but {business_id} was never accepted")]
    NeverStarted { business_id: String, key: ProcessInstanceKey },
    /// An instance has not come to its end.
    #[error("instance {key} of {business_id} has not ended")]
    NotEnded { business_id: String, key: ProcessInstanceKey },
    /// An instance was ended from outside, and nobody has asked for that.
    #[error("instance {key} is terminated, but nobody has cancelled it")]
    NeverCancelled { key: ProcessInstanceKey },
    /// A user task is done, and nobody has asked for that.
    #[error("user task {task} is completed, but nobody has completed it")]
    NeverCompleted { task: UserTaskKey },
    /// An element was left before what it waits for was done.
    #[error("instance {instance}: element instance {element} was completed, its {what} {subject} was not")]
    CompletedOver { instance: ProcessInstanceKey, element: i64, what: &'static str, subject: String },
    /// An acknowledged command has left no trace.
    #[error("{what} of {key} was acknowledged and is not in the history")]
    CommandLost { what: &'static str, key: String },
    /// A command that can be carried out once was acknowledged several times.
    #[error("{what} of {key} was acknowledged {times} times")]
    AcknowledgedTwice { what: &'static str, key: String, times: u64 },
    /// Something has happened more often than it may.
    #[error("instance {instance}: {what} {subject} happened {times} times, {allowed} are allowed")]
    TooOften { instance: ProcessInstanceKey, what: &'static str, subject: String, times: u64, allowed: u64 },
    /// Something has happened to what does not exist.
    #[error("instance {instance}: {what} {subject} before it was created")]
    OutOfNothing { instance: ProcessInstanceKey, what: &'static str, subject: String },
    /// Something is open in an instance that has ended.
    #[error("instance {instance} has ended, and {what} {subject} has not")]
    LeftOpen { instance: ProcessInstanceKey, what: &'static str, subject: String },
    /// A timer has fired before it was due.
    #[error("instance {instance}: timer {timer} of `{element}` fired {early_ms} ms early")]
    TimerEarly { instance: ProcessInstanceKey, timer: String, element: SharedStr, early_ms: i64 },
    /// One key names two things.
    #[error("key {key} was given out {times} times")]
    KeyTwice { key: i64, times: u64 },
    /// The rows of an instance are not what its history leads to.
    #[error("instance {key}: the rows differ from the replayed history in {part}")]
    RowsDiffer { key: ProcessInstanceKey, part: String },
    /// History or rows cannot be read.
    #[error("instance {key}: {reason}")]
    Unreadable { key: ProcessInstanceKey, reason: String },
    /// Rows belong to nothing.
    #[error("{count} rows of {table} {what}")]
    Orphans { table: &'static str, what: &'static str, count: i64 },
    /// The host gave an answer that it must not give.
    #[error("unexpected answer: {0}")]
    Answer(String),
    /// The host has panicked.
    #[error("the host has panicked: {0}")]
    Panicked(String),
    /// The scenario did not go as it must.
    #[error("{0}")]
    Expected(String),
}
