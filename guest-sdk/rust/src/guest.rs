//! From the exported function to the worker's own, and back.

use serde::de::DeserializeOwned;

#[cfg(target_family = "wasm")]
use crate::JobKind;
#[cfg(target_family = "wasm")]
use crate::host::bindings::fermata::worker::jobs;
use crate::{Failure, IntoOutcome, Job, JobError, Outcome, RawJob, backoff};

/// Calls a worker's function with its input read and its result written.
pub fn call<T, R, E>(
    job: RawJob,
    handler: impl FnOnce(Job<T>) -> Result<R, E>,
) -> Result<Outcome<String>, JobError>
where
    T: DeserializeOwned,
    R: IntoOutcome,
    E: Into<JobError>,
{
    let headers = job.headers.clone();
    let decided = |error: JobError| match error {
        JobError::Failed(failure) => JobError::Failed(backoff::decided(failure, &headers)),
        error => error,
    };
    let job = job.read()?;
    let result = handler(job).map_err(|error| decided(error.into()))?;
    Ok(result.into_outcome()?)
}

/// The answer to a job type that the component does not know.
pub fn no_handler(job_type: &str, known: &[&str]) -> JobError {
    let known = known.join("`, `");
    Failure::new(format!("this component does jobs of type `{known}` and got one of type `{job_type}`"))
        .retries(0)
        .into()
}

/// Does one job for the host.
#[cfg(target_family = "wasm")]
pub fn serve(
    job: jobs::Job,
    handle: fn(RawJob) -> Result<Outcome<String>, JobError>,
) -> Result<jobs::Outcome, jobs::JobError> {
    crate::log::report_panics();
    let job = RawJob {
        key: job.key,
        job_type: job.job_type,
        kind: match job.kind {
            jobs::JobKind::Task => JobKind::Task,
            jobs::JobKind::ExecutionListener => JobKind::ExecutionListener,
            jobs::JobKind::TaskListener => JobKind::TaskListener,
            jobs::JobKind::AdHocSubProcess => JobKind::AdHocSubProcess,
        },
        variables: job.variables,
        headers: job.headers,
        idempotency_key: job.idempotency_key,
    };
    let completed = |variables, answer| Ok(jobs::Outcome::Completed(jobs::Completion { variables, answer }));
    match handle(job) {
        Ok(Outcome::Completed(variables)) => completed(variables, None),
        Ok(Outcome::Verdict(verdict)) => {
            completed("{}".to_owned(), Some(jobs::Answer::TaskListener(written(verdict))))
        }
        Ok(Outcome::Directed(direction, variables)) => {
            completed(variables, Some(jobs::Answer::AdHocSubProcess(directed(direction))))
        }
        Ok(Outcome::Again(after)) => Ok(jobs::Outcome::Again(milliseconds(after))),
        Ok(Outcome::Parked(within)) => Ok(jobs::Outcome::Parked(milliseconds(within))),
        Err(JobError::Bpmn(error)) => Err(jobs::JobError::Bpmn(jobs::BpmnError {
            code: error.code,
            message: error.message,
            variables: object(&error.variables),
        })),
        Err(JobError::Failed(failure)) => Err(jobs::JobError::Failed(jobs::Failure {
            message: failure.message,
            code: failure.code,
            variables: (!failure.variables.is_empty()).then(|| object(&failure.variables)),
            retries: failure.retries,
            retry_after_ms: failure.retry_after.map(milliseconds),
        })),
    }
}

#[cfg(target_family = "wasm")]
fn written(verdict: crate::Verdict) -> jobs::Verdict {
    match verdict {
        crate::Verdict::Denied(reason) => jobs::Verdict::Denied(reason),
        crate::Verdict::Allowed(corrections) => jobs::Verdict::Allowed(jobs::Corrections {
            assignee: corrections.assignee,
            due_date: corrections.due_date,
            follow_up_date: corrections.follow_up_date,
            candidate_users: corrections.candidate_users,
            candidate_groups: corrections.candidate_groups,
            priority: corrections.priority,
        }),
    }
}

#[cfg(target_family = "wasm")]
fn directed(direction: crate::Direction) -> jobs::Direction {
    let activations = direction.activate.into_iter().map(|activation| jobs::Activation {
        element_id: activation.element_id,
        variables: object(&activation.variables),
    });
    jobs::Direction {
        activate_elements: activations.collect(),
        completion_condition_fulfilled: direction.is_done,
        cancel_remaining_instances: direction.cancels_remaining,
    }
}

/// A map of JSON values is always an object.
#[cfg(target_family = "wasm")]
fn object(variables: &serde_json::Map<String, serde_json::Value>) -> String {
    crate::outcome::to_json(variables).unwrap_or_else(|_| "{}".to_owned())
}

/// Whole milliseconds, not too short.
#[cfg(target_family = "wasm")]
fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
