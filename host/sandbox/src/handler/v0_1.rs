//! `fermata:worker@0.1.0`: no kinds of jobs, no answers beside variables, no codes of failures.

use wasmtime::component::InstancePre;

use super::{Answer, check_handle, jobs as newest};
use crate::bindings::v0_1::fermata::worker::jobs;
use crate::host::JobState;

/// The export that makes a component a worker of this version.
const EXPORT: &str = "fermata:worker/handler@0.1.0";

/// The types have no functions.
impl jobs::Host for JobState {}

pub(super) fn check(linked: &InstancePre<JobState>) -> wasmtime::Result<()> {
    check_handle::<(&jobs::Job,), (Result<jobs::Outcome, jobs::JobError>,)>(linked, EXPORT)
}

/// A job in the words of this version.
pub(super) fn job(job: newest::Job) -> jobs::Job {
    let newest::Job { key, job_type, kind: _, variables, headers, idempotency_key } = job;
    jobs::Job { key, job_type, variables, headers, idempotency_key }
}

/// An answer in the words of the newest version.
pub(super) fn answer(answer: Result<jobs::Outcome, jobs::JobError>) -> Answer {
    match answer {
        Ok(jobs::Outcome::Completed(variables)) => {
            Ok(newest::Outcome::Completed(newest::Completion { variables, answer: None }))
        }
        Ok(jobs::Outcome::Again(after_ms)) => Ok(newest::Outcome::Again(after_ms)),
        Ok(jobs::Outcome::Parked(within_ms)) => Ok(newest::Outcome::Parked(within_ms)),
        Err(jobs::JobError::Bpmn(jobs::BpmnError { code, message, variables })) => {
            Err(newest::JobError::Bpmn(newest::BpmnError { code, message, variables }))
        }
        Err(jobs::JobError::Failed(jobs::Failure { message, retries, retry_after_ms })) => {
            let (code, variables) = (None, None);
            Err(newest::JobError::Failed(newest::Failure {
                message,
                code,
                variables,
                retries,
                retry_after_ms,
            }))
        }
    }
}
