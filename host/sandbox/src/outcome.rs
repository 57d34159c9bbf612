//! What a component answers, checked and turned into the host's own types.

use types::{BpmnError, Failure, JobError, JobOutcome, VARIABLES_BYTES_MAX, Variables, VariablesError};

use crate::Limits;
use crate::bindings::fermata::worker::jobs;
use crate::host::Attempt;
use crate::text::shortened;

/// A message of a BPMN error or a failure, in bytes. What is longer is shortened.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// The code of a BPMN error, in bytes.
const CODE_BYTES_MAX: usize = 255;

/// The host's view of what a component answers. An answer that breaks the contract is a failure.
pub(crate) fn read(
    answer: Result<jobs::Outcome, jobs::JobError>,
    attempt: &Attempt,
) -> Result<JobOutcome, JobError> {
    let limits = &attempt.policy.limits;
    match answer {
        Ok(jobs::Outcome::Completed(result)) => {
            let variables = variables("result", &result, limits)?;
            Ok(JobOutcome::Completed(variables))
        }
        Ok(jobs::Outcome::Again(after_ms)) => Ok(JobOutcome::Again { after_ms }),
        Ok(jobs::Outcome::Parked(within_ms)) => Ok(JobOutcome::Parked { within_ms }),
        Err(jobs::JobError::Bpmn(error)) => {
            if error.code.is_empty() || error.code.len() > CODE_BYTES_MAX {
                return Err(failed(format!(
                    "the code of a BPMN error takes {} bytes, expected 1 to {CODE_BYTES_MAX}",
                    error.code.len()
                )));
            }
            let what = format!("variables of BPMN error `{}`", error.code);
            Err(JobError::Bpmn(BpmnError {
                variables: variables(&what, &error.variables, limits)?,
                code: error.code,
                message: message(error.message, attempt),
            }))
        }
        Err(jobs::JobError::Failed(failure)) => Err(JobError::Failed(Failure {
            message: message(failure.message, attempt),
            retries: failure.retries,
            retry_after_ms: failure.retry_after_ms,
        })),
    }
}

fn failed(message: String) -> JobError {
    JobError::Failed(Failure::new(message))
}

fn message(text: String, attempt: &Attempt) -> String {
    shortened(attempt.vault.redacted(&text).into_owned(), MESSAGE_BYTES_MAX)
}

fn variables(what: &str, text: &str, limits: &Limits) -> Result<Variables, JobError> {
    let bytes_max = limits.result_bytes.min(VARIABLES_BYTES_MAX);
    if text.len() > bytes_max {
        return Err(failed(format!("{what} takes {} bytes, the limit is {bytes_max}", text.len())));
    }
    Variables::parse(text).map_err(|error| {
        failed(match error {
            VariablesError::NotAnObject { found } => format!("{what} is not a JSON object: found {found}"),
            VariablesError::Syntax { message } => format!("{what} is not valid JSON: {message}"),
            VariablesError::TooLarge { .. }
            | VariablesError::TooMany { .. }
            | VariablesError::TooDeep
            | VariablesError::NameTooLong { .. } => {
                format!("{what} is not acceptable: {error}")
            }
        })
    })
}
