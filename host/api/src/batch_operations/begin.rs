//! `POST /v2/process-instances/cancellation`, `/incident-resolution`, `/migration` and `/modification`: over a filter.

use axum::Json;
use axum::extract::State;
use runtime::BatchAction;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use types::{ProcessInstanceKey, SharedStr};

use crate::extract::{Caller, Json as Body, KeyPath, OptionalJson};
use crate::limits::INSTRUCTIONS_MAX;
use crate::problem::Problem;
use crate::process_instances::{FIELDS, MigrationPlan, NoArguments};
use crate::search::SearchRequest;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FilterRequest {
    filter: Map<String, Value>,
    #[serde(default, rename = "operationReference")]
    _operation_reference: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MigrationRequest {
    filter: Map<String, Value>,
    migration_plan: MigrationPlan,
    #[serde(default, rename = "operationReference")]
    _operation_reference: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ModificationRequest {
    filter: Map<String, Value>,
    move_instructions: Vec<Move>,
    #[serde(default, rename = "operationReference")]
    _operation_reference: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Move {
    source_element_id: SharedStr,
    target_element_id: SharedStr,
}

/// A batch operation that has begun.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begun {
    batch_operation_key: String,
    batch_operation_type: &'static str,
}

pub(crate) async fn cancel_instances(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<FilterRequest>,
) -> Result<Json<Begun>, Problem> {
    begin(&state, caller, BatchAction::Cancel {}, request.filter).await
}

/// Jobs without retries get one.
pub(crate) async fn resolve_incidents(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<FilterRequest>,
) -> Result<Json<Begun>, Problem> {
    begin(&state, caller, BatchAction::ResolveIncidents {}, request.filter).await
}

/// All incidents of one instance.
pub(crate) async fn resolve_incidents_of_instance(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<Json<Begun>, Problem> {
    if state.handle.store().process_instance(key).await?.is_none() {
        return Err(Problem::no_such(engine::EntityKind::ProcessInstance, key));
    }
    let filter = Map::from_iter([("processInstanceKey".to_owned(), Value::from(key.to_string()))]);
    begin(&state, caller, BatchAction::ResolveIncidents {}, filter).await
}

pub(crate) async fn migrate_instances(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<MigrationRequest>,
) -> Result<Json<Begun>, Problem> {
    let migrate = request.migration_plan.into_command()?;
    let action = BatchAction::Migrate { definition: migrate.definition, mappings: migrate.mappings };
    begin(&state, caller, action, request.filter).await
}

pub(crate) async fn modify_instances(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<ModificationRequest>,
) -> Result<Json<Begun>, Problem> {
    if !(1..=INSTRUCTIONS_MAX).contains(&request.move_instructions.len()) {
        return Err(Problem::invalid_argument(format!(
            "moveInstructions: expected 1 to {INSTRUCTIONS_MAX} of them"
        )));
    }
    let moves = request.move_instructions.into_iter();
    let moves = moves.map(|moved| (moved.source_element_id, moved.target_element_id)).collect();
    begin(&state, caller, BatchAction::Modify { moves }, request.filter).await
}

async fn begin(
    state: &ApiState,
    caller: Caller,
    action: BatchAction,
    filter: Map<String, Value>,
) -> Result<Json<Begun>, Problem> {
    let batch_operation_type = action.kind().name();
    let conditions = SearchRequest::of_filter(filter).into_search(FIELDS)?.conditions;
    let key = state.handle.begin_batch(caller.tenant, action, conditions, caller.actor).await?;
    Ok(Json(Begun { batch_operation_key: key.to_string(), batch_operation_type }))
}
