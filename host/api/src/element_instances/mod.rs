//! What is active in instances.

mod ad_hoc;

use axum::Json;
use axum::extract::State;
use bpmn::model::Element;
use engine::EntityKind;
use engine::state::{ElementRow, Role};
use serde::Serialize;
use store::search::{
    Condition, ElementInstanceField, ElementInstanceRecord, Operand, Operator, PageRequest, Search,
};
use types::{
    ElementInstanceKey, IncidentKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp,
};

use crate::extract::{KeyPath, OptionalJson};
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse, Unkept};
use crate::state::ApiState;

pub(crate) use ad_hoc::activate;

const STATES: Kind = Kind::Enum(&[ACTIVE, "COMPLETED", "TERMINATED"]);
const ACTIVE: &str = "ACTIVE";
const STATES_OF_ENDED: Unkept = Unkept {
    values: &["COMPLETED", "TERMINATED"],
    because: "element instances that have ended are not kept: the history of their instance tells of them",
};

const FIELDS: &[Field<ElementInstanceField>] = &[
    Field::stored("elementInstanceKey", Kind::Key, ElementInstanceField::ElementInstanceKey),
    Field::stored("processInstanceKey", Kind::Key, ElementInstanceField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, ElementInstanceField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, ElementInstanceField::ProcessDefinitionId),
    Field::stored("elementId", Kind::Text, ElementInstanceField::ElementId),
    Field::stored("startDate", Kind::DateTime, ElementInstanceField::StartDate),
    Field::stored("elementInstanceScopeKey", Kind::Key, ElementInstanceField::ElementInstanceScopeKey),
    Field::stored("hasIncident", Kind::Boolean, ElementInstanceField::HasIncident).only_filtered(),
    Field::stored("incidentKey", Kind::Key, ElementInstanceField::IncidentKey),
    Field::stored("tenantId", Kind::Text, ElementInstanceField::TenantId),
    Field::always("state", STATES, ACTIVE).unkept(STATES_OF_ENDED),
    // All that is found is active.
    Field::never("endDate", Kind::DateTime),
    // In the model, not in the rows.
    Field::not_supported("type"),
    Field::not_supported("elementName"),
];

/// An element instance that has not ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ElementInstance {
    process_definition_id: SharedStr,
    #[serde(serialize_with = "crate::time::serialize")]
    start_date: Timestamp,
    end_date: Option<()>,
    element_id: SharedStr,
    element_name: Option<SharedStr>,
    r#type: &'static str,
    state: &'static str,
    has_incident: bool,
    tenant_id: TenantId,
    element_instance_key: ElementInstanceKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
    process_definition_key: ProcessDefinitionKey,
    incident_key: Option<IncidentKey>,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<ElementInstance>>, Problem> {
    let page = state.handle.store().search_element_instances(&request.into_search(FIELDS)?).await?;
    let surroundings = Surroundings::read(&state, page.items.iter().map(|record| &record.origin)).await?;
    Ok(Json(SearchResponse::new(page, |record| ElementInstance::new(record, &surroundings))))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ElementInstanceKey>,
) -> Result<Json<ElementInstance>, Problem> {
    let this = Operator::Eq(Operand::Integer(key.get()));
    let search = Search {
        conditions: vec![Condition::Field(ElementInstanceField::ElementInstanceKey, this)],
        page: PageRequest { limit: 1, ..PageRequest::default() },
        ..Search::default()
    };
    let mut found = state.handle.store().search_element_instances(&search).await?;
    let record = found.items.pop().ok_or_else(|| {
        Problem::not_found(format!("no {} with key {key} is active", EntityKind::ElementInstance))
    })?;
    let surroundings = Surroundings::read(&state, std::iter::once(&record.origin)).await?;
    Ok(Json(ElementInstance::new(record, &surroundings)))
}

impl ElementInstance {
    fn new(record: ElementInstanceRecord, surroundings: &Surroundings) -> Self {
        let ElementInstanceRecord { element: row, incident, origin } = record;
        let element = surroundings.element(&origin, &row.element);
        Self {
            r#type: element.map_or("UNKNOWN", |element| type_name(element, &row)),
            element_name: element.and_then(|element| element.name.as_ref()).map(SharedStr::from),
            root_process_instance_key: surroundings.root(origin.instance),
            process_definition_id: origin.bpmn_process_id,
            start_date: row.entered_at,
            end_date: None,
            element_id: row.element,
            state: ACTIVE,
            has_incident: incident.is_some(),
            tenant_id: origin.tenant,
            element_instance_key: row.key,
            process_instance_key: origin.instance,
            process_definition_key: origin.definition,
            incident_key: incident,
        }
    }
}

/// Camunda's name for what an element instance is. It has no standard loops: they are named like the others.
fn type_name(element: &Element, row: &ElementRow) -> &'static str {
    match row.role {
        Role::Loop => "MULTI_INSTANCE_BODY",
        Role::Path => "AD_HOC_SUB_PROCESS_INNER_INSTANCE",
        Role::Plain | Role::Item { .. } => element.kind.type_name(),
    }
}
