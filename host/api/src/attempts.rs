//! `GET /fermata/v1/jobs/{key}/attempts` and `GET /fermata/v1/process-instances/{key}/attempts`: the attempts at jobs in
//! components of the host that are kept, with their logs.
//!
//! A job that is done is not kept, its attempts are. A job of which nothing is kept has none, whether it exists or not.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use engine::EntityKind;
use serde::{Deserialize, Serialize};
use store::{
    AttemptOutcome, AttemptReport, AttemptsOf, JobAttempt, LogLevel, LogRecord, LogSource, RequestAnswer,
    RequestMade, Store,
};
use types::{AttemptKey, ElementInstanceKey, JobKey, ProcessInstanceKey, SharedStr, Timestamp};

use crate::extract::{KeyPath, Query};
use crate::limits::{ATTEMPTS_BYTES_MAX, ATTEMPTS_DEFAULT, ATTEMPTS_MAX, ATTEMPTS_READ};
use crate::problem::Problem;
use crate::state::ApiState;

/// Which part of the attempts.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Part {
    /// The key that an earlier page ended with.
    after: Option<AttemptKey>,
    /// Most attempts. A page of large ones ends earlier.
    limit: Option<u32>,
}

/// A page of attempts, oldest first.
#[derive(Serialize)]
pub(crate) struct Attempts {
    items: Vec<AttemptView>,
    /// To be sent as `after` for the next page; `null` when there is none.
    next: Option<AttemptKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    attempt_key: AttemptKey,
    job_key: JobKey,
    attempt: u32,
    job_type: SharedStr,
    process_instance_key: ProcessInstanceKey,
    element_instance_key: ElementInstanceKey,
    element_id: SharedStr,
    /// `name@version` of the component.
    worker: SharedStr,
    outcome: &'static str,
    message: Option<SharedStr>,
    #[serde(serialize_with = "crate::time::serialize")]
    ended_at: Timestamp,
    wall_micros: u64,
    cpu_micros: u64,
    memory_peak_bytes: u64,
    requests: Vec<RequestView>,
    log: Vec<RecordView>,
    log_records_dropped: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView {
    method: String,
    endpoint: String,
    /// The answer's status; `null` when there was none.
    status: Option<u16>,
    /// Why there was none.
    problem: Option<String>,
    duration_micros: u64,
}

#[derive(Serialize)]
struct RecordView {
    #[serde(serialize_with = "crate::time::serialize")]
    at: Timestamp,
    level: &'static str,
    source: &'static str,
    message: String,
    fields: BTreeMap<String, String>,
}

pub(crate) async fn of_job(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<JobKey>,
    Query(part): Query<Part>,
) -> Result<Json<Attempts>, Problem> {
    page(&**state.handle.store(), AttemptsOf::Job(key), part).await
}

pub(crate) async fn of_instance(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    Query(part): Query<Part>,
) -> Result<Json<Attempts>, Problem> {
    let store = state.handle.store();
    if store.process_instance(key).await?.is_none() {
        return Err(Problem::no_such(EntityKind::ProcessInstance, key));
    }
    page(&**store, AttemptsOf::Instance(key), part).await
}

/// At most as many as asked for, fewer when they are large, but never none of some.
async fn page(store: &dyn Store, of: AttemptsOf, part: Part) -> Result<Json<Attempts>, Problem> {
    let limit = part.limit.unwrap_or(ATTEMPTS_DEFAULT);
    if !(1..=ATTEMPTS_MAX).contains(&limit) {
        return Err(Problem::invalid_argument(format!("limit: {limit} is not between 1 and {ATTEMPTS_MAX}")));
    }
    let (mut items, mut bytes, mut after) = (Vec::new(), 0, part.after);
    loop {
        let wanted = ATTEMPTS_READ.min(limit + 1 - items.len() as u32);
        let read = store.job_attempts(of, after, wanted).await?;
        let last = read.len() < wanted as usize;
        for attempt in read {
            bytes += attempt.report.len();
            // One that no longer fits tells that there is a next page.
            if items.len() == limit as usize || (bytes > ATTEMPTS_BYTES_MAX && !items.is_empty()) {
                return Ok(Json(Attempts { items, next: after }));
            }
            after = Some(attempt.key);
            items.push(AttemptView::new(attempt)?);
        }
        if last {
            return Ok(Json(Attempts { items, next: None }));
        }
    }
}

impl AttemptView {
    fn new(attempt: JobAttempt) -> Result<Self, Problem> {
        let report =
            AttemptReport::decode(&attempt.report).map_err(|error| Problem::internal(&error.to_string()))?;
        Ok(Self {
            attempt_key: attempt.key,
            job_key: attempt.job,
            attempt: attempt.number,
            job_type: attempt.job_type,
            process_instance_key: attempt.instance,
            element_instance_key: attempt.element_instance,
            element_id: attempt.element,
            worker: attempt.worker,
            outcome: match attempt.outcome {
                AttemptOutcome::Completed => "COMPLETED",
                AttemptOutcome::Again => "AGAIN",
                AttemptOutcome::Parked => "PARKED",
                AttemptOutcome::BpmnError => "BPMN_ERROR",
                AttemptOutcome::Failed => "FAILED",
                AttemptOutcome::Interrupted => "INTERRUPTED",
            },
            message: attempt.message,
            ended_at: attempt.ended_at,
            wall_micros: report.wall_us,
            cpu_micros: report.cpu_us,
            memory_peak_bytes: report.memory_peak_bytes,
            requests: report.requests.into_iter().map(RequestView::from).collect(),
            log: report.log.into_iter().map(RecordView::from).collect(),
            log_records_dropped: report.log_dropped,
        })
    }
}

impl From<RequestMade> for RequestView {
    fn from(request: RequestMade) -> Self {
        let (status, problem) = match request.answer {
            RequestAnswer::Status(status) => (Some(status), None),
            RequestAnswer::Refused => (None, Some("it was refused and not sent".to_owned())),
            RequestAnswer::Failed(reason) => (None, Some(reason)),
            RequestAnswer::Pending => (None, Some("it was not answered before the attempt ended".to_owned())),
        };
        let RequestMade { method, endpoint, duration_us, .. } = request;
        Self { method, endpoint, status, problem, duration_micros: duration_us }
    }
}

impl From<LogRecord> for RecordView {
    fn from(record: LogRecord) -> Self {
        Self {
            at: record.at,
            level: match record.level {
                LogLevel::Trace => "TRACE",
                LogLevel::Debug => "DEBUG",
                LogLevel::Info => "INFO",
                LogLevel::Warn => "WARN",
                LogLevel::Error => "ERROR",
            },
            source: match record.source {
                LogSource::Log => "LOG",
                LogSource::Stdout => "STDOUT",
                LogSource::Stderr => "STDERR",
                LogSource::Host => "HOST",
            },
            message: record.message,
            fields: record.fields.into_iter().collect(),
        }
    }
}
