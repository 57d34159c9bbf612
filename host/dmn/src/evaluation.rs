//! What an evaluation came to, decision by decision.

use feel::EvaluationError;

use crate::model::DecisionKind;

/// A decision that was made, and all that it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// What the decision came to, as JSON.
    pub output: String,
    /// The decisions that were evaluated, in that order; the one that was asked for is the last.
    pub decisions: Vec<EvaluatedDecision>,
    /// Why parts of the output are null.
    pub warnings: Vec<Warning>,
    /// The steps that it took: see [`feel::Limits::steps_max`].
    pub steps: u64,
}

/// One decision on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedDecision {
    /// Its id in the model.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What kind of logic it has.
    pub kind: DecisionKind,
    /// The inputs of a decision table, as far as they were evaluated.
    pub inputs: Vec<EvaluatedInput>,
    /// The rules of a decision table that matched, in the order of the table.
    pub matched_rules: Vec<MatchedRule>,
    /// What it came to, as JSON; `None` where it failed.
    pub output: Option<String>,
}

/// An input of a decision table and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedInput {
    /// The input's id, if it has one.
    pub id: Option<String>,
    /// The input's label, or else its expression.
    pub name: String,
    /// The value as JSON.
    pub value: String,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedRule {
    /// The rule's id, if it has one.
    pub id: Option<String>,
    /// The rule's place in the table, from 1.
    pub index: usize,
    /// What it gives.
    pub outputs: Vec<EvaluatedOutput>,
}

/// One output of a rule that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedOutput {
    /// The output's id, if it has one.
    pub id: Option<String>,
    /// The output's label, or else its name.
    pub name: String,
    /// The value as JSON.
    pub value: String,
}

/// Why a part of a decision is null.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// The id of the decision.
    pub decision: String,
    /// The reason with names and values.
    pub message: String,
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The model has no such decision.
    #[error("there is no decision with the id '{id}'")]
    UnknownDecision {
        /// The id that was asked for.
        id: String,
    },
    /// A decision could not be evaluated.
    #[error(transparent)]
    Failed(Box<Failure>),
}

/// A decision that could not be evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("failed to evaluate decision '{name}': {reason}")]
pub struct Failure {
    /// The id of the decision that failed, which may be one that the decision asked for requires.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: Reason,
    /// The decisions evaluated up to then, the failed one last.
    pub decisions: Vec<EvaluatedDecision>,
    /// Why parts of their values are null.
    pub warnings: Vec<Warning>,
}

/// Why a decision could not be evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    /// The evaluation was stopped, most often because it is too much work.
    #[error(transparent)]
    Stopped(#[from] EvaluationError),
    /// More than one rule of a table with the hit policy UNIQUE matches.
    #[error("rules {first} and {second} match, although the hit policy UNIQUE allows only one")]
    NotUnique {
        /// The first rule that matches, from 1.
        first: usize,
        /// The second one.
        second: usize,
    },
    /// Rules of a table with the hit policy ANY disagree.
    #[error(
        "rules {first} and {second} match with different outputs, which the hit policy ANY does not allow"
    )]
    Different {
        /// The first rule that matches, from 1.
        first: usize,
        /// The first one that disagrees with it.
        second: usize,
    },
    /// A table that sums up or compares gives something else than numbers.
    #[error("rule {rule} gives {found}, and {aggregation} takes numbers only")]
    NotANumber {
        /// The rule, from 1.
        rule: usize,
        /// What it gives.
        found: String,
        /// The table's aggregation.
        aggregation: &'static str,
    },
    /// The decision was accepted by an earlier release, and this one cannot read it.
    #[error("{message}")]
    Unreadable {
        /// What is wrong with it.
        message: String,
    },
    /// The output has no JSON form.
    #[error("the output cannot be written as JSON: {message}")]
    NotJson {
        /// Why.
        message: String,
    },
}
