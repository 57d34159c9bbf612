//! The stand-in's settings.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::double::{self, State};
use super::http::Exchange;
use super::{Answer, Run};
use crate::checkpoint::Saved;
use crate::{IntoOutcome, Job, JobError, JobKind, RawJob, macro_support};

/// A host that grants and answers what a test says, for one job.
#[derive(Debug)]
#[must_use = "a host does nothing until it runs a worker"]
pub struct Host {
    pub(super) job: RawJob,
    pub(super) state: State,
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Host {
    /// A host that grants nothing, before the first attempt of a job.
    pub fn new() -> Self {
        Self {
            job: Job {
                key: "2251799813685249".to_owned(),
                job_type: "test".to_owned(),
                kind: JobKind::Task,
                variables: String::new(),
                headers: Vec::new(),
                idempotency_key: "test-idempotency-key".to_owned(),
            },
            state: State::default(),
        }
    }

    /// Sets the type of the job.
    pub fn job_type(mut self, job_type: &str) -> Self {
        job_type.clone_into(&mut self.job.job_type);
        self
    }

    /// Sets what in the model asks for the job.
    pub fn kind(mut self, kind: JobKind) -> Self {
        self.job.kind = kind;
        self
    }

    /// Adds a task header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.job.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the number of the attempt and how many are left after it.
    pub fn attempt(mut self, attempt: u32, retries_left: u32) -> Self {
        self.state.attempt = attempt;
        self.state.retries_left = retries_left;
        self
    }

    /// Sets how long an attempt may take from its start; 300 s unless a test says otherwise.
    pub fn time_left(mut self, left: Duration) -> Self {
        self.state.attempt_time = left;
        self
    }

    /// Grants a secret as a placeholder, which reads `{secret NAME}` in sent requests.
    pub fn secret(mut self, name: &str) -> Self {
        self.state.secrets.insert(name.to_owned(), None);
        self
    }

    /// Grants a secret as a placeholder and as its value.
    pub fn revealed_secret(mut self, name: &str, value: &str) -> Self {
        self.state.secrets.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Sets a setting.
    pub fn config(mut self, key: &str, value: &str) -> Self {
        self.state.config.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Sets what an earlier attempt has stored.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub fn checkpoint<T: Serialize>(mut self, value: &T) -> Self {
        let value = serde_json::to_vec(value).expect("a checkpoint is written as JSON");
        self.state.checkpoint = Some(Saved { value, writer_version: "0.0.0".to_owned(), attempt: 1 });
        self
    }

    /// Expects a request, the next one in order, and answers it.
    pub fn http(mut self, method: &str, url: &str, answer: Answer) -> Self {
        self.state.exchanges.push_back(Exchange { method: method.to_owned(), url: url.to_owned(), answer });
        self
    }

    /// Runs a worker's function on variables, which must be a JSON object.
    ///
    /// # Panics
    /// When the variables or the result are no JSON object, when the worker sends a request that was not expected,
    /// and when it did not send one that was.
    pub fn run<T, R, E>(self, worker: impl FnOnce(Job<T>) -> Result<R, E>, variables: impl Serialize) -> Run
    where
        T: DeserializeOwned,
        R: IntoOutcome,
        E: Into<JobError>,
    {
        self.run_raw(|job| macro_support::call(job, worker), variables)
    }

    /// Runs a component's `handle` function, which [`worker!`](crate::worker!) defines, as [`Host::run`] does.
    ///
    /// # Panics
    /// As [`Host::run`] does.
    pub fn run_raw(
        mut self,
        handle: impl FnOnce(RawJob) -> Result<crate::Outcome<String>, JobError>,
        variables: impl Serialize,
    ) -> Run {
        let variables = serde_json::to_value(variables).expect("variables are written as JSON");
        assert!(variables.is_object(), "the variables of a job are a JSON object, not {variables}");
        self.job.variables = variables.to_string();
        self.state.deadline_ms = millis(double::START_UNIX + self.state.slept + self.state.attempt_time);
        let job = self.job.clone();
        let (result, state) = double::with_state(self.state, || handle(job));
        Run::new(result, Self { job: self.job, state })
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a test's clock fits")
}
