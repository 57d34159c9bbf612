//! `POST /v2/conditionals/evaluation`.

use axum::Json;
use axum::extract::State;
use runtime::{ConditionalStart, EvaluateConditions};
use serde::{Deserialize, Serialize};
use types::{ConditionalEvaluationKey, ProcessDefinitionKey, ProcessInstanceKey, TenantId, Variables};

use crate::extract::{Caller, Json as Body, check_tenant};
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EvaluationRequest {
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(default)]
    process_definition_key: Option<ProcessDefinitionKey>,
    variables: Variables,
}

/// What has started.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evaluation {
    conditional_evaluation_key: ConditionalEvaluationKey,
    tenant_id: TenantId,
    process_instances: Vec<Started>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
}

/// Starts what begins when a condition holds. That none does is no error.
pub(crate) async fn evaluate(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<EvaluationRequest>,
) -> Result<Json<Evaluation>, Problem> {
    check_tenant("tenantId", request.tenant_id.as_deref())?;
    let tenant_id = caller.tenant.clone();
    let evaluate = EvaluateConditions {
        definition: request.process_definition_key,
        variables: request.variables,
        tenant: caller.tenant,
        actor: caller.actor,
    };
    let evaluated = state.handle.evaluate_conditions(evaluate).await?;
    let started = |ConditionalStart { definition, instance }| Started {
        process_definition_key: definition,
        process_instance_key: instance,
    };
    let process_instances = evaluated.started.into_iter().map(started).collect();
    Ok(Json(Evaluation { conditional_evaluation_key: evaluated.key, tenant_id, process_instances }))
}
