//! What decisions came to in instances: Camunda's decision instances.
//!
//! A search finds the decisions that were asked for. Those that they require are found by their place in the evaluation:
//! `{key}-1`, `{key}-2` and so on, the one asked for last.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::search::{
    Condition, DecisionEvaluationField, EvaluationRecord, Operand, Operator, PageRequest, Search, names,
};
use types::{
    DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, ElementInstanceKey, ProcessDefinitionKey,
    ProcessInstanceKey, SharedStr, TenantId, Timestamp,
};

use super::evaluated::{EvaluatedInput, MatchedRule, Trace};
use crate::extract::{OptionalJson, Path};
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

const STATES: Kind = Kind::Enum(&[names::EVALUATED, names::EVALUATION_FAILED, "UNSPECIFIED", "UNKNOWN"]);

const FIELDS: &[Field<DecisionEvaluationField>] = &[
    Field::stored("decisionEvaluationKey", Kind::Key, DecisionEvaluationField::DecisionEvaluationKey),
    Field::stored("processInstanceKey", Kind::Key, DecisionEvaluationField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, DecisionEvaluationField::ProcessDefinitionKey),
    Field::stored("elementInstanceKey", Kind::Key, DecisionEvaluationField::ElementInstanceKey),
    Field::stored("decisionDefinitionKey", Kind::Key, DecisionEvaluationField::DecisionDefinitionKey),
    // What is found is what was asked for.
    Field::stored("rootDecisionDefinitionKey", Kind::Key, DecisionEvaluationField::DecisionDefinitionKey),
    Field::stored("decisionDefinitionId", Kind::Text, DecisionEvaluationField::DecisionDefinitionId),
    Field::stored("decisionDefinitionName", Kind::Text, DecisionEvaluationField::DecisionDefinitionName),
    Field::stored(
        "decisionDefinitionVersion",
        Kind::Integer,
        DecisionEvaluationField::DecisionDefinitionVersion,
    ),
    Field::stored("decisionRequirementsKey", Kind::Key, DecisionEvaluationField::DecisionRequirementsKey),
    Field::stored("state", STATES, DecisionEvaluationField::State),
    Field::stored("evaluationDate", Kind::DateTime, DecisionEvaluationField::EvaluationDate),
    Field::stored("evaluationFailure", Kind::Text, DecisionEvaluationField::EvaluationFailure),
    Field::stored("tenantId", Kind::Text, DecisionEvaluationField::TenantId),
    Field::not_supported("decisionEvaluationInstanceKey"),
    Field::not_supported("decisionDefinitionType"),
];

/// What a decision came to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionInstance {
    decision_definition_id: SharedStr,
    decision_definition_key: DecisionKey,
    decision_definition_name: SharedStr,
    decision_definition_type: SharedStr,
    decision_definition_version: u32,
    decision_evaluation_instance_key: String,
    decision_evaluation_key: DecisionEvaluationKey,
    decision_requirements_key: Option<DecisionRequirementsKey>,
    element_instance_key: ElementInstanceKey,
    #[serde(serialize_with = "crate::time::serialize")]
    evaluation_date: Timestamp,
    evaluation_failure: Option<SharedStr>,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    /// JSON as text; empty when the decision failed.
    result: String,
    root_decision_definition_key: DecisionKey,
    root_process_instance_key: ProcessInstanceKey,
    state: &'static str,
    tenant_id: TenantId,
}

