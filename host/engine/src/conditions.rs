//! Conditional start events of processes: which of them happen with given variables.
//!
//! Nobody watches the variables of a process that has not begun: somebody says what they are, and each one given counts as
//! changed. So `variableNames` keeps a condition from being looked at when none of those is given, and `variableEvents` says
//! nothing here, because nobody knows what there was before.

use bpmn::Process;
use bpmn::model::{Catch, Condition, Element, ElementIndex, Trigger};
use feel::{EvaluationContext, EvaluationError, JsonError, Limits, Scope, Value};
use types::{SharedStr, Timestamp, Variables};

/// Steps that the conditions of one [`Evaluation`] take together at most: a second or two of computing.
pub const STEPS_MAX: u64 = 4 * Limits::STEPS_MAX;

/// Looks at the conditions of processes with one set of variables.
pub struct Evaluation<'v> {
    given: Given<'v>,
    context: EvaluationContext,
    steps_left: u64,
}

/// The conditions are too much work. A single one that is does not happen, and leaves the others theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the conditions take more than {STEPS_MAX} steps together")]
pub struct StepsExceeded;

/// Variables that nothing else is visible beside.
#[derive(Clone, Copy, Debug)]
pub struct Given<'v>(pub &'v Variables);

/// Whether conditions alone can start a process.
pub fn has_conditional_start(process: &Process) -> bool {
    conditional_starts(process).next().is_some()
}

impl<'v> Evaluation<'v> {
    /// Begins at a point in time.
    pub fn new(variables: &'v Variables, at: Timestamp, seed: u64) -> Self {
        let now = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        Self { given: Given(variables), context: EvaluationContext::new(now, seed), steps_left: STEPS_MAX }
    }

    /// The start events of a process that happen, in the model's order.
    ///
    /// # Errors
    /// Nothing is left of [`STEPS_MAX`].
    pub fn starts_of(&mut self, process: &Process) -> Result<Vec<SharedStr>, StepsExceeded> {
        let mut happened = Vec::new();
        for (element, catch) in conditional_starts(process) {
            let mut happens = catch.is_parallel;
            for trigger in &catch.triggers {
                let Trigger::Condition(condition) = trigger else { continue };
                happens = self.holds(condition)?;
                // One that does not hold is enough when all have to, and one that holds is when one has to.
                if happens != catch.is_parallel {
                    break;
                }
            }
            if happens {
                happened.push(SharedStr::from(&element.id));
            }
        }
        Ok(happened)
    }

    /// A condition that cannot be evaluated, most often for want of a variable, does not hold.
    fn holds(&mut self, condition: &Condition) -> Result<bool, StepsExceeded> {
        let names = &condition.variable_names;
        if !names.is_empty() && !names.iter().any(|name| self.given.0.get(name).is_some()) {
            return Ok(false);
        }
        self.context.limits.steps_max = self.steps_left.min(Limits::STEPS_MAX);
        self.context.seed = self.context.seed.wrapping_add(1);
        let mut steps = 0;
        let evaluation = condition.expression.evaluate_counting(&self.given, &self.context, &mut steps);
        self.steps_left = self.steps_left.saturating_sub(steps);
        match evaluation {
            Ok(evaluation) => Ok(evaluation.value.as_bool() == Some(true)),
            Err(EvaluationError::StepsExceeded { steps_max }) if steps_max < Limits::STEPS_MAX => {
                Err(StepsExceeded)
            }
            Err(_) => Ok(false),
        }
    }
}

/// Start events that conditions alone can make happen: one that waits for something else besides is not among them.
fn conditional_starts(process: &Process) -> impl Iterator<Item = (&Element, &Catch)> {
    let starts =
        process.element(ElementIndex::PROCESS).start_events.iter().map(|index| process.element(*index));
    starts.filter_map(|element| element.catch().map(|catch| (element, catch))).filter(|(_, catch)| {
        let mut triggers = catch.triggers.iter();
        let is_condition = |trigger: &Trigger| matches!(trigger, Trigger::Condition(_));
        match catch.is_parallel {
            true => triggers.all(is_condition),
            false => triggers.any(is_condition),
        }
    })
}

impl Scope for Given<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        Value::from_json(self.0.get(name)?.as_str()).ok()
    }

    fn unreadable(&self, name: &str) -> Option<JsonError> {
        Value::from_json(self.0.get(name)?.as_str()).err()
    }
}
