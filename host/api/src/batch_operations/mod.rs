//! What operators do to many instances at once.

mod begin;
mod items;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use store::search::BatchOperationField;
use store::{BatchOperationKey, BatchState};

use crate::extract::{KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::process_instances::NoArguments;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

pub(crate) use begin::{
    cancel_instances, migrate_instances, modify_instances, resolve_incidents, resolve_incidents_of_instance,
};
pub(crate) use items::search as search_items;
use view::BatchOperation;

const STATES: Kind =
    Kind::Enum(&["CREATED", "ACTIVE", "SUSPENDED", "CANCELED", "COMPLETED", "PARTIALLY_COMPLETED", "FAILED"]);
const TYPES: Kind = Kind::Enum(&[
    "ADD_VARIABLE",
    "CANCEL_PROCESS_INSTANCE",
    "DELETE_DECISION_DEFINITION",
    "DELETE_DECISION_INSTANCE",
    "DELETE_PROCESS_DEFINITION",
    "DELETE_PROCESS_INSTANCE",
    "MIGRATE_PROCESS_INSTANCE",
    "MODIFY_PROCESS_INSTANCE",
    "RESOLVE_INCIDENT",
    "UPDATE_VARIABLE",
]);

const FIELDS: &[Field<BatchOperationField>] = &[
    Field::stored("batchOperationKey", Kind::Key, BatchOperationField::BatchOperationKey),
    Field::stored("operationType", TYPES, BatchOperationField::OperationType),
    Field::stored("state", STATES, BatchOperationField::State),
    Field::stored("startDate", Kind::DateTime, BatchOperationField::StartDate),
    Field::stored("endDate", Kind::DateTime, BatchOperationField::EndDate),
    Field::stored("actorId", Kind::Text, BatchOperationField::ActorId),
    Field::never("actorType", Kind::Text),
];

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<BatchOperation>>, Problem> {
    let page = state.handle.store().search_batch_operations(&request.into_search(FIELDS)?).await?;
    Ok(Json(SearchResponse::new(page, |operation| BatchOperation::new(operation, Vec::new()))))
}

/// With the first instances that have refused.
pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<BatchOperationKey>,
) -> Result<Json<BatchOperation>, Problem> {
    let view = state.handle.batch(key).await?.ok_or_else(|| missing(key))?;
    Ok(Json(BatchOperation::new(view.operation, view.failures)))
}

/// What was done stays done.
pub(crate) async fn cancel(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<BatchOperationKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    change(&state, key, &[BatchState::Active, BatchState::Suspended], BatchState::Canceled).await
}

pub(crate) async fn suspend(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<BatchOperationKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    change(&state, key, &[BatchState::Active], BatchState::Suspended).await
}

pub(crate) async fn resume(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<BatchOperationKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    change(&state, key, &[BatchState::Suspended], BatchState::Active).await
}

async fn change(
    state: &ApiState,
    key: BatchOperationKey,
    from: &[BatchState],
    to: BatchState,
) -> Result<StatusCode, Problem> {
    for from in from {
        if state.handle.change_batch(key, *from, to).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    let found = state.handle.batch(key).await?.ok_or_else(|| missing(key))?.operation.state;
    let expected: Vec<&str> = from.iter().map(|state| state.name()).collect();
    Err(Problem::invalid_state(format!(
        "batch operation {key} is {}, expected it to be {}",
        found.name(),
        expected.join(" or ")
    )))
}

fn missing(key: BatchOperationKey) -> Problem {
    Problem::not_found(format!("no batch operation with key {key} exists"))
}
