//! How a job ends well.

use std::time::Duration;

use serde::Serialize;

use crate::{Direction, Failure, Verdict};

/// How a job ends when nothing went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// Done; these are the variables for the process.
    Completed(T),
    /// Not done yet: run the job again after this long, which the host bounds on both sides.
    /// No retry is spent, unless the job has asked for it thousands of times.
    Again(Duration),
    /// Somebody else completes the job, by webhook or API, within this long; then the attempt has failed.
    /// Whoever does needs the job's [key](crate::Job::key).
    Parked(Duration),
    /// A task listener says what becomes of the change of its user task.
    Verdict(Verdict),
    /// What happens in an ad-hoc sub-process next, and its variables.
    Directed(Direction, T),
}

/// What a worker may return: anything that serialises to a JSON object, or an [`Outcome`] of it.
///
/// `()` completes the job without variables. Results that are no objects are failures without retries.
pub trait IntoOutcome {
    /// The outcome with its variables as JSON text.
    fn into_outcome(self) -> Result<Outcome<String>, Failure>;
}

impl<T: Serialize> IntoOutcome for T {
    fn into_outcome(self) -> Result<Outcome<String>, Failure> {
        Outcome::Completed(self).into_outcome()
    }
}

impl<T: Serialize> IntoOutcome for Outcome<T> {
    fn into_outcome(self) -> Result<Outcome<String>, Failure> {
        Ok(match self {
            Self::Completed(variables) => Outcome::Completed(to_json(&variables)?),
            Self::Again(after) => Outcome::Again(after),
            Self::Parked(within) => Outcome::Parked(within),
            Self::Verdict(verdict) => Outcome::Verdict(verdict),
            Self::Directed(direction, variables) => Outcome::Directed(direction, to_json(&variables)?),
        })
    }
}

/// Variables as JSON text, where nothing means no variables.
pub(crate) fn to_json<T: Serialize + ?Sized>(variables: &T) -> Result<String, Failure> {
    let json = serde_json::to_string(variables).map_err(|error| {
        Failure::new(format!("the worker's variables cannot be written as JSON: {error}")).retries(0)
    })?;
    match json.as_bytes() {
        b"null" => Ok("{}".to_owned()),
        [b'{', ..] => Ok(json),
        // The host would say the same, and try again.
        _ => Err(Failure::new("the worker's variables are not a JSON object").retries(0)),
    }
}
