//! `POST /v2/user-tasks/{key}/variables/search`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use store::search::{Condition, Operand, Operator, VariableField};
use types::{ElementInstanceKey, UserTaskKey};

use super::record;
use crate::extract::{KeyPath, OptionalJson, Query};
use crate::problem::Problem;
use crate::search::{SearchRequest, SearchResponse};
use crate::state::ApiState;
use crate::variables::{FIELDS, Truncation, Variable, found};

/// The variables of the scopes that the task sees: its own and those around it, up to the process.
pub(crate) async fn search_variables(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<UserTaskKey>,
    Query(truncation): Query<Truncation>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<Variable>>, Problem> {
    let mut search = request.into_search(FIELDS)?;
    let record = record(&state, key).await?;
    let instance = record.origin.instance;
    let mut scopes = vec![Operand::Integer(instance.get())];
    if record.task.ended_at.is_none()
        && let Some(rows) = state.handle.store().load_instance(instance).await?
    {
        let around: HashMap<ElementInstanceKey, ElementInstanceKey> =
            rows.elements.iter().map(|element| (element.key, element.scope)).collect();
        let mut scope = record.task.element_instance;
        // Each step goes one scope outwards, so there are no more steps than scopes.
        for _ in 0..around.len() {
            let Some(next) = around.get(&scope) else { break };
            scopes.push(Operand::Integer(scope.get()));
            scope = *next;
        }
    }
    search.conditions.push(Condition::Field(VariableField::ScopeKey, Operator::In(scopes)));
    found(&state, &search, truncation).await.map(Json)
}
