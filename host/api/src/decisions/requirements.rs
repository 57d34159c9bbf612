//! Files with decisions: search, single reads, and their XML.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::search::DecisionRequirementsField;
use store::{DecisionRequirementsRecord, ResourceRecord};
use types::{DecisionRequirementsKey, SharedStr, TenantId};

use crate::extract::{KeyPath, OptionalJson};
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

const FIELDS: &[Field<DecisionRequirementsField>] = &[
    Field::stored("decisionRequirementsKey", Kind::Key, DecisionRequirementsField::DecisionRequirementsKey),
    Field::stored("decisionRequirementsId", Kind::Text, DecisionRequirementsField::DecisionRequirementsId),
    Field::stored(
        "decisionRequirementsName",
        Kind::Text,
        DecisionRequirementsField::DecisionRequirementsName,
    ),
    Field::stored("version", Kind::Integer, DecisionRequirementsField::Version),
    Field::stored("resourceName", Kind::Text, DecisionRequirementsField::ResourceName),
    Field::stored("tenantId", Kind::Text, DecisionRequirementsField::TenantId),
];

/// A version of a file with decisions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionRequirements {
    decision_requirements_id: SharedStr,
    decision_requirements_key: DecisionRequirementsKey,
    decision_requirements_name: SharedStr,
    resource_name: SharedStr,
    tenant_id: TenantId,
    version: u32,
}

/// What has no name is called by its id.
impl From<DecisionRequirementsRecord> for DecisionRequirements {
    fn from(record: DecisionRequirementsRecord) -> Self {
        Self {
            decision_requirements_name: record.name.unwrap_or_else(|| record.requirements_id.clone()),
            decision_requirements_id: record.requirements_id,
            decision_requirements_key: record.key,
            resource_name: record.resource_name,
            tenant_id: record.tenant,
            version: record.version,
        }
    }
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<DecisionRequirements>>, Problem> {
    let page = state.handle.store().search_decision_requirements(&request.into_search(FIELDS)?).await?;
    Ok(Json(SearchResponse::new(page, DecisionRequirements::from)))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<DecisionRequirementsKey>,
) -> Result<Json<DecisionRequirements>, Problem> {
    let record = state.handle.store().decision_requirements(key).await?.ok_or_else(|| missing(key))?;
    Ok(Json(record.into()))
}

pub(crate) async fn get_xml(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<DecisionRequirementsKey>,
) -> Result<Response, Problem> {
    let resource = state.handle.store().decision_requirements_resource(key).await?;
    resource.map(xml).ok_or_else(|| missing(key))
}

/// A file as it was deployed.
pub(super) fn xml(resource: ResourceRecord) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], resource.content).into_response()
}

fn missing(key: DecisionRequirementsKey) -> Problem {
    Problem::not_found(format!("no decision requirements with key {key} exist"))
}
