//! How a job ends badly: a business error with a code, or a technical failure that is retried.

use std::any::Any;
use std::error::Error as StdError;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{checkpoint, effects, http, secrets};

/// A business error: a boundary event of the model may catch it by its code.
#[derive(Clone, Debug, PartialEq)]
pub struct BpmnError {
    /// The code that error events match.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// Variables for the event that catches the error.
    pub variables: Map<String, Value>,
}

/// A technical failure: the job is retried, and raises an incident when no retries are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened and what to do about it, for the operator.
    pub message: String,
    /// What kind of failure it is, for the error expressions of the model: their `error.code`.
    pub code: Option<String>,
    /// Variables that are set in the scope of the element.
    pub variables: Map<String, Value>,
    /// How many retries are left from now on; `None` means one fewer than before.
    pub retries: Option<u32>,
    /// How long to wait before the next attempt; `None` means as the task header `retryBackoff` of the model says,
    /// and not at all where there is none.
    pub retry_after: Option<Duration>,
    /// See [`Failure::backing_off`].
    pub(crate) backs_off: bool,
}

/// How a job ends when something went wrong.
///
/// Every `std::error::Error` converts into a failure whose message names the error and its causes.
/// Errors of this crate that no retry can heal, such as a missing grant, leave no retries.
#[derive(Clone, Debug, PartialEq)]
pub enum JobError {
    /// The business said no.
    Bpmn(BpmnError),
    /// The technology said no.
    Failed(Failure),
}

impl BpmnError {
    /// An error without variables.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), variables: Map::new() }
    }

    /// Adds a variable. One that cannot be written as JSON is left out.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.variables.insert(name.into(), value);
        }
        self
    }
}

impl Failure {
    /// A failure that spends one retry and waits as the model says.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: None,
            variables: Map::new(),
            retries: None,
            retry_after: None,
            backs_off: false,
        }
    }

    /// Sets what kind of failure it is, for the error expressions of the model.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds a variable that is set in the scope of the element. One that cannot be written as JSON is left out.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.variables.insert(name.into(), value);
        }
        self
    }

    /// Sets how many retries are left; 0 raises an incident at once.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Sets how long to wait before the next attempt.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Waits longer with each attempt (1 s, 5 s, then 30 s) where neither [`Failure::retry_after`] nor the model
    /// says how long. For outages, which retries that follow at once would all fall into.
    ///
    /// Transient errors of [`crate::http`] and [`http::Response::failure`] do so by themselves.
    #[must_use]
    pub fn backing_off(mut self) -> Self {
        self.backs_off = true;
        self
    }
}

impl From<BpmnError> for JobError {
    fn from(error: BpmnError) -> Self {
        Self::Bpmn(error)
    }
}

impl From<Failure> for JobError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl<E: StdError + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Failed(failure_of(&error))
    }
}

impl<E: StdError + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        failure_of(&error)
    }
}

fn failure_of<E: StdError + 'static>(error: &E) -> Failure {
    let mut failure = Failure::new(error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        failure.message.push_str(": ");
        failure.message.push_str(&error.to_string());
        cause = error.source();
    }
    if is_permanent(error) {
        return failure.retries(0);
    }
    if (error as &dyn Any).is::<http::Error>() { failure.backing_off() } else { failure }
}

/// Whether a retry would meet the same error.
fn is_permanent(error: &dyn Any) -> bool {
    if let Some(error) = error.downcast_ref::<http::Error>() {
        error.is_permanent()
    } else if let Some(error) = error.downcast_ref::<checkpoint::Error>() {
        error.is_permanent()
    } else if let Some(error) = error.downcast_ref::<effects::Error>() {
        error.is_permanent()
    } else {
        error.is::<secrets::Error>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the ledger is closed")]
    struct Closed(#[source] std::fmt::Error);

    fn book(error: impl StdError + 'static) -> Result<(), JobError> {
        Err(error)?
    }

    #[test]
    fn an_error_becomes_a_failure_that_names_its_causes() {
        let cause = std::fmt::Error.to_string();
        assert_eq!(
            book(Closed(std::fmt::Error)),
            Err(JobError::Failed(Failure::new(format!("the ledger is closed: {cause}"))))
        );
    }

    #[test]
    fn an_error_that_no_retry_heals_leaves_no_retries() {
        let refused = http::Error::Refused("no grant for example.org".to_owned());
        assert_eq!(book(refused), Err(JobError::Failed(Failure::new("no grant for example.org").retries(0))));
        assert_eq!(
            book(effects::Error::DigestDiffers),
            Err(JobError::Failed(Failure::new(effects::Error::DigestDiffers.to_string()).retries(0)))
        );
        let away = effects::Error::Unavailable("it is away".to_owned());
        assert_eq!(book(away.clone()), Err(JobError::Failed(Failure::new(away.to_string()))));
        let timeout = Failure::new(http::Error::Timeout.to_string()).backing_off();
        assert_eq!(book(http::Error::Timeout), Err(JobError::Failed(timeout)));
    }
}
