//! Equality and order.

use std::cmp::Ordering;

use super::{Evaluator, Outcome};
use crate::error::{EvaluationError, WarningKind};
use crate::parse::{CompareOperator, Node};
use crate::span::Span;
use crate::value::{DateTime, Value};

/// Whether two values are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Equality {
    Equal,
    Different,
    /// Values of different types. Inside of lists and contexts they are different, as in Camunda.
    NotComparable,
}

impl From<bool> for Equality {
    fn from(equal: bool) -> Equality {
        if equal { Equality::Equal } else { Equality::Different }
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn compare(
        &mut self,
        operator: CompareOperator,
        nodes: &'a [Node; 2],
        span: Span,
    ) -> Outcome<Value<'a>> {
        let left = self.evaluate(&nodes[0])?;
        let right = self.evaluate(&nodes[1])?;
        self.compared(operator, &left, &right, span)
    }

    /// Whether two values compare as the operator says; null when they do not compare.
    pub(crate) fn compared(
        &mut self,
        operator: CompareOperator,
        left: &Value<'a>,
        right: &Value<'a>,
        span: Span,
    ) -> Outcome<Value<'a>> {
        use CompareOperator::*;
        let holds = match operator {
            Equal | NotEqual => {
                let wanted = if operator == Equal { Equality::Equal } else { Equality::Different };
                match self.equality(left, right, 0)? {
                    Equality::NotComparable => return self.not_comparable(left, right, span),
                    equality => equality == wanted,
                }
            }
            _ => {
                let Some(order) = self.order(left, right)? else {
                    return self.not_comparable(left, right, span);
                };
                match operator {
                    Less => order == Ordering::Less,
                    LessOrEqual => order != Ordering::Greater,
                    Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }
            }
        };
        Ok(Value::Boolean(holds))
    }

    pub(super) fn between(&mut self, nodes: &'a [Node; 3], span: Span) -> Outcome<Value<'a>> {
        let value = self.evaluate(&nodes[0])?;
        let low = self.evaluate(&nodes[1])?;
        let high = self.evaluate(&nodes[2])?;
        for bound in [&low, &high] {
            if self.order(&value, bound)?.is_none() {
                return self.not_comparable(&value, bound, span);
            }
        }
        let above = self.order(&value, &low)? != Some(Ordering::Less);
        let below = self.order(&value, &high)? != Some(Ordering::Greater);
        Ok(Value::Boolean(above && below))
    }

    /// The order of two values of the same type, if it has one.
    pub(crate) fn order(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
    ) -> Result<Option<Ordering>, EvaluationError> {
        Ok(match (left, right) {
            (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
            (Value::String(left), Value::String(right)) => {
                self.budget.read(left.len().min(right.len()))?;
                Some((**left).cmp(&**right))
            }
            (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
            (Value::Time(left), Value::Time(right)) => left.compare(right),
            (Value::DateTime(left), Value::DateTime(right)) => left.compare(right),
            (Value::Date(left), Value::DateTime(right)) => DateTime::midnight(*left).compare(right),
            (Value::DateTime(left), Value::Date(right)) => left.compare(&DateTime::midnight(*right)),
            (Value::YearsMonthsDuration(left), Value::YearsMonthsDuration(right)) => Some(left.cmp(right)),
            (Value::DaysTimeDuration(left), Value::DaysTimeDuration(right)) => Some(left.cmp(right)),
            _ => None,
        })
    }

    /// Whether two values are equal, `depth` levels inside of the values that are compared.
    pub(crate) fn equality(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        depth: u32,
    ) -> Result<Equality, EvaluationError> {
        Ok(match (left, right) {
            (Value::Null, Value::Null) => Equality::Equal,
            (Value::Null, _) | (_, Value::Null) => Equality::Different,
            (Value::Boolean(left), Value::Boolean(right)) => (left == right).into(),
            (Value::String(left), Value::String(right)) => {
                self.budget.read(left.len().min(right.len()))?;
                (left == right).into()
            }
            (Value::List(_), Value::List(_))
            | (Value::Context(_), Value::Context(_))
            | (Value::Range(_), Value::Range(_)) => {
                self.budget.check_depth(depth)?;
                self.equality_inside(left, right, depth + 1)?
            }
            // No time at all is the same in months and in days; any other number of months has no fixed length.
            (Value::YearsMonthsDuration(months), Value::DaysTimeDuration(days))
            | (Value::DaysTimeDuration(days), Value::YearsMonthsDuration(months))
                if months.months == 0 && days.0.is_zero() =>
            {
                Equality::Equal
            }
            _ => match self.order(left, right)? {
                Some(order) => (order == Ordering::Equal).into(),
                None => Equality::NotComparable,
            },
        })
    }

    fn equality_inside(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        depth: u32,
    ) -> Result<Equality, EvaluationError> {
        match (left, right) {
            (Value::List(left), Value::List(right)) => {
                self.budget.scan(left.raw_bytes() + right.raw_bytes())?;
                let (mut left, mut right) = (left.iter(), right.iter());
                loop {
                    self.budget.step()?;
                    let (left, right) = match (left.next(), right.next()) {
                        (Some(left), Some(right)) => (left, right),
                        (None, None) => return Ok(Equality::Equal),
                        _ => return Ok(Equality::Different),
                    };
                    if self.equality(&left, &right, depth)? != Equality::Equal {
                        return Ok(Equality::Different);
                    }
                }
            }
            (Value::Context(left), Value::Context(right)) => {
                self.budget.scan(left.raw_bytes() + right.raw_bytes())?;
                let count = left.len();
                self.budget.step_by(count as u64)?;
                if count != right.len() {
                    return Ok(Equality::Different);
                }
                for (key, value) in left.iter() {
                    self.budget.search(right, &key)?;
                    let Some(other) = right.get(&key) else {
                        return Ok(Equality::Different);
                    };
                    if self.equality(&value, &other, depth)? != Equality::Equal {
                        return Ok(Equality::Different);
                    }
                }
                Ok(Equality::Equal)
            }
            (Value::Range(left), Value::Range(right)) => {
                let closed = left.form == right.form
                    && left.start_included == right.start_included
                    && left.end_included == right.end_included;
                let start = self.same_bound(&left.start, &right.start, depth)?;
                let end = self.same_bound(&left.end, &right.end, depth)?;
                Ok((closed && start && end).into())
            }
            _ => Ok(Equality::NotComparable),
        }
    }

    fn same_bound(
        &mut self,
        left: &Option<Value<'a>>,
        right: &Option<Value<'a>>,
        depth: u32,
    ) -> Result<bool, EvaluationError> {
        match (left, right) {
            (Some(left), Some(right)) => Ok(self.equality(left, right, depth)? == Equality::Equal),
            (left, right) => Ok(left.is_none() && right.is_none()),
        }
    }

    pub(super) fn not_comparable(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        span: Span,
    ) -> Outcome<Value<'a>> {
        self.null(WarningKind::NotComparable, span, format_args!("{left} cannot be compared with {right}"))
    }
}
