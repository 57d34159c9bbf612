//! Process definitions: search, single reads, and their XML.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::EntityKind;
use serde::Serialize;
use store::DefinitionRecord;
use store::search::ProcessDefinitionField;
use types::{ProcessDefinitionKey, SharedStr, TenantId};

use crate::extract::{Caller, KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::process_instances::NoArguments;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

const STATES: Kind = Kind::Enum(&["ACTIVE", "DRAINING", "DELETED"]);

const FIELDS: &[Field<ProcessDefinitionField>] = &[
    Field::stored("processDefinitionKey", Kind::Key, ProcessDefinitionField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, ProcessDefinitionField::ProcessDefinitionId),
    Field::stored("name", Kind::Text, ProcessDefinitionField::Name),
    Field::stored("version", Kind::Integer, ProcessDefinitionField::Version),
    Field::stored("versionTag", Kind::Text, ProcessDefinitionField::VersionTag),
    Field::stored("resourceName", Kind::Text, ProcessDefinitionField::ResourceName),
    Field::stored("tenantId", Kind::Text, ProcessDefinitionField::TenantId),
    Field::stored("isLatestVersion", Kind::Boolean, ProcessDefinitionField::IsLatestVersion).only_filtered(),
    Field::always("state", STATES, ACTIVE).only_filtered(),
    Field::always_integer("hasStartForm", Kind::Boolean, 0).only_filtered(),
];

/// Definitions are neither drained nor deleted.
const ACTIVE: &str = "ACTIVE";

/// A version of a process.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessDefinition {
    name: Option<SharedStr>,
    resource_name: SharedStr,
    version: u32,
    version_tag: Option<SharedStr>,
    process_definition_id: SharedStr,
    tenant_id: TenantId,
    process_definition_key: ProcessDefinitionKey,
    has_start_form: bool,
    state: &'static str,
    /// Fermata's own: whether no instance is started for now.
    is_suspended: bool,
}

impl ProcessDefinition {
    fn new(record: DefinitionRecord, state: &ApiState) -> Self {
        Self {
            is_suspended: state.handle.holds_definition(record.key),
            name: record.name,
            resource_name: record.resource_name,
            version: record.version,
            version_tag: record.version_tag,
            process_definition_id: record.bpmn_process_id,
            tenant_id: record.tenant,
            process_definition_key: record.key,
            has_start_form: false,
            state: ACTIVE,
        }
    }
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<ProcessDefinition>>, Problem> {
    let search = request.into_search(FIELDS)?;
    let page = state.handle.store().search_process_definitions(&search).await?;
    Ok(Json(SearchResponse::new(page, |record| ProcessDefinition::new(record, &state))))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessDefinitionKey>,
) -> Result<Json<ProcessDefinition>, Problem> {
    let record = state.handle.store().definition(key).await?.ok_or_else(|| missing(key))?;
    Ok(Json(ProcessDefinition::new(record, &state)))
}

pub(crate) async fn get_xml(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessDefinitionKey>,
) -> Result<Response, Problem> {
    let resource = state.handle.store().definition_resource(key).await?.ok_or_else(|| missing(key))?;
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], resource.content).into_response())
}

/// `POST /fermata/v1/process-definitions/{key}/suspension`: no instance is started, those that run go on.
pub(crate) async fn suspend(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessDefinitionKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    state.handle.hold_definition(key, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /fermata/v1/process-definitions/{key}/resumption`: instances are started again.
pub(crate) async fn resume(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessDefinitionKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    state.handle.release_definition(key).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn missing(key: ProcessDefinitionKey) -> Problem {
    Problem::no_such(EntityKind::ProcessDefinition, key)
}
