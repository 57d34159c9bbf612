//! Roll-outs under `/fermata/v1/rollouts`: which versions of components do the jobs of a type, and the history of that.
//!
//! A roll-out is replaced as a whole. Its ETag is its revision: sent as `If-Match` it keeps two operators from losing
//! each other's change, and `If-None-Match: *` only makes one where there is none.

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use types::{Actor, SharedStr, TenantId, Timestamp};

use crate::components::List;
use crate::extract::{Caller, Json as Body, OptionalJson, Path, Query};
use crate::limits::{ROLLOUT_CHANGES_DEFAULT, ROLLOUT_CHANGES_MAX};
use crate::platform::PlatformError;
use crate::problem::Problem;
use crate::state::ApiState;

/// Keeps roll-outs.
#[async_trait]
pub trait Rollouts: Send + Sync + 'static {
    /// All roll-outs, by job type.
    async fn rollouts(&self, tenant: &TenantId) -> Result<Vec<RolloutView>, PlatformError>;

    /// The roll-out of a job type; nothing when its newest upload serves it.
    async fn rollout(&self, tenant: &TenantId, job_type: &str) -> Result<Option<RolloutView>, PlatformError>;

    /// Replaces what is rolled out; counts from the next attempt on. The same plan again changes nothing.
    async fn put_rollout(&self, request: RolloutRequest, plan: Value) -> Result<RolloutView, PlatformError>;

    /// Removes a roll-out: the newest upload serves the type again.
    async fn delete_rollout(&self, request: RolloutRequest) -> Result<(), PlatformError>;

    /// Goes back to what was rolled out at a revision, or without one to the stable version.
    async fn roll_back(
        &self,
        request: RolloutRequest,
        revision: Option<i64>,
    ) -> Result<RolloutView, PlatformError>;

    /// Changes of a type's roll-out, the last one first, at most `limit` from before the revision `before`.
    async fn rollout_history(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChangeView>, PlatformError>;
}

/// Who wants to change which roll-out.
#[derive(Clone, Debug)]
pub struct RolloutRequest {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub actor: Actor,
    /// The job type.
    pub job_type: SharedStr,
    /// Why, in the caller's words.
    pub reason: String,
    /// What has to be there for the change to be made.
    pub expected: Expected,
}

/// What a caller believes to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The caller does not care.
    Anything,
    /// No roll-out.
    Nothing,
    /// A roll-out, whichever.
    Something,
    /// A roll-out of one of these revisions.
    Revisions(Vec<i64>),
}

/// A roll-out as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutView {
    /// The job type.
    pub job_type: SharedStr,
    /// Names this state of it; its ETag.
    pub revision: i64,
    /// When it was last changed.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
    /// How attempts have ended within the window of its guard, since the host's start or the last change.
    pub counted: Vec<RolloutCount>,
    /// Versions that are not here, or no longer do such jobs: their shares of the jobs fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<SharedStr>,
    /// Versions, weights and rules.
    #[serde(flatten)]
    pub plan: Value,
}

/// How the attempts of a version have ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutCount {
    /// The version, `name@version`.
    pub version: SharedStr,
    /// Attempts that have ended.
    pub attempts: u64,
    /// Those that have failed.
    pub failures: u64,
}

/// A change of a roll-out as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutChangeView {
    /// The revision that it has made.
    pub revision: i64,
    /// What was done.
    pub action: RolloutAction,
    /// What was rolled out before.
    pub from: Option<Value>,
    /// What is rolled out since.
    pub to: Option<Value>,
    /// Why.
    pub reason: String,
    /// What was counted, when the host has done it by itself.
    pub figures: Option<Value>,
    /// When it was done.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}

/// What was done to a roll-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RolloutAction {
    /// It was set.
    Set,
    /// It was removed.
    Removed,
    /// Somebody has gone back to an earlier version.
    RolledBack,
    /// The host has gone back by itself, because a canary failed too often.
    RolledBackByHost,
}

