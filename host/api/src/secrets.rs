//! Secrets under `/fermata/v1/secrets`. Their values come in and never go out, not into a message either.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::components::List;
use crate::extract::{Caller, Json as Body, Path};
use crate::platform::SecretView;
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

/// Takes `{"value": "…"}`; creates or replaces.
pub(crate) async fn put(
    State(state): State<ApiState>,
    caller: Caller,
    Path(name): Path<String>,
    Body(body): Body<Value>,
) -> Result<Json<Changed>, Problem> {
    let value = value(body)?;
    let version = state.platform.put_secret(caller.tenant, caller.actor, &name, value).await?;
    Ok(Json(Changed { name, version }))
}

pub(crate) async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    state.platform.delete_secret(&caller.tenant, caller.actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
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
        "the request body is not acceptable: expected an object with the one field `value`, a text",
    ))
}
