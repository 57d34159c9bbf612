//! `POST /v2/decision-definitions/evaluation`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use runtime::{Decided, Decision, DecisionChoice};
use serde::{Deserialize, Serialize};
use types::{DecisionKey, DecisionRequirementsKey, SharedStr, TenantId, Variables};

use super::evaluated::{EvaluatedInput, MatchedRule, Trace};
use crate::extract::{Caller, Json as Body, check_tenant};
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct EvaluationRequest {
    decision_definition_key: Option<DecisionKey>,
    decision_definition_id: Option<String>,
    variables: Option<Variables>,
    tenant_id: Option<String>,
}

/// What a decision came to. It is not kept, so there is no key by which it could be found again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evaluation {
    decision_definition_id: SharedStr,
    decision_definition_key: DecisionKey,
    decision_definition_name: SharedStr,
    decision_definition_version: u32,
    decision_evaluation_key: &'static str,
    decision_instance_key: &'static str,
    decision_requirements_id: SharedStr,
    decision_requirements_key: DecisionRequirementsKey,
    evaluated_decisions: Vec<EvaluatedDecision>,
    failed_decision_definition_id: Option<SharedStr>,
    failure_message: Option<SharedStr>,
    /// JSON as text; `null` when the decision failed.
    output: String,
    tenant_id: TenantId,
}

/// One decision on the way.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvaluatedDecision {
    decision_definition_id: SharedStr,
    decision_definition_name: SharedStr,
    decision_definition_version: Option<u32>,
    decision_definition_type: SharedStr,
    output: String,
    tenant_id: TenantId,
    matched_rules: Vec<MatchedRule>,
    evaluated_inputs: Vec<EvaluatedInput>,
    decision_definition_key: Option<DecisionKey>,
    decision_evaluation_instance_key: &'static str,
}

/// Stands for the keys of what is not kept: clients expect a text.
const NO_KEY: &str = "-1";

/// A decision that comes to nothing is no error: the answer tells why.
pub(crate) async fn evaluate(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<EvaluationRequest>,
) -> Result<Json<Evaluation>, Problem> {
    check_tenant("tenantId", request.tenant_id.as_deref())?;
    let choice = match (request.decision_definition_key, request.decision_definition_id) {
        (Some(key), None) => DecisionChoice::Key(key),
        (None, Some(id)) => DecisionChoice::Latest(id),
        _ => {
            return Err(Problem::invalid_argument(
                "exactly one of `decisionDefinitionKey` and `decisionDefinitionId` says which decision to evaluate",
            ));
        }
    };
    let variables = request.variables.unwrap_or_default();
    let (decision, decided) = state.handle.evaluate_decision(&caller.tenant, &choice, variables).await?;
    let twins = state.handle.store().decisions_in(decision.requirements.key).await?;
    let versions: HashMap<SharedStr, (DecisionKey, u32)> =
        twins.into_iter().map(|twin| (twin.decision_id, (twin.key, twin.version))).collect();
    let traces = Trace::all(&decided.evaluated).map_err(|error| Problem::internal(&error))?;
    Ok(Json(Evaluation::new(decision, decided, traces, &versions)))
}

impl Evaluation {
    fn new(
        decision: Decision,
        decided: Decided,
        traces: Vec<Trace>,
        versions: &HashMap<SharedStr, (DecisionKey, u32)>,
    ) -> Self {
        let Decision { record, requirements, .. } = decision;
        let evaluated = |trace: &Trace| EvaluatedDecision::new(trace, &record.tenant, versions);
        let evaluated_decisions = traces.iter().map(evaluated).collect();
        let (output, failure) = match decided.outcome {
            Ok(output) => (output.as_str().to_owned(), None),
            Err(undecided) => ("null".to_owned(), Some(undecided)),
        };
        let (failed_decision_definition_id, failure_message) = match failure {
            None => (None, None),
            Some(undecided) => (Some(undecided.decision_id), Some(undecided.message)),
        };
        Self {
            decision_definition_name: record.name.unwrap_or_else(|| record.decision_id.clone()),
            decision_definition_id: record.decision_id,
            decision_definition_key: record.key,
            decision_definition_version: record.version,
            decision_evaluation_key: NO_KEY,
            decision_instance_key: NO_KEY,
            decision_requirements_id: requirements.requirements_id,
            decision_requirements_key: requirements.key,
            evaluated_decisions,
            failed_decision_definition_id,
            failure_message,
            output,
            tenant_id: record.tenant,
        }
    }
}

impl EvaluatedDecision {
    fn new(trace: &Trace, tenant: &TenantId, versions: &HashMap<SharedStr, (DecisionKey, u32)>) -> Self {
        let version = versions.get(&trace.decision_id);
        Self {
            decision_definition_id: trace.decision_id.clone(),
            decision_definition_name: trace.decision_name.clone(),
            decision_definition_version: version.map(|(_, version)| *version),
            decision_definition_type: trace.decision_type.clone(),
            output: trace.output().unwrap_or_else(|| "null".to_owned()),
            tenant_id: tenant.clone(),
            matched_rules: trace.matched_rules(),
            evaluated_inputs: trace.inputs(),
            decision_definition_key: version.map(|(key, _)| *key),
            decision_evaluation_instance_key: NO_KEY,
        }
    }
}
