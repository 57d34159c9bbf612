//! From the exported function to the worker's own, and back.

use serde::de::DeserializeOwned;

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
    job: crate::host::bindings::fermata::worker::jobs::Job,
    handle: fn(RawJob) -> Result<Outcome<String>, JobError>,
) -> Result<
    crate::host::bindings::fermata::worker::jobs::Outcome,
    crate::host::bindings::fermata::worker::jobs::JobError,
> {
    use crate::host::bindings::fermata::worker::jobs;

    crate::log::report_panics();
    let job = RawJob {
        key: job.key,
        job_type: job.job_type,
        variables: job.variables,
        headers: job.headers,
        idempotency_key: job.idempotency_key,
    };
    match handle(job) {
        Ok(Outcome::Completed(variables)) => Ok(jobs::Outcome::Completed(variables)),
        Ok(Outcome::Again(after)) => Ok(jobs::Outcome::Again(milliseconds(after))),
        Ok(Outcome::Parked(within)) => Ok(jobs::Outcome::Parked(milliseconds(within))),
        Err(JobError::Bpmn(error)) => Err(jobs::JobError::Bpmn(jobs::BpmnError {
            code: error.code,
            message: error.message,
            variables: crate::outcome::to_json(&error.variables).unwrap_or_else(|_| "{}".to_owned()),
        })),
        Err(JobError::Failed(failure)) => Err(jobs::JobError::Failed(jobs::Failure {
            message: failure.message,
            retries: failure.retries,
            retry_after_ms: failure.retry_after.map(milliseconds),
        })),
    }
}

/// Whole milliseconds, not too short.
#[cfg(target_family = "wasm")]
fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
