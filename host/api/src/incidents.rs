//! Incidents.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::EntityKind;
use serde::Serialize;
use store::search::{Condition, IncidentField, IncidentRecord, IncidentSearch, Operand, Operator, names};
use types::{
    ElementInstanceKey, IncidentKey, JobKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId,
    Timestamp,
};

use crate::extract::{Caller, KeyPath, OptionalJson};
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::process_instances::NoArguments;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

const STATES: Kind =
    Kind::Enum(&[names::INCIDENT_ACTIVE, "MIGRATED", "PENDING", names::INCIDENT_RESOLVED, "UNKNOWN"]);
const ERROR_TYPES: Kind = Kind::Enum(&[
    "AD_HOC_SUB_PROCESS_NO_RETRIES",
    "CALLED_DECISION_ERROR",
    "CALLED_ELEMENT_ERROR",
    "CONDITION_ERROR",
    "DECISION_EVALUATION_ERROR",
    "EXECUTION_LISTENER_NO_RETRIES",
    "EXTRACT_VALUE_ERROR",
    "FORM_NOT_FOUND",
    "IO_MAPPING_ERROR",
    "JOB_NO_RETRIES",
    "MESSAGE_SIZE_EXCEEDED",
    "RESOURCE_NOT_FOUND",
    "TASK_LISTENER_NO_RETRIES",
    "UNHANDLED_ERROR_EVENT",
    "UNKNOWN",
    "UNSPECIFIED",
]);

const FIELDS: &[Field<IncidentField>] = &[
    Field::stored("incidentKey", Kind::Key, IncidentField::IncidentKey),
    Field::stored("processInstanceKey", Kind::Key, IncidentField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, IncidentField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, IncidentField::ProcessDefinitionId),
    Field::stored("elementId", Kind::Text, IncidentField::ElementId),
    Field::stored("elementInstanceKey", Kind::Key, IncidentField::ElementInstanceKey),
    Field::stored("jobKey", Kind::Key, IncidentField::JobKey),
    Field::stored("errorType", ERROR_TYPES, IncidentField::ErrorType),
    Field::stored("errorMessage", Kind::Text, IncidentField::ErrorMessage),
    Field::stored("state", STATES, IncidentField::State),
    Field::stored("creationTime", Kind::DateTime, IncidentField::CreationTime),
    Field::stored("tenantId", Kind::Text, IncidentField::TenantId),
];

/// An incident.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Incident {
    process_definition_id: SharedStr,
    error_type: &'static str,
    error_message: SharedStr,
    element_id: SharedStr,
    #[serde(serialize_with = "crate::time::serialize")]
    creation_time: Timestamp,
    state: &'static str,
    tenant_id: TenantId,
    incident_key: IncidentKey,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
    element_instance_key: ElementInstanceKey,
    job_key: Option<JobKey>,
}

impl Incident {
    fn new(IncidentRecord { incident, origin }: IncidentRecord, surroundings: &Surroundings) -> Self {
        Self {
            root_process_instance_key: surroundings.root(origin.instance),
            state: names::incident_state(&incident),
            process_definition_id: origin.bpmn_process_id,
            error_type: incident.kind.name(),
            error_message: incident.message,
            element_id: incident.element,
            creation_time: incident.created_at,
            tenant_id: origin.tenant,
            incident_key: incident.key,
            process_definition_key: origin.definition,
            process_instance_key: origin.instance,
            element_instance_key: incident.element_instance,
            job_key: incident.job,
        }
    }
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<Incident>>, Problem> {
    found(&state, &request.into_search(FIELDS)?).await
}

/// The incidents of one instance.
pub(crate) async fn search_of_instance(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<Incident>>, Problem> {
    let mut search = request.into_search(FIELDS)?;
    if state.handle.store().process_instance(key).await?.is_none() {
        return Err(Problem::no_such(EntityKind::ProcessInstance, key));
    }
    let of_instance = Operator::Eq(Operand::Integer(key.get()));
    search.conditions.push(Condition::Field(IncidentField::ProcessInstanceKey, of_instance));
    found(&state, &search).await
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<IncidentKey>,
) -> Result<Json<Incident>, Problem> {
    let record = state.handle.store().incident(key).await?;
    let record = record.ok_or_else(|| Problem::no_such(EntityKind::Incident, key))?;
    let surroundings = Surroundings::of_instances(&state, BTreeSet::from([record.origin.instance])).await?;
    Ok(Json(Incident::new(record, &surroundings)))
}

pub(crate) async fn resolve(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<IncidentKey>,
    OptionalJson(NoArguments { .. }): OptionalJson<NoArguments>,
) -> Result<StatusCode, Problem> {
    state.handle.resolve_incident(key, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn found(state: &ApiState, search: &IncidentSearch) -> Result<Json<SearchResponse<Incident>>, Problem> {
    let page = state.handle.store().search_incidents(search).await?;
    let instances = page.items.iter().map(|record| record.origin.instance).collect();
    let surroundings = Surroundings::of_instances(state, instances).await?;
    Ok(Json(SearchResponse::new(page, |record| Incident::new(record, &surroundings))))
}
