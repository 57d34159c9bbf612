//! Decision definitions: search, single reads, and their XML.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use store::search::{Condition, DecisionField, DecisionListing, Operand, Operator, PageRequest, Search};
use types::{DecisionKey, DecisionRequirementsKey, SharedStr, TenantId};

use super::requirements::xml;
use crate::extract::{KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

const FIELDS: &[Field<DecisionField>] = &[
    Field::stored("decisionDefinitionKey", Kind::Key, DecisionField::DecisionDefinitionKey),
    Field::stored("decisionDefinitionId", Kind::Text, DecisionField::DecisionDefinitionId),
    Field::stored("name", Kind::Text, DecisionField::Name),
    Field::stored("version", Kind::Integer, DecisionField::Version),
    Field::stored("decisionRequirementsKey", Kind::Key, DecisionField::DecisionRequirementsKey),
    Field::stored("decisionRequirementsId", Kind::Text, DecisionField::DecisionRequirementsId),
    Field::stored("decisionRequirementsName", Kind::Text, DecisionField::DecisionRequirementsName),
    Field::stored("decisionRequirementsVersion", Kind::Integer, DecisionField::DecisionRequirementsVersion),
    Field::stored("tenantId", Kind::Text, DecisionField::TenantId),
    Field::stored("isLatestVersion", Kind::Boolean, DecisionField::IsLatestVersion).only_filtered(),
];

/// A version of a decision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionDefinition {
    decision_definition_id: SharedStr,
    decision_definition_key: DecisionKey,
    decision_requirements_id: SharedStr,
    decision_requirements_key: DecisionRequirementsKey,
    decision_requirements_name: SharedStr,
    decision_requirements_version: u32,
    name: SharedStr,
    tenant_id: TenantId,
    version: u32,
}

/// What has no name is called by its id.
impl From<DecisionListing> for DecisionDefinition {
    fn from(listing: DecisionListing) -> Self {
        let DecisionListing { decision, requirements_id, requirements_name, requirements_version } = listing;
        Self {
            name: decision.name.unwrap_or_else(|| decision.decision_id.clone()),
            decision_definition_id: decision.decision_id,
            decision_definition_key: decision.key,
            decision_requirements_name: requirements_name.unwrap_or_else(|| requirements_id.clone()),
            decision_requirements_id: requirements_id,
            decision_requirements_key: decision.requirements,
            decision_requirements_version: requirements_version,
            tenant_id: decision.tenant,
            version: decision.version,
        }
    }
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<DecisionDefinition>>, Problem> {
    let page = state.handle.store().search_decisions(&request.into_search(FIELDS)?).await?;
    Ok(Json(SearchResponse::new(page, DecisionDefinition::from)))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<DecisionKey>,
) -> Result<Json<DecisionDefinition>, Problem> {
    let this = Operator::Eq(Operand::Integer(key.get()));
    let search = Search {
        conditions: vec![Condition::Field(DecisionField::DecisionDefinitionKey, this)],
        page: PageRequest { limit: 1, ..PageRequest::default() },
        ..Search::default()
    };
    let mut found = state.handle.store().search_decisions(&search).await?;
    found.items.pop().map(|listing| Json(listing.into())).ok_or_else(|| missing(key))
}

/// The file that holds the decision.
pub(crate) async fn get_xml(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<DecisionKey>,
) -> Result<Response, Problem> {
    let decision = state.handle.store().decision(key).await?.ok_or_else(|| missing(key))?;
    let resource = state.handle.store().decision_requirements_resource(decision.requirements).await?;
    resource.map(xml).ok_or_else(|| missing(key))
}

fn missing(key: DecisionKey) -> Problem {
    Problem::not_found(format!("no decision definition with key {key} exists"))
}
