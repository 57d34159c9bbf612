//! `POST /fermata/v1/process-instances/{key}/suspension` and `/resumption`: an operator holds an instance, and lets it go.

use axum::extract::State;
use axum::http::StatusCode;
use types::ProcessInstanceKey;

use super::NoArguments;
use crate::extract::{Caller, KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::state::ApiState;

/// 204 also for an instance that is held already.
pub(crate) async fn suspend(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    state.handle.suspend_instance(key, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 204 also for an instance that is not held.
pub(crate) async fn unsuspend(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    state.handle.unsuspend_instance(key, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
