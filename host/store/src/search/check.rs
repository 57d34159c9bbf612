//! Bounds on what a search may ask: a caller's filter becomes a statement, whose size SQL engines limit.

use super::{Condition, Operator, Search};
use crate::Error;

/// Most conditions of a search, counted through all levels.
pub const CONDITIONS_MAX: usize = 200;
/// How deep [`Condition::Any`] may nest.
pub const CONDITION_DEPTH_MAX: usize = 8;
/// Most values that a search's conditions compare with.
pub const OPERANDS_MAX: usize = 10_000;
/// Most fields that a search sorts by.
pub const SORT_FIELDS_MAX: usize = 16;
/// Longest pattern of [`Operator::Like`], in bytes.
pub const PATTERN_BYTES_MAX: usize = 8_192;

/// Refuses a search past a limit with [`Error::SearchTooLarge`].
pub(crate) fn check<F>(search: &Search<F>) -> Result<(), Error> {
    within("sort fields", search.sort.len(), SORT_FIELDS_MAX)?;
    let mut size = Size::default();
    size.add(&search.conditions, 0)?;
    within("conditions", size.conditions, CONDITIONS_MAX)?;
    within("values to compare with", size.operands, OPERANDS_MAX)
}

#[derive(Default)]
struct Size {
    conditions: usize,
    operands: usize,
}

impl Size {
    fn add<F>(&mut self, conditions: &[Condition<F>], depth: usize) -> Result<(), Error> {
        within("levels of alternatives", depth, CONDITION_DEPTH_MAX)?;
        self.conditions += conditions.len();
        for condition in conditions {
            match condition {
                Condition::Field(_, operator) => self.add_operator(operator)?,
                Condition::Any(alternatives) => {
                    self.conditions += alternatives.len();
                    for alternative in alternatives {
                        self.add(alternative, depth + 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn add_operator(&mut self, operator: &Operator) -> Result<(), Error> {
        self.operands += match operator {
            Operator::In(operands) | Operator::NotIn(operands) => operands.len(),
            _ => 1,
        };
        match operator {
            Operator::Like(pattern) => within("bytes in a pattern", pattern.len(), PATTERN_BYTES_MAX),
            _ => Ok(()),
        }
    }
}

fn within(what: &'static str, found: usize, max: usize) -> Result<(), Error> {
    if found > max { Err(Error::SearchTooLarge { what, found, max }) } else { Ok(()) }
}
