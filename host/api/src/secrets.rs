//! Secrets under `/fermata/v1/secrets`. Their values come in and never go out, not into a message either.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::changes::{Page, Part, Removal, take_reason};
use crate::extract::{Caller, Json as Body, Path, Query};
use crate::list::List;
use crate::platform::{SecretChangeView, SecretView};
use crate::problem::Problem;
use crate::state::ApiState;

/// A secret after a change.
#[derive(Serialize)]
pub(crate) struct Changed {
    name: String,
    version: u32,
}

/// All secrets, without their values.
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<List<SecretView>>, Problem> {
    Ok(Json(List { items: state.platform.secrets(&caller.tenant).await? }))
}

/// Takes `{"value": "…"}`, with a `reason` beside it; creates or replaces.
pub(crate) async fn put(
    State(state): State<ApiState>,
    caller: Caller,
    Path(name): Path<String>,
    Body(mut body): Body<Value>,
) -> Result<Json<Changed>, Problem> {
    let reason = take_reason(&mut body)?;
    let value = value(body)?;
    let version = state.platform.put_secret(caller.tenant, caller.actor, &name, value, reason).await?;
    Ok(Json(Changed { name, version }))
}

pub(crate) async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Path(name): Path<String>,
    Query(removal): Query<Removal>,
) -> Result<StatusCode, Problem> {
    state.platform.delete_secret(&caller.tenant, caller.actor, &name, removal.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The changes of a secret, the last one first, page by page. It need not be there any more.
pub(crate) async fn history(
    State(state): State<ApiState>,
    caller: Caller,
    Path(name): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<Page<SecretChangeView>>, Problem> {
    let limit = part.limit()?;
    let changes = state.platform.secret_history(&caller.tenant, &name, part.before, limit + 1).await?;
    Ok(Json(Page::new(changes, limit, |change| change.revision)))
}

/// Read by hand: what serde says of a wrong type quotes the value.
fn value(body: Value) -> Result<String, Problem> {
    if let Value::Object(mut fields) = body
        && let Some(Value::String(value)) = fields.remove("value")
        && fields.is_empty()
    {
        return Ok(value);
    }
    Err(Problem::invalid_argument(
        "the request body is not acceptable: expected an object with the field `value`, a text, and perhaps `reason`",
    ))
}
