//! What workers answer: `/v2/jobs/{key}/completion`, `/failure`, `/error`; and `PATCH /v2/jobs/{key}`.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use engine::command::{CompleteJob, FailJob, JobAttempt, JobResult, ThrowError, UpdateJob, Worker};
use serde::Deserialize;
use serde::de::IgnoredAny;
use types::{BpmnError, Failure, JobKey, Variables};

use super::result::Answer;
use crate::extract::{Caller, Json, KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::state::ApiState;

/// The most retries that a job can have left.
const RETRIES_MAX: u32 = i32::MAX as u32;
/// What a failure may leave: none at all is an incident.
const RETRIES_LEFT: RangeInclusive<u32> = 0..=RETRIES_MAX;
/// What an operator may give.
const RETRIES_GIVEN: RangeInclusive<u32> = 1..=RETRIES_MAX;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Completion {
    variables: Option<Variables>,
    result: Option<Answer>,
    job_lease_token: Option<IgnoredAny>,
    business_id: Option<IgnoredAny>,
}

pub(crate) async fn complete(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(job): KeyPath<JobKey>,
    OptionalJson(completion): OptionalJson<Completion>,
) -> Result<StatusCode, Problem> {
    no_lease(completion.job_lease_token)?;
    if completion.business_id.is_some() {
        return Err(Problem::invalid_argument(
            "businessId: not supported here, it is given when an instance is created",
        ));
    }
    let variables = completion.variables.unwrap_or_default();
    let result = match completion.result {
        None => JobResult::Variables(variables),
        Some(answer) => answer.into_result(variables)?,
    };
    let complete = CompleteJob { attempt: JobAttempt::current(job), result };
    state.handle.complete_job(complete, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct FailureRequest {
    retries: Option<i64>,
    error_message: Option<String>,
    retry_back_off: Option<i64>,
    variables: Option<Variables>,
    job_lease_token: Option<IgnoredAny>,
}

/// Without `retries` none are left, as Camunda does.
pub(crate) async fn fail(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(job): KeyPath<JobKey>,
    OptionalJson(request): OptionalJson<FailureRequest>,
) -> Result<StatusCode, Problem> {
    no_lease(request.job_lease_token)?;
    let retry_after_ms = match request.retry_back_off {
        None => None,
        Some(millis) => Some(u64::try_from(millis).map_err(|_| {
            Problem::invalid_argument(format!("retryBackOff: {millis} milliseconds is less than 0"))
        })?),
    };
    let fail = FailJob {
        attempt: JobAttempt::current(job),
        failure: Failure {
            message: request.error_message.unwrap_or_default(),
            code: None,
            variables: request.variables.unwrap_or_default(),
            retries: Some(retries("retries", request.retries.unwrap_or(0), RETRIES_LEFT)?),
            retry_after_ms,
        },
        by: Worker::External,
    };
    state.handle.fail_job(fail, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorRequest {
    error_code: String,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    variables: Option<Variables>,
    #[serde(default)]
    job_lease_token: Option<IgnoredAny>,
}

pub(crate) async fn throw_error(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(job): KeyPath<JobKey>,
    Json(request): Json<ErrorRequest>,
) -> Result<StatusCode, Problem> {
    no_lease(request.job_lease_token)?;
    if request.error_code.is_empty() {
        return Err(Problem::invalid_argument("errorCode: expected the code of an error, found nothing"));
    }
    let throw = ThrowError {
        attempt: JobAttempt::current(job),
        error: BpmnError {
            code: request.error_code,
            message: request.error_message.unwrap_or_default(),
            variables: request.variables.unwrap_or_default(),
        },
    };
    state.handle.throw_error(throw, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UpdateRequest {
    changeset: Changeset,
    #[serde(default, rename = "operationReference")]
    _operation_reference: IgnoredAny,
    #[serde(default)]
    job_lease_token: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Changeset {
    #[serde(default)]
    retries: Option<i64>,
    #[serde(default)]
    timeout: Option<i64>,
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(job): KeyPath<JobKey>,
    Json(request): Json<UpdateRequest>,
) -> Result<StatusCode, Problem> {
    no_lease(request.job_lease_token)?;
    let Changeset { retries: wanted, timeout } = request.changeset;
    if wanted.is_none() && timeout.is_none() {
        return Err(Problem::invalid_argument("changeset: expected `retries`, `timeout` or both"));
    }
    let deadline = match timeout {
        None => None,
        Some(millis) => {
            let timeout = u64::try_from(millis).ok().filter(|millis| *millis > 0).ok_or_else(|| {
                Problem::invalid_argument(format!(
                    "changeset.timeout: {millis} is not positive, expected milliseconds"
                ))
            })?;
            Some(state.handle.clock().now() + Duration::from_millis(timeout))
        }
    };
    let retries = match wanted {
        None => None,
        Some(wanted) => Some(retries("changeset.retries", wanted, RETRIES_GIVEN)?),
    };
    state.handle.update_job(UpdateJob { job, retries, deadline }, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn retries(field: &str, retries: i64, allowed: RangeInclusive<u32>) -> Result<u32, Problem> {
    u32::try_from(retries).ok().filter(|retries| allowed.contains(retries)).ok_or_else(|| {
        let (min, max) = allowed.into_inner();
        Problem::invalid_argument(format!("{field}: {retries} is not between {min} and {max}"))
    })
}

fn no_lease(token: Option<IgnoredAny>) -> Result<(), Problem> {
    match token {
        None => Ok(()),
        Some(_) => Err(Problem::invalid_argument("jobLeaseToken: jobs with a lease are not supported")),
    }
}
