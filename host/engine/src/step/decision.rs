//! Business rule tasks: the host has found the decision, the engine makes it.

use std::sync::Arc;

use bpmn::model::ElementKind;
use serde::Serialize;
use serde_json::value::RawValue;
use types::{
    DecisionEvaluationKey, ElementInstanceKey, Json, SharedStr, VARIABLES_BYTES_MAX, VariablesError,
};

use super::complete::Leave;
use super::evaluate::VisibleVariables;
use super::run::Run;
use super::trouble::Trouble;
use crate::command::CalledDecision;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::{ElementState, IncidentKind, Role};

impl Run<'_> {
    /// The decision that a business rule task has asked for, or why there is none.
    ///
    /// A task that has ended, or waits for an operator, waits for no decision any longer.
    pub(super) fn evaluate_decision(
        &mut self,
        key: ElementInstanceKey,
        decision: Result<Arc<CalledDecision>, String>,
    ) -> Result<(), Rejection> {
        let (Some(instance), Some((_, element))) = (self.state.element(key), self.element_of(key)) else {
            return Ok(());
        };
        let ElementKind::DecisionTask(task) = &element.kind else { return Ok(()) };
        if instance.state != ElementState::Active
            || instance.role == Role::Loop
            || self.state.incidents_of(key).next().is_some()
        {
            return Ok(());
        }
        let decision = match decision {
            Ok(decision) => decision,
            Err(why) => {
                self.raise(key, None, Trouble::new(IncidentKind::CalledDecisionError, why));
                return Ok(());
            }
        };
        let Made { output, evaluated } = self.make(key, &decision);
        let (output, failure) = match output {
            Ok(output) => (Some(output), None),
            Err(why) => (None, Some(SharedStr::from(why))),
        };
        let evaluation = DecisionEvaluationKey(self.new_key());
        self.emit(Event::DecisionEvaluated {
            key: evaluation,
            element_instance: key,
            decision: decision.key,
            decision_id: decision.decision_id.clone(),
            decision_version: decision.version,
            output: output.clone(),
            evaluated,
            failure: failure.clone(),
            at: self.at(),
        });
        match (output, failure) {
            (Some(output), _) => {
                let name = SharedStr::from(&task.result_variable);
                self.set_results(key, element, std::iter::once((name, output)).collect());
                self.complete(key, Leave::All);
            }
            (None, failure) => {
                let why = failure.unwrap_or_default();
                self.raise(key, None, Trouble::new(IncidentKind::DecisionEvaluationError, why));
            }
        }
        Ok(())
    }

    /// Makes a decision with the variables of its task, within what the step has left.
    fn make(&self, key: ElementInstanceKey, decision: &CalledDecision) -> Made {
        let now = jiff::Timestamp::from_millisecond(self.at().as_millis()).unwrap_or_default();
        let mut context = feel::EvaluationContext::new(now, self.allowance.next_seed(self.context.seed));
        context.limits.steps_max = self.allowance.feel_steps_left();
        let variables = VisibleVariables { state: self.state, scope: key };
        match decision.model.evaluate(&decision.decision_id, &variables, &context) {
            Ok(evaluation) => {
                self.allowance.spend_feel_steps(evaluation.steps);
                match record(&evaluation.decisions) {
                    Ok(evaluated) => Made {
                        output: Json::parse(&evaluation.output).map_err(|error| error.to_string()),
                        evaluated,
                    },
                    Err(error) => Made::failed(format!("what the decision took cannot be kept: {error}")),
                }
            }
            Err(error) => {
                self.allowance.spend_feel_steps(context.limits.steps_max);
                let evaluated = match &error {
                    dmn::Error::Failed(failure) => record(&failure.decisions).unwrap_or_else(|_| nothing()),
                    dmn::Error::UnknownDecision { .. } => nothing(),
                };
                Made { output: Err(error.to_string()), evaluated }
            }
        }
    }
}

/// What became of a decision.
struct Made {
    output: Result<Json, String>,
    evaluated: Json,
}

impl Made {
    fn failed(why: String) -> Self {
        Self { output: Err(why), evaluated: nothing() }
    }
}

fn nothing() -> Json {
    Json::from_trusted("[]")
}

/// One decision as the journal keeps it, by Camunda's names. Values are JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionRecord<'d> {
    decision_id: &'d str,
    decision_name: &'d str,
    decision_type: &'static str,
    output: Option<&'d RawValue>,
    inputs: Vec<InputRecord<'d>>,
    matched_rules: Vec<RuleRecord<'d>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InputRecord<'d> {
    input_id: Option<&'d str>,
    input_name: &'d str,
    input_value: &'d RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleRecord<'d> {
    rule_id: Option<&'d str>,
    rule_index: usize,
    outputs: Vec<OutputRecord<'d>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputRecord<'d> {
    output_id: Option<&'d str>,
    output_name: &'d str,
    output_value: &'d RawValue,
}

/// The decisions that were made, with inputs, matched rules and outputs, as a JSON array.
///
/// # Errors
/// They take more than the variables of a command may.
pub fn record(decisions: &[dmn::EvaluatedDecision]) -> Result<Json, VariablesError> {
    let raw = |text| serde_json::from_str::<&RawValue>(text).unwrap_or(RawValue::NULL);
    let records: Vec<_> = decisions
        .iter()
        .map(|decision| DecisionRecord {
            decision_id: &decision.id,
            decision_name: &decision.name,
            decision_type: type_name(decision.kind),
            output: decision.output.as_deref().map(raw),
            inputs: decision
                .inputs
                .iter()
                .map(|input| InputRecord {
                    input_id: input.id.as_deref(),
                    input_name: &input.name,
                    input_value: raw(&input.value),
                })
                .collect(),
            matched_rules: decision
                .matched_rules
                .iter()
                .map(|rule| RuleRecord {
                    rule_id: rule.id.as_deref(),
                    rule_index: rule.index,
                    outputs: rule
                        .outputs
                        .iter()
                        .map(|output| OutputRecord {
                            output_id: output.id.as_deref(),
                            output_name: &output.name,
                            output_value: raw(&output.value),
                        })
                        .collect(),
                })
                .collect(),
        })
        .collect();
    let text = serde_json::to_string(&records)
        .map_err(|error| VariablesError::Syntax { message: error.to_string() })?;
    if text.len() > VARIABLES_BYTES_MAX {
        return Err(VariablesError::TooLarge { bytes: text.len() });
    }
    Ok(Json::from_trusted(text))
}

/// Camunda's name of a kind of logic.
fn type_name(kind: dmn::DecisionKind) -> &'static str {
    match kind {
        dmn::DecisionKind::DecisionTable => "DECISION_TABLE",
        dmn::DecisionKind::LiteralExpression => "LITERAL_EXPRESSION",
        dmn::DecisionKind::Context => "CONTEXT",
        dmn::DecisionKind::Invocation => "INVOCATION",
        dmn::DecisionKind::Relation => "RELATION",
        dmn::DecisionKind::List => "LIST",
        dmn::DecisionKind::Function => "FUNCTION",
        dmn::DecisionKind::Conditional => "CONDITIONAL",
        dmn::DecisionKind::Iterator => "ITERATOR",
        dmn::DecisionKind::Filter => "FILTER",
        dmn::DecisionKind::Unknown => "UNKNOWN",
    }
}
