//! `GET /fermata/v1/process-instances/{key}/jobs` and `GET /fermata/v1/jobs/{key}`: how jobs stand that are not done.
//!
//! This tells what Camunda's search of jobs has no field for: how many attempts have begun, whether a component is at work,
//! until when a job is held, and when it is its turn again.

use axum::Json;
use axum::extract::State;
use engine::EntityKind;
use engine::state::JobState;
use serde::Serialize;
use store::search::{Condition, JobField, JobRecord, Operand, Operator, PageRequest, Search};
use types::{JobKey, ProcessInstanceKey, SharedStr, Timestamp};

use crate::extract::KeyPath;
use crate::limits::OPEN_JOBS_MAX;
use crate::problem::Problem;
use crate::state::ApiState;

/// Open jobs of one instance, oldest first.
#[derive(Serialize)]
pub(crate) struct OpenJobs {
    items: Vec<OpenJob>,
    /// Whether there are more.
    truncated: bool,
}

/// A job that is not done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenJob {
    job_key: JobKey,
    job_type: SharedStr,
    process_instance_key: ProcessInstanceKey,
    element_id: SharedStr,
    /// Attempts that have begun.
    attempts: u32,
    standing: Standing,
    /// Who is at work, or holds it.
    worker: Option<SharedStr>,
    /// Of one that waits: not before then; of one that is held: until then.
    #[serde(serialize_with = "crate::time::optional::serialize")]
    at: Option<Timestamp>,
    /// What its last failure said.
    message: Option<SharedStr>,
}

/// How a job stands.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Standing {
    /// It waits for its turn.
    Waiting,
    /// A component of the host is at work.
    Running,
    /// It is to be completed over the API: by a worker outside that has taken it, or by whoever a component that has parked
    /// it has told. The store keeps both alike, and a worker outside may call itself what it likes.
    Held,
    /// It has no retries left.
    Stopped,
}

pub(crate) async fn of_instance(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
) -> Result<Json<OpenJobs>, Problem> {
    if state.handle.store().process_instance(key).await?.is_none() {
        return Err(Problem::no_such(EntityKind::ProcessInstance, key));
    }
    Ok(Json(find(&state, JobField::ProcessInstanceKey, key.get()).await?))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<JobKey>,
) -> Result<Json<OpenJob>, Problem> {
    let found = find(&state, JobField::JobKey, key.get()).await?.items.pop();
    found.map(Json).ok_or_else(|| Problem::no_such(EntityKind::Job, key))
}

async fn find(state: &ApiState, field: JobField, key: i64) -> Result<OpenJobs, Problem> {
    let search = Search {
        conditions: vec![Condition::Field(field, Operator::Eq(Operand::Integer(key)))],
        page: PageRequest { limit: OPEN_JOBS_MAX + 1, ..PageRequest::default() },
        ..Search::default()
    };
    let mut records = state.handle.store().search_jobs(&search).await?.items;
    let truncated = records.len() > OPEN_JOBS_MAX as usize;
    records.truncate(OPEN_JOBS_MAX as usize);
    Ok(OpenJobs { items: records.into_iter().map(OpenJob::from).collect(), truncated })
}

impl From<JobRecord> for OpenJob {
    fn from(record: JobRecord) -> Self {
        let JobRecord { job, element, origin } = record;
        let (standing, worker, at) = match job.state {
            JobState::Activatable { from } => {
                (Standing::Waiting, None, (from > Timestamp::default()).then_some(from))
            }
            JobState::Running { worker, .. } => (Standing::Running, Some(worker), None),
            JobState::Activated { worker, deadline } => (Standing::Held, Some(worker), Some(deadline)),
            JobState::Stopped => (Standing::Stopped, None, None),
        };
        Self {
            job_key: job.key,
            job_type: job.job_type,
            process_instance_key: origin.instance,
            element_id: element,
            attempts: job.attempt,
            standing,
            worker,
            at,
            message: job.message,
        }
    }
}
