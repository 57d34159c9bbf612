//! Evaluating a decision for a client: nothing is kept of it.

use dmn::EvaluatedDecision;
use engine::conditions::Given;
use feel::EvaluationContext;
use types::{Json, SharedStr, Timestamp, Variables};

use super::Decision;
use crate::error::Error;

/// What a decision came to.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The result, or why there is none.
    pub outcome: Result<Json, Undecided>,
    /// All decisions that were evaluated for it, as [`engine::decision_record`] writes them.
    pub evaluated: Json,
}

/// Why a decision came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Undecided {
    /// The id of the decision that could not be evaluated: the one asked for, or one that it requires.
    pub decision_id: SharedStr,
    /// Why.
    pub message: SharedStr,
}

impl Decision {
    /// Evaluates the decision at a point in time; takes as much computing as one evaluation may.
    ///
    /// # Errors
    /// What the decision took is more than an answer may be.
    pub(crate) fn evaluate(&self, variables: &Variables, at: Timestamp, seed: u64) -> Result<Decided, Error> {
        let now = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        let context = EvaluationContext::new(now, seed);
        match self.model.evaluate(&self.record.decision_id, &Given(variables), &context) {
            Ok(evaluation) => {
                let outcome = Ok(Json::from_trusted(evaluation.output));
                Ok(Decided { outcome, evaluated: record(&evaluation.decisions)? })
            }
            Err(error) => {
                let message = SharedStr::from(error.to_string());
                let (decision_id, decisions) = match error {
                    dmn::Error::UnknownDecision { id } => (SharedStr::from(id), Vec::new()),
                    dmn::Error::Failed(failure) => (SharedStr::from(failure.id), failure.decisions),
                };
                Ok(Decided {
                    outcome: Err(Undecided { decision_id, message }),
                    evaluated: record(&decisions)?,
                })
            }
        }
    }
}

fn record(decisions: &[EvaluatedDecision]) -> Result<Json, Error> {
    engine::decision_record(decisions).map_err(|error| {
        engine::Rejection::InvalidArgument {
            field: "variables",
            message: format!("what the decision took with them cannot be told: {error}"),
        }
        .into()
    })
}
