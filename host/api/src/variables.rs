//! Variables: search, single reads, and setting them from outside.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use store::search::{
    Condition, Operand, Operator, PageRequest, Search, VariableField, VariableRecord, VariableSearch,
};
use types::{ElementInstanceKey, ProcessInstanceKey, SharedStr, TenantId, VariableKey, Variables};

use crate::extract::{Caller, Closing, Json as Body, KeyPath, OptionalJson, Query};
use crate::instances::Surroundings;
use crate::limits::{LISTENERS_WAIT, VALUE_PREVIEW_BYTES};
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;
use crate::user_tasks::decided;

/// What variables can be searched by.
pub(crate) const FIELDS: &[Field<VariableField>] = &[
    Field::stored("variableKey", Kind::Key, VariableField::VariableKey),
    Field::stored("name", Kind::Text, VariableField::Name),
    Field::stored("value", Kind::Text, VariableField::Value),
    Field::stored("scopeKey", Kind::Key, VariableField::ScopeKey),
    Field::stored("processInstanceKey", Kind::Key, VariableField::ProcessInstanceKey),
    Field::stored("tenantId", Kind::Text, VariableField::TenantId),
    // Values are cut off in answers, as each request wants it: no variable is cut off by itself.
    Field::not_supported("isTruncated"),
];

/// Query parameters of a search.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Truncation {
    truncate_values: Option<bool>,
}

/// A variable in search results.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Variable {
    #[serde(flatten)]
    whole: WholeVariable,
    is_truncated: bool,
}

/// A variable with its whole value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WholeVariable {
    name: SharedStr,
    /// JSON as text.
    value: String,
    tenant_id: TenantId,
    variable_key: VariableKey,
    scope_key: ElementInstanceKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
}

impl WholeVariable {
    fn new(record: VariableRecord, surroundings: &Surroundings) -> Self {
        Self {
            name: record.name,
            value: record.value.as_str().to_owned(),
            tenant_id: record.tenant,
            variable_key: record.key,
            scope_key: record.scope,
            process_instance_key: record.instance,
            root_process_instance_key: surroundings.root(record.instance),
        }
    }
}

impl Variable {
    fn new(record: VariableRecord, truncated: bool, surroundings: &Surroundings) -> Self {
        let mut whole = WholeVariable::new(record, surroundings);
        let is_truncated = truncated && whole.value.len() > VALUE_PREVIEW_BYTES;
        if is_truncated {
            whole.value.truncate(whole.value.floor_char_boundary(VALUE_PREVIEW_BYTES));
        }
        Self { whole, is_truncated }
    }
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    Query(truncation): Query<Truncation>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<Variable>>, Problem> {
    found(&state, &request.into_search(FIELDS)?, truncation).await.map(Json)
}

/// The result of a search.
pub(crate) async fn found(
    state: &ApiState,
    search: &VariableSearch,
    truncation: Truncation,
) -> Result<SearchResponse<Variable>, Problem> {
    let page = state.handle.store().search_variables(search).await?;
    let truncated = truncation.truncate_values.unwrap_or(true);
    let instances = page.items.iter().map(|record| record.instance).collect();
    let surroundings = Surroundings::of_instances(state, instances).await?;
    Ok(SearchResponse::new(page, |record| Variable::new(record, truncated, &surroundings)))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<VariableKey>,
) -> Result<Json<WholeVariable>, Problem> {
    let this = Operator::Eq(Operand::Integer(key.get()));
    let search = Search {
        conditions: vec![Condition::Field(VariableField::VariableKey, this)],
        page: PageRequest { limit: 1, ..PageRequest::default() },
        ..Search::default()
    };
    let mut found = state.handle.store().search_variables(&search).await?;
    match found.items.pop() {
        Some(record) => {
            let surroundings = Surroundings::of_instances(&state, BTreeSet::from([record.instance])).await?;
            Ok(Json(WholeVariable::new(record, &surroundings)))
        }
        None => Err(Problem::not_found(format!("no variable with key {key} exists"))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetRequest {
    variables: Variables,
    #[serde(default)]
    local: Option<bool>,
    #[serde(default, rename = "operationReference")]
    _operation_reference: IgnoredAny,
}

/// `PUT /v2/element-instances/{key}/variables`.
pub(crate) async fn set(
    State(state): State<ApiState>,
    caller: Caller,
    closing: Closing,
    KeyPath(scope): KeyPath<ElementInstanceKey>,
    Body(request): Body<SetRequest>,
) -> Result<StatusCode, Problem> {
    let local = request.local.unwrap_or(false);
    let set = state.handle.set_variables(scope, request.variables, local, caller.actor, LISTENERS_WAIT);
    decided(closing, set).await
}
