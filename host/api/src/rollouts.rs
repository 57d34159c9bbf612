//! Roll-outs under `/fermata/v1/rollouts`: which versions of components do the jobs of a type, and the history of that.
//!
//! A roll-out is replaced as a whole. Its ETag is its revision: sent as `If-Match` it keeps two operators from losing
//! each other's change, and `If-None-Match: *` only makes one where there is none.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;

use crate::changes::{Page, Part, Removal, take_reason};
use crate::extract::{Caller, Json as Body, OptionalJson, Path, Query};
use crate::list::List;
use crate::platform::{Expected, PlatformError, RolloutChangeView, RolloutRequest, RolloutView};
use crate::problem::Problem;
use crate::state::ApiState;

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
    let reason = take_reason(&mut plan)?;
    let request = request(caller, job_type, reason, &headers)?;
    Ok(tagged(state.platform.put_rollout(request, plan).await?))
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

/// The changes of a roll-out, the last one first, page by page.
pub(crate) async fn history(
    State(state): State<ApiState>,
    caller: Caller,
    Path(job_type): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<Page<RolloutChangeView>>, Problem> {
    let limit = part.limit()?;
    let changes = state.platform.rollout_history(&caller.tenant, &job_type, part.before, limit + 1).await?;
    Ok(Json(Page::new(changes, limit, |change| change.revision)))
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
