//! What was evaluated on the way to a result: as the engine keeps it, and as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use types::{Json, SharedStr};

/// One decision as [`engine::decision_record`] writes it. Values are JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Trace {
    pub(super) decision_id: SharedStr,
    pub(super) decision_name: SharedStr,
    pub(super) decision_type: SharedStr,
    pub(super) output: Option<Box<RawValue>>,
    #[serde(default)]
    inputs: Vec<Input>,
    #[serde(default)]
    matched_rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    input_id: Option<SharedStr>,
    input_name: SharedStr,
    input_value: Box<RawValue>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    rule_id: Option<SharedStr>,
    rule_index: u64,
    outputs: Vec<Output>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    output_id: Option<SharedStr>,
    output_name: SharedStr,
    output_value: Box<RawValue>,
}

/// An input of a decision table, with its value as JSON text. What has no id in the model has an empty one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvaluatedInput {
    input_id: SharedStr,
    input_name: SharedStr,
    input_value: String,
}

/// A rule that matched.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MatchedRule {
    rule_id: SharedStr,
    rule_index: u64,
    evaluated_outputs: Vec<EvaluatedOutput>,
}

/// An output of a rule that matched, with its value as JSON text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvaluatedOutput {
    output_id: SharedStr,
    output_name: SharedStr,
    output_value: String,
    rule_id: SharedStr,
    rule_index: u64,
}

impl Trace {
    /// All decisions that were evaluated, in that order.
    pub(super) fn all(evaluated: &Json) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_str(evaluated.as_str())
    }

    /// What it came to, as JSON text.
    pub(super) fn output(&self) -> Option<String> {
        self.output.as_deref().map(|output| output.get().to_owned())
    }

    pub(super) fn inputs(&self) -> Vec<EvaluatedInput> {
        let input = |input: &Input| EvaluatedInput {
            input_id: input.input_id.clone().unwrap_or_default(),
            input_name: input.input_name.clone(),
            input_value: input.input_value.get().to_owned(),
        };
        self.inputs.iter().map(input).collect()
    }

    pub(super) fn matched_rules(&self) -> Vec<MatchedRule> {
        self.matched_rules.iter().map(MatchedRule::from).collect()
    }
}

impl From<&Rule> for MatchedRule {
    fn from(rule: &Rule) -> Self {
        let rule_id = rule.rule_id.clone().unwrap_or_default();
        let output = |output: &Output| EvaluatedOutput {
            output_id: output.output_id.clone().unwrap_or_default(),
            output_name: output.output_name.clone(),
            output_value: output.output_value.get().to_owned(),
            rule_id: rule_id.clone(),
            rule_index: rule.rule_index,
        };
        let evaluated_outputs = rule.outputs.iter().map(output).collect();
        Self { rule_id: rule_id.clone(), rule_index: rule.rule_index, evaluated_outputs }
    }
}