/// All roll-outs.
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<List<RolloutView>>, Problem> {
    Ok(Json(List { items: state.platform.rollouts(&caller.tenant).await? }))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(job_type): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    match state.platform.rollout(&caller.tenant, &job_type).await? {
        Some(rollout) => Ok(tagged(rollout)),
        None => Err(PlatformError::NotFound { what: "roll-out of job type", name: job_type }.into()),
    }
}

/// The body is the plan, with a `reason` beside it.
pub(crate) async fn put(
    State(state): State<ApiState>,
    caller: Caller,
    Path(job_type): Path<String>,
    headers: HeaderMap,
    Body(mut plan): Body<Value>,
) -> Result<impl IntoResponse, Problem> {
    let reason = match plan.as_object_mut().and_then(|fields| fields.remove("reason")) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(reason)) => reason,
        Some(_) => return Err(Problem::invalid_argument("reason: expected a text")),
    };
    let request = request(caller, job_type, reason, &headers)?;
    Ok(tagged(state.platform.put_rollout(request, plan).await?))
}

/// Why a roll-out is removed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    #[serde(default)]
    reason: String,
}

pub(crate) async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Path(job_type): Path<String>,
    Query(removal): Query<Removal>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    state.platform.delete_rollout(request(caller, job_type, removal.reason, &headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where to go back to, and why.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RollBack {
    to: Option<i64>,
    reason: String,
}

pub(crate) async fn roll_back(
    State(state): State<ApiState>,
    caller: Caller,
    Path(job_type): Path<String>,
    headers: HeaderMap,
    OptionalJson(RollBack { to, reason }): OptionalJson<RollBack>,
) -> Result<impl IntoResponse, Problem> {
    Ok(tagged(state.platform.roll_back(request(caller, job_type, reason, &headers)?, to).await?))
}

/// Which part of the history.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    before: Option<i64>,
    limit: Option<u32>,
}

/// A page of the history.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    items: Vec<RolloutChangeView>,
    /// What to send as `before` for the next page; nothing at the end.
    next_before: Option<i64>,
}

/// The changes of a roll-out, the last one first, page by page.
pub(crate) async fn history(
    State(state): State<ApiState>,
    caller: Caller,
    Path(job_type): Path<String>,
    Query(Part { before, limit }): Query<Part>,
) -> Result<Json<Page>, Problem> {
    let limit = limit.unwrap_or(ROLLOUT_CHANGES_DEFAULT);
    if !(1..=ROLLOUT_CHANGES_MAX).contains(&limit) {
        let problem = format!("limit: {limit} is not between 1 and {ROLLOUT_CHANGES_MAX}");
        return Err(Problem::invalid_argument(problem));
    }
    let mut items = state.platform.rollout_history(&caller.tenant, &job_type, before, limit + 1).await?;
    let has_more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_before = items.last().filter(|_| has_more).map(|last| last.revision);
    Ok(Json(Page { items, next_before }))
}

fn tagged(rollout: RolloutView) -> ([(HeaderName, String); 1], Json<RolloutView>) {
    ([(header::ETAG, format!("\"{}\"", rollout.revision))], Json(rollout))
}

fn request(
    caller: Caller,
    job_type: String,
    reason: String,
    headers: &HeaderMap,
) -> Result<RolloutRequest, Problem> {
    let Caller { actor, tenant } = caller;
    Ok(RolloutRequest { tenant, actor, job_type: job_type.into(), reason, expected: expected(headers)? })
}

/// What the caller believes to be there. A tag of something else fits nothing.
fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    if let Some(value) = headers.get(header::IF_NONE_MATCH) {
        return match value.to_str().map(str::trim) {
            Ok("*") => Ok(Expected::Nothing),
            _ => Err(Problem::invalid_argument("if-none-match: expected `*`, for no roll-out at all")),
        };
    }
    let mut lines = headers.get_all(header::IF_MATCH).iter().peekable();
    if lines.peek().is_none() {
        return Ok(Expected::Anything);
    }
    let tags = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim);
    let tags: Vec<&str> = tags.collect();
    if tags.contains(&"*") {
        return Ok(Expected::Something);
    }
    Ok(Expected::Revisions(tags.iter().filter_map(|tag| tag.trim_matches('"').parse().ok()).collect()))
}