/// The same with inputs and matched rules.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WholeDecisionInstance {
    #[serde(flatten)]
    instance: DecisionInstance,
    evaluated_inputs: Vec<EvaluatedInput>,
    matched_rules: Vec<MatchedRule>,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<DecisionInstance>>, Problem> {
    let page = state.handle.store().search_decision_evaluations(&request.into_search(FIELDS)?).await?;
    let instances = page.items.iter().map(|record| record.evaluation.instance).collect();
    let surroundings = Surroundings::of_instances(&state, instances).await?;
    Ok(Json(SearchResponse::new(page, |record| {
        // What cannot be read any longer tells nothing of what was on the way.
        let traces = Trace::all(&record.evaluation.evaluated).unwrap_or_default();
        DecisionInstance::asked_for(record, &traces, &surroundings)
    })))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    Path(key): Path<String>,
) -> Result<Json<WholeDecisionInstance>, Problem> {
    let missing = || Problem::not_found(format!("no decision instance with key {key} exists"));
    let (evaluation, place) = match key.split_once('-') {
        Some((evaluation, place)) => (evaluation, Some(place.parse::<usize>().map_err(|_| missing())?)),
        None => (key.as_str(), None),
    };
    let evaluation: DecisionEvaluationKey = evaluation.parse()?;
    let this = Operator::Eq(Operand::Integer(evaluation.get()));
    let search = Search {
        conditions: vec![Condition::Field(DecisionEvaluationField::DecisionEvaluationKey, this)],
        page: PageRequest { limit: 1, ..PageRequest::default() },
        ..Search::default()
    };
    let mut found = state.handle.store().search_decision_evaluations(&search).await?;
    let record = found.items.pop().ok_or_else(missing)?;
    let traces = Trace::all(&record.evaluation.evaluated).map_err(|error| Problem::internal(&error))?;
    let surroundings = Surroundings::of_instances(&state, [record.evaluation.instance].into()).await?;
    let last = traces.len();
    let place = place.unwrap_or(last);
    let trace = place.checked_sub(1).and_then(|index| traces.get(index));
    let whole = |instance, trace: Option<&Trace>| {
        let evaluated_inputs = trace.map(Trace::inputs).unwrap_or_default();
        let matched_rules = trace.map(Trace::matched_rules).unwrap_or_default();
        Json(WholeDecisionInstance { instance, evaluated_inputs, matched_rules })
    };
    if place == last {
        return Ok(whole(DecisionInstance::asked_for(record, &traces, &surroundings), trace));
    }
    let trace = trace.ok_or_else(missing)?;
    let version = match record.requirements {
        Some(requirements) => {
            let twins = state.handle.store().decisions_in(requirements).await?;
            twins.into_iter().find(|twin| twin.decision_id == trace.decision_id)
        }
        None => None,
    };
    let mut instance = DecisionInstance::asked_for(record, &traces, &surroundings);
    instance.decision_evaluation_instance_key = format!("{evaluation}-{place}");
    instance.decision_definition_id = trace.decision_id.clone();
    instance.decision_definition_name = trace.decision_name.clone();
    instance.decision_definition_type = trace.decision_type.clone();
    instance.evaluation_failure = None;
    (instance.state, instance.result) = match trace.output() {
        Some(output) => (names::EVALUATED, output),
        None => (names::EVALUATION_FAILED, String::new()),
    };
    if let Some(version) = version {
        instance.decision_definition_key = version.key;
        instance.decision_definition_version = version.version;
    }
    Ok(whole(instance, Some(trace)))
}

impl DecisionInstance {
    /// The decision that was asked for.
    fn asked_for(record: EvaluationRecord, traces: &[Trace], surroundings: &Surroundings) -> Self {
        let EvaluationRecord { evaluation, decision_name, requirements } = record;
        let state = names::evaluation_state(&evaluation);
        let (result, evaluation_failure) = match evaluation.outcome {
            Ok(output) => (output.as_str().to_owned(), None),
            Err(failure) => (String::new(), Some(failure)),
        };
        let asked = traces.last().filter(|trace| trace.decision_id == evaluation.decision_id);
        Self {
            decision_definition_type: asked
                .map_or_else(|| "UNKNOWN".into(), |trace| trace.decision_type.clone()),
            decision_definition_name: decision_name.unwrap_or_else(|| evaluation.decision_id.clone()),
            decision_definition_id: evaluation.decision_id,
            decision_definition_key: evaluation.decision,
            decision_definition_version: evaluation.decision_version,
            decision_evaluation_instance_key: format!("{}-{}", evaluation.key, traces.len().max(1)),
            decision_evaluation_key: evaluation.key,
            decision_requirements_key: requirements,
            element_instance_key: evaluation.element_instance,
            evaluation_date: evaluation.at,
            evaluation_failure,
            process_definition_key: evaluation.definition,
            process_instance_key: evaluation.instance,
            result,
            root_decision_definition_key: evaluation.decision,
            root_process_instance_key: surroundings.root(evaluation.instance),
            state,
            tenant_id: evaluation.tenant,
        }
    }
}
