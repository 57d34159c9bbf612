//! User tasks that the engine manages (`zeebe:userTask`).

mod change;
mod search;
mod variables;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::EntityKind;
use store::search::UserTaskRecord;
use types::UserTaskKey;

use crate::extract::KeyPath;
use crate::forms::form_of;
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::state::ApiState;
use view::UserTask;

pub(crate) use change::{assign, complete, decided, unassign, update};
pub(crate) use search::search;
pub(crate) use variables::search_variables;

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<UserTaskKey>,
) -> Result<Json<UserTask>, Problem> {
    let record = record(&state, key).await?;
    let surroundings = Surroundings::read(&state, std::iter::once(&record.origin)).await?;
    Ok(Json(UserTask::new(record, &surroundings)))
}

/// 204 when the task has no form that the host keeps.
pub(crate) async fn get_form(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<UserTaskKey>,
) -> Result<Response, Problem> {
    let record = record(&state, key).await?;
    Ok(match form_of(&state, record).await? {
        Some(form) => Json(form).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn record(state: &ApiState, key: UserTaskKey) -> Result<UserTaskRecord, Problem> {
    let record = state.handle.store().user_task(key).await?;
    record.ok_or_else(|| Problem::no_such(EntityKind::UserTask, key))
}
