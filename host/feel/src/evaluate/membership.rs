//! `in`, and the unary tests of decision tables.

use std::cmp::Ordering;

use super::{Equality, Evaluator, Interrupt, Outcome};
use crate::error::EvaluationError;
use crate::parse::{Node, ParsedTests, Span, Test, Tests};
use crate::value::{Range, Value};

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
            Test::Value { node, mentions_input } => match self.evaluate(node)? {
                Value::Boolean(holds) if *mentions_input => Ok(Value::Boolean(holds)),
                value => self.matches(input, &value),
            },
        }
    }

    /// Whether `input` equals a value, lies in a range or is in a list.
    fn matches(&mut self, input: &Value<'a>, value: &Value<'a>) -> Outcome<Value<'a>> {
        match value {
            Value::Range(range) if !matches!(input, Value::Range(_)) => self.in_range(input, range),
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
            _ => Ok(Value::Boolean(self.equality(input, value, 0)? == Equality::Equal)),
        }
    }

    /// Whether a value lies in a range; null if it does not compare with the bounds.
    pub(crate) fn in_range(&mut self, value: &Value<'a>, range: &Range<'a>) -> Outcome<Value<'a>> {
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
