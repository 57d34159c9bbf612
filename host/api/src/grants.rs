//! What components are granted, under `/fermata/v1/grants/{component}`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use crate::extract::{Caller, Json as Body, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// The empty policy when nothing was granted yet.
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(component): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(state.platform.grant(&caller.tenant, &component).await?))
}

/// Replaces all that was granted before; counts from the next attempt on.
pub(crate) async fn put(
    State(state): State<ApiState>,
    caller: Caller,
    Path(component): Path<String>,
    Body(policy): Body<Value>,
) -> Result<StatusCode, Problem> {
    state.platform.put_grant(caller.tenant, caller.actor, &component, policy).await?;
    Ok(StatusCode::NO_CONTENT)
}
