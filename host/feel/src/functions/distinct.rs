//! Telling equal values apart from new ones.

use std::collections::HashMap;

use crate::error::EvaluationError;
use crate::evaluate::{Equality, Evaluator};
use crate::value::Value;

/// Different values in the order in which they came. Simple values are found by hash, others one by one.
#[derive(Default)]
pub(super) struct Distinct<'a> {
    pub(super) values: Vec<Value<'a>>,
    simple: HashMap<String, usize>,
    others: Vec<usize>,
}

impl<'a> Distinct<'a> {
    /// Where the first value that equals `value` stands in [`Distinct::values`]; added when it is new.
    pub(super) fn place(
        &mut self,
        evaluator: &mut Evaluator<'a>,
        value: &Value<'a>,
    ) -> Result<(usize, bool), EvaluationError> {
        evaluator.budget.step()?;
        let next = self.values.len();
        let known = match key(value) {
            Some(key) => {
                evaluator.budget.allocate(key.len())?;
                let place = *self.simple.entry(key).or_insert(next);
                (place < next).then_some(place)
            }
            None => {
                let known = self.find(evaluator, value)?;
                if known.is_none() {
                    self.others.push(next);
                }
                known
            }
        };
        if let Some(place) = known {
            return Ok((place, false));
        }
        evaluator.budget.allocate(size_of::<Value<'_>>())?;
        self.values.push(value.clone());
        Ok((next, true))
    }

    fn find(
        &mut self,
        evaluator: &mut Evaluator<'a>,
        value: &Value<'a>,
    ) -> Result<Option<usize>, EvaluationError> {
        for place in &self.others {
            evaluator.budget.step()?;
            if evaluator.equality(&self.values[*place], value, 0)? == Equality::Equal {
                return Ok(Some(*place));
            }
        }
        Ok(None)
    }
}

/// Text that two simple values share exactly when they are equal.
fn key(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Null => "-".to_owned(),
        Value::Boolean(value) => format!("b{value}"),
        Value::Number(number) => format!("n{number}"),
        Value::String(text) => format!("s{}", &**text),
        _ => return None,
    })
}
