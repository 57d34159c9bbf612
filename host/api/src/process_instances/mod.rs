//! Process instances.

mod create;
mod migrate;
mod modify;
mod suspend;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::EntityKind;
use serde::Deserialize;
use serde::de::IgnoredAny;
use store::search::ProcessInstanceField;
use types::ProcessInstanceKey;

use crate::extract::{Caller, KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

pub(crate) use create::{check_business_id, create, definition_by_id};
pub(crate) use migrate::{MigrationPlan, migrate};
pub(crate) use modify::modify;
pub(crate) use suspend::{suspend, unsuspend};
use view::ProcessInstance;

const STATES: Kind = Kind::Enum(&["ACTIVE", "COMPLETED", "TERMINATED"]);

/// What process instances can be searched by.
pub(crate) const FIELDS: &[Field<ProcessInstanceField>] = &[
    Field::stored("processInstanceKey", Kind::Key, ProcessInstanceField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, ProcessInstanceField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, ProcessInstanceField::ProcessDefinitionId),
    Field::stored("processDefinitionName", Kind::Text, ProcessInstanceField::ProcessDefinitionName),
    Field::stored("processDefinitionVersion", Kind::Integer, ProcessInstanceField::ProcessDefinitionVersion),
    Field::stored(
        "processDefinitionVersionTag",
        Kind::Text,
        ProcessInstanceField::ProcessDefinitionVersionTag,
    ),
    Field::stored("state", STATES, ProcessInstanceField::State),
    Field::stored("hasIncident", Kind::Boolean, ProcessInstanceField::HasIncident),
    Field::stored("startDate", Kind::DateTime, ProcessInstanceField::StartDate),
    Field::stored("endDate", Kind::DateTime, ProcessInstanceField::EndDate),
    Field::stored("tenantId", Kind::Text, ProcessInstanceField::TenantId),
    Field::stored("businessId", Kind::Text, ProcessInstanceField::BusinessId),
    Field::stored("tags", Kind::Labels, ProcessInstanceField::Tag).only_filtered(),
    Field::stored("parentProcessInstanceKey", Kind::Key, ProcessInstanceField::ParentProcessInstanceKey),
    Field::not_supported("parentElementInstanceKey"),
    // Nothing says since when an instance is held.
    Field::never("suspendedDate", Kind::DateTime),
    Field::not_supported("variables"),
    Field::not_supported("batchOperationId"),
    Field::not_supported("batchOperationKey"),
    Field::not_supported("errorMessage"),
    Field::not_supported("hasRetriesLeft"),
    Field::not_supported("elementInstanceState"),
    Field::not_supported("elementId"),
    Field::not_supported("hasElementInstanceIncident"),
    Field::not_supported("incidentErrorHashCode"),
];

/// The body of commands that need none.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct NoArguments {
    /// Camunda's clients may number their commands; nothing depends on it.
    #[serde(rename = "operationReference")]
    _operation_reference: IgnoredAny,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<ProcessInstance>>, Problem> {
    let search = request.into_search(FIELDS)?;
    let page = state.handle.store().search_process_instances(&search).await?;
    Ok(Json(SearchResponse::new(page, ProcessInstance::from)))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
) -> Result<Json<ProcessInstance>, Problem> {
    let record = state.handle.store().process_instance(key).await?;
    let record = record.ok_or_else(|| Problem::no_such(EntityKind::ProcessInstance, key))?;
    Ok(Json(record.into()))
}

pub(crate) async fn cancel(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    state.handle.cancel_instance(key, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
