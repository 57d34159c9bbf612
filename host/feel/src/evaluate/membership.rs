//! `in`, and the unary tests of decision tables.

use std::cmp::Ordering;

use super::path::is_condition;
use super::{Equality, Evaluator, Interrupt, Outcome};
use crate::error::EvaluationError;
use crate::parse::{Kind, Node, ParsedTests, Test, Tests};
use crate::span::Span;
use crate::value::{Range, RangeForm, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn in_tests(&mut self, node: &'a Node, tests: &'a [Test], span: Span) -> Outcome<Value<'a>> {
        let value = self.evaluate(node)?;
        Ok(self.meets_one(&value, tests, span)?)
    }

    /// Whether `input` meets the tests of a cell.
    pub(crate) fn unary_tests(
        &mut self,
        input: Value<'a>,
        parsed: &'a ParsedTests,
    ) -> Result<Value<'a>, EvaluationError> {
        self.locals.push(input.clone());
        let span = Span { start: 0, end: 0 };
        match &parsed.tests {
            Tests::Any => Ok(Value::Boolean(true)),
            Tests::OneOf(tests) => self.meets_one(&input, tests, span),
            Tests::NoneOf(tests) => Ok(match self.meets_one(&input, tests, span)? {
                Value::Boolean(meets) => Value::Boolean(!meets),
                unknown => unknown,
            }),
        }
    }

    /// True if a test is met, false if none is, null if that cannot be said.
    fn meets_one(
        &mut self,
        input: &Value<'a>,
        tests: &'a [Test],
        span: Span,
    ) -> Result<Value<'a>, EvaluationError> {
        let mut all_known = true;
        for test in tests {
            let span = if span.end == 0 { test.node().span } else { span };
            match self.meets(input, test, span) {
                Ok(Value::Boolean(true)) => return Ok(Value::Boolean(true)),
                Ok(Value::Boolean(false)) => {}
                Ok(_) | Err(Interrupt::Null) => all_known = false,
                Err(Interrupt::Stop(error)) => return Err(error),
            }
        }
        Ok(if all_known { Value::Boolean(false) } else { Value::Null })
    }

    fn meets(&mut self, input: &Value<'a>, test: &'a Test, span: Span) -> Outcome<Value<'a>> {
        match test {
            Test::Compare(operator, node) => {
                let value = self.evaluate(node)?;
                self.compared(*operator, input, &value, span)
            }
            Test::Value { node, mentions_input } => {
                let warnings_count = self.warnings_count;
                let value = self.evaluate(node)?;
                match &value {
                    Value::Boolean(_) if *mentions_input => Ok(value),
                    // It asks something of the input, and does not answer with yes or no.
                    _ if *mentions_input => {
                        let message = format_args!("expected a boolean about `?`, found {value}");
                        self.explain(warnings_count, node.span, message);
                        Ok(Value::Null)
                    }
                    Value::Boolean(true) if holds_by_itself(node, input) => Ok(value),
                    _ => self.matches(input, &value, span),
                }
            }
        }
    }

    /// Whether `input` equals a value, lies in a range or is in a list.
    fn matches(&mut self, input: &Value<'a>, value: &Value<'a>, span: Span) -> Outcome<Value<'a>> {
        match value {
            Value::Range(range) if !matches!(input, Value::Range(_)) => match self.in_range(input, range)? {
                Value::Null => self.not_comparable(input, value, span),
                holds => Ok(holds),
            },
            Value::List(list) => {
                if matches!(input, Value::List(_)) && self.equality(input, value, 0)? == Equality::Equal {
                    return Ok(Value::Boolean(true));
                }
                self.budget.scan(list.raw_bytes())?;
                for item in list.iter() {
                    self.budget.step()?;
                    let holds = match &item {
                        Value::Range(range) => matches!(self.in_range(input, range)?, Value::Boolean(true)),
                        _ => self.equality(input, &item, 0)? == Equality::Equal,
                    };
                    if holds {
                        return Ok(Value::Boolean(true));
                    }
                }
                Ok(Value::Boolean(false))
            }
            _ => match self.equality(input, value, 0)? {
                Equality::NotComparable if !matches!(value, Value::Boolean(false)) => {
                    self.not_comparable(input, value, span)
                }
                equality => Ok(Value::Boolean(equality == Equality::Equal)),
            },
        }
    }

    /// Whether a value lies in a range; null if it does not compare with the bounds.
    pub(crate) fn in_range(&mut self, value: &Value<'a>, range: &Range<'a>) -> Outcome<Value<'a>> {
        if range.form != RangeForm::Interval {
            let bound = range.start.as_ref().unwrap_or(&Value::Null);
            return Ok(match self.equality(value, bound, 0)? {
                Equality::NotComparable => Value::Null,
                equality => {
                    let is_wanted = range.form == RangeForm::Equal;
                    Value::Boolean((equality == Equality::Equal) == is_wanted)
                }
            });
        }
        let above = match &range.start {
            None => true,
            Some(start) => match self.order(value, start)? {
                Some(order) => {
                    order == Ordering::Greater || (order == Ordering::Equal && range.start_included)
                }
                None => return Ok(Value::Null),
            },
        };
        let below = match &range.end {
            None => true,
            Some(end) => match self.order(value, end)? {
                Some(order) => order == Ordering::Less || (order == Ordering::Equal && range.end_included),
                None => return Ok(Value::Null),
            },
        };
        Ok(Value::Boolean(above && below))
    }
}

/// Whether a test that came to true holds whatever the input is. A boolean input is compared with a boolean that a name
/// stands for, and with `true` any input is.
fn holds_by_itself(node: &Node, input: &Value<'_>) -> bool {
    match &node.kind {
        Kind::Literal(_) => false,
        kind => is_condition(kind) || !matches!(input, Value::Boolean(_)),
    }
}
