//! `GET /fermata/v1/restoration` and `POST /fermata/v1/resumption`: a host whose data came from a backup waits to be told to go on.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::extract::Caller;
use crate::problem::Problem;
use crate::state::ApiState;

/// What a host has before it, and whether it waits to be told to go on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestorationView {
    /// Whether the host runs no jobs, hands none out and fires no timers, because its data was restored from a backup.
    pub suspended: bool,
    /// What it has before it.
    #[serde(flatten)]
    pub outlook: OutlookView,
}

/// What a host would do by itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutlookView {
    /// Instances that have not ended.
    pub active_instances: u64,
    /// Jobs that are not done and not stopped by an incident, by their type.
    pub jobs: Vec<JobsView>,
    /// Timers that have not fired.
    pub timers: u64,
    /// Those of them that are due.
    pub timers_due: u64,
    /// Timers that start instances.
    pub start_timers: u64,
    /// Those of them that are due.
    pub start_timers_due: u64,
    /// Messages whose time is over, and that go without anybody getting them.
    pub messages_expired: u64,
}

/// Jobs of one type.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobsView {
    /// The type.
    pub r#type: String,
    /// Jobs that nobody has begun, or that are to be tried again.
    pub waiting: u64,
    /// Jobs that external workers have taken.
    pub held: u64,
    /// Jobs that components of the host run.
    pub running: u64,
}

/// What has become of a request to go on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Resumption {
    /// False when the host was not suspended.
    pub resumed: bool,
}

impl From<store::Outlook> for OutlookView {
    fn from(outlook: store::Outlook) -> Self {
        let jobs = |jobs: store::JobsOfType| JobsView {
            r#type: jobs.job_type,
            waiting: jobs.waiting,
            held: jobs.held,
            running: jobs.running,
        };
        Self {
            active_instances: outlook.active_instances,
            jobs: outlook.jobs.into_iter().map(jobs).collect(),
            timers: outlook.timers,
            timers_due: outlook.timers_due,
            start_timers: outlook.start_timers,
            start_timers_due: outlook.start_timers_due,
            messages_expired: outlook.messages_expired,
        }
    }
}

pub(crate) async fn get(State(state): State<ApiState>) -> Result<Json<RestorationView>, Problem> {
    let now: Timestamp = state.handle.clock().now();
    let outlook = state.handle.store().outlook(now).await?;
    Ok(Json(RestorationView { suspended: state.handle.is_suspended(), outlook: outlook.into() }))
}

/// The host goes on, also after its next start. Once more changes nothing and is no error.
pub(crate) async fn resume(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<Resumption>, Problem> {
    let resumed = state.handle.resume().await?;
    if resumed {
        tracing::info!(actor = %caller.actor, "the restored host goes on");
    }
    Ok(Json(Resumption { resumed }))
}
