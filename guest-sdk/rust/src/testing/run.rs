//! What a worker did under test.

use std::time::Duration;

use serde_json::Value;

use super::{Host, SentRequest};
use crate::log::Level;
use crate::{BpmnError, Failure, JobError, Outcome};

/// What a worker did under test.
#[derive(Debug)]
pub struct Run {
    /// How the job ended.
    pub result: Result<Outcome<Value>, JobError>,
    /// The requests that the worker sent.
    pub requests: Vec<SentRequest>,
    /// What it logged.
    pub log: Vec<LogRecord>,
    /// What it stored last, or found.
    pub checkpoint: Option<Value>,
    /// How long it slept, since the first attempt.
    pub slept: Duration,
    host: Host,
}

/// A record that a worker logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// How much it matters.
    pub level: Level,
    /// Its text.
    pub message: String,
    /// Its fields, in the worker's order.
    pub fields: Vec<(String, String)>,
}

impl Run {
    pub(super) fn new(result: Result<Outcome<String>, JobError>, mut host: Host) -> Self {
        let state = &mut host.state;
        if let Some(unsent) = state.exchanges.front() {
            panic!("the worker did not send {} {}; it ended with {result:?}", unsent.method, unsent.url);
        }
        let result = result.map(|outcome| match outcome {
            Outcome::Completed(json) => Outcome::Completed(object(&json)),
            Outcome::Again(after) => Outcome::Again(after),
            Outcome::Parked(within) => Outcome::Parked(within),
            Outcome::Verdict(verdict) => Outcome::Verdict(verdict),
            Outcome::Directed(direction, json) => Outcome::Directed(direction, object(&json)),
        });
        Self {
            result,
            requests: std::mem::take(&mut state.requests),
            log: std::mem::take(&mut state.log),
            checkpoint: state
                .checkpoint
                .as_ref()
                .map(|saved| serde_json::from_slice(&saved.value).expect("the worker's checkpoint is JSON")),
            slept: state.slept,
            host,
        }
    }

    /// The host before the next attempt of the same job: its checkpoint, its effects and its clock go on.
    pub fn next_attempt(self) -> Host {
        let mut host = self.host;
        host.state.attempt += 1;
        host.state.retries_left = host.state.retries_left.saturating_sub(1);
        host
    }

    /// After how long the job asked to be run again.
    ///
    /// # Panics
    /// When the job ended otherwise.
    #[track_caller]
    pub fn again(&self) -> Duration {
        match &self.result {
            Ok(Outcome::Again(after)) => *after,
            other => panic!("the job does not ask to be run again but ended with {other:?}"),
        }
    }

    /// Within how long somebody else completes the job.
    ///
    /// # Panics
    /// When the job ended otherwise.
    #[track_caller]
    pub fn parked(&self) -> Duration {
        match &self.result {
            Ok(Outcome::Parked(within)) => *within,
            other => panic!("the job does not wait for somebody else but ended with {other:?}"),
        }
    }

    /// The variables of a completed job.
    ///
    /// # Panics
    /// When the job ended otherwise.
    #[track_caller]
    pub fn completed(&self) -> &Value {
        match &self.result {
            Ok(Outcome::Completed(variables)) => variables,
            other => panic!("the job is not completed but ended with {other:?}"),
        }
    }

    /// The business error.
    ///
    /// # Panics
    /// When the job ended otherwise.
    #[track_caller]
    pub fn bpmn_error(&self) -> &BpmnError {
        match &self.result {
            Err(JobError::Bpmn(error)) => error,
            other => panic!("the job threw no BPMN error but ended with {other:?}"),
        }
    }

    /// The technical failure.
    ///
    /// # Panics
    /// When the job ended otherwise.
    #[track_caller]
    pub fn failure(&self) -> &Failure {
        match &self.result {
            Err(JobError::Failed(failure)) => failure,
            other => panic!("the job did not fail but ended with {other:?}"),
        }
    }
}

fn object(json: &str) -> Value {
    let variables: Value = serde_json::from_str(json).expect("the worker's result is JSON");
    assert!(variables.is_object(), "the host refuses a result that is no JSON object: {json}");
    variables
}
