//! Sums, products, powers and the sign: of numbers, strings, dates, times and durations.

use jiff::SignedDuration;

use super::{Evaluator, Outcome};
use crate::error::WarningKind;
use crate::number::Number;
use crate::parse::{ArithmeticOperator, Node};
use crate::span::Span;
use crate::value::{Date, DateTime, DaysTimeDuration, Text, Value, YearsMonthsDuration, Zone};

impl<'a> Evaluator<'a> {
    pub(super) fn arithmetic(
        &mut self,
        first: &'a Node,
        rest: &'a [(ArithmeticOperator, Node)],
        span: Span,
    ) -> Outcome<Value<'a>> {
        let mut left = self.evaluate(first)?;
        for (operator, node) in rest {
            let right = self.evaluate(node)?;
            left = self.calculate(*operator, left, right, span)?;
        }
        Ok(left)
    }

    pub(super) fn negate(&mut self, operand: &'a Node, span: Span) -> Outcome<Value<'a>> {
        match self.evaluate(operand)? {
            Value::Number(number) => Ok(Value::Number(-number)),
            Value::YearsMonthsDuration(duration) => Ok(Value::YearsMonthsDuration(YearsMonthsDuration {
                months: duration.months.saturating_neg(),
            })),
            Value::DaysTimeDuration(duration) => match duration.0.checked_neg() {
                Some(negated) => Ok(Value::DaysTimeDuration(DaysTimeDuration(negated))),
                None => self.out_of_range(span),
            },
            other => self.null(WarningKind::InvalidType, span, format_args!("{other} has no negative")),
        }
    }

    fn calculate(
        &mut self,
        operator: ArithmeticOperator,
        left: Value<'a>,
        right: Value<'a>,
        span: Span,
    ) -> Outcome<Value<'a>> {
        if let (Value::Number(left), Value::Number(right)) = (&left, &right) {
            return self.calculate_numbers(operator, *left, *right, span);
        }
        let result = match operator {
            ArithmeticOperator::Add => match (&left, &right) {
                (Value::String(left), Value::String(right)) => return self.joined(left, right),
                _ => added(&left, &right),
            },
            ArithmeticOperator::Subtract => subtracted(&left, &right),
            ArithmeticOperator::Multiply => multiplied(&left, &right),
            ArithmeticOperator::Divide => divided(&left, &right),
            ArithmeticOperator::Power => Calculation::Undefined,
        };
        match result {
            Calculation::Value(value) => Ok(value),
            Calculation::OutOfRange => self.out_of_range(span),
            Calculation::LocalAndNot => {
                let message = format_args!("cannot subtract {right} from {left}: one of them is local");
                self.null(WarningKind::InvalidType, span, message)
            }
            Calculation::Undefined => {
                let operation = match operator {
                    ArithmeticOperator::Add => "add",
                    ArithmeticOperator::Subtract => "subtract",
                    ArithmeticOperator::Multiply => "multiply",
                    ArithmeticOperator::Divide => "divide",
                    ArithmeticOperator::Power => "raise to a power",
                };
                let message = format_args!("cannot {operation} {left} and {right}");
                self.null(WarningKind::InvalidType, span, message)
            }
        }
    }

    fn calculate_numbers(
        &mut self,
        operator: ArithmeticOperator,
        left: Number,
        right: Number,
        span: Span,
    ) -> Outcome<Value<'a>> {
        let result = match operator {
            ArithmeticOperator::Add => left.checked_add(right),
            ArithmeticOperator::Subtract => left.checked_sub(right),
            ArithmeticOperator::Multiply => left.checked_mul(right),
            ArithmeticOperator::Divide if right.is_zero() => {
                return self.null(
                    WarningKind::OutOfRange,
                    span,
                    format_args!("cannot divide {left} by zero"),
                );
            }
            ArithmeticOperator::Divide => left.checked_div(right),
            ArithmeticOperator::Power => {
                self.budget.step_by(POWER_STEPS)?;
                left.power(right)
            }
        };
        match result {
            Some(number) => Ok(Value::Number(number)),
            None => self.out_of_range(span),
        }
    }

    fn joined(&mut self, left: &Text<'a>, right: &Text<'a>) -> Outcome<Value<'a>> {
        // The budget comes first: two strings within the limit may exceed it together.
        self.budget.allocate(left.len() + right.len())?;
        self.budget.read(left.len() + right.len())?;
        let mut joined = String::with_capacity(left.len() + right.len());
        joined.push_str(left);
        joined.push_str(right);
        Ok(Value::from(joined))
    }

    fn out_of_range(&mut self, span: Span) -> Outcome<Value<'a>> {
        self.null(WarningKind::OutOfRange, span, format_args!("the result is out of range"))
    }
}

/// What a power costs, at up to 31 multiplications.
const POWER_STEPS: u64 = 20;

enum Calculation<'a> {
    Value(Value<'a>),
    OutOfRange,
    /// Only one of two times has a zone.
    LocalAndNot,
    Undefined,
}

impl<'a, T> From<Option<T>> for Calculation<'a>
where
    Value<'a>: From<T>,
{
    fn from(result: Option<T>) -> Calculation<'a> {
        result.map_or(Calculation::OutOfRange, |value| Calculation::Value(value.into()))
    }
}

fn added<'a>(left: &Value<'a>, right: &Value<'a>) -> Calculation<'a> {
    use Value::*;
    match (left, right) {
        (Date(date), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Date(date)) => {
            duration.after(*date).into()
        }
        (Date(date), YearsMonthsDuration(duration)) | (YearsMonthsDuration(duration), Date(date)) => {
            duration.after(*date).into()
        }
        (DateTime(date_time), DaysTimeDuration(duration))
        | (DaysTimeDuration(duration), DateTime(date_time)) => date_time.plus(*duration).into(),
        (DateTime(date_time), YearsMonthsDuration(duration))
        | (YearsMonthsDuration(duration), DateTime(date_time)) => date_time.plus_months(*duration).into(),
        (Time(time), DaysTimeDuration(duration)) | (DaysTimeDuration(duration), Time(time)) => {
            Some(time.plus(*duration)).into()
        }
        (DaysTimeDuration(left), DaysTimeDuration(right)) => exact(left.0.checked_add(right.0)),
        (YearsMonthsDuration(left), YearsMonthsDuration(right)) => {
            months(left.months.checked_add(right.months))
        }
        _ => Calculation::Undefined,
    }
}

fn subtracted<'a>(left: &Value<'a>, right: &Value<'a>) -> Calculation<'a> {
    use Value::*;
    match (left, right) {
        (Date(left), Date(right)) => exact(Some(left.duration_since(*right))),
        (DateTime(left), DateTime(right)) => since(left, right),
        (Date(left), DateTime(right)) => since(&midnight_beside(*left, right), right),
        (DateTime(left), Date(right)) => since(left, &midnight_beside(*right, left)),
        (Time(left), Time(right)) if left.zone.is_local() != right.zone.is_local() => {
            Calculation::LocalAndNot
        }
        (Time(left), Time(right)) => left.since(right).into(),
        (_, DaysTimeDuration(duration)) => match duration.0.checked_neg() {
            Some(negated) => added(left, &DaysTimeDuration(self::DaysTimeDuration(negated))),
            None => Calculation::OutOfRange,
        },
        (_, YearsMonthsDuration(duration)) => match duration.months.checked_neg() {
            Some(months) => added(left, &YearsMonthsDuration(self::YearsMonthsDuration { months })),
            None => Calculation::OutOfRange,
        },
        _ => Calculation::Undefined,
    }
}

fn since<'a>(left: &DateTime, right: &DateTime) -> Calculation<'a> {
    if left.zone.is_local() != right.zone.is_local() {
        return Calculation::LocalAndNot;
    }
    left.since(right).into()
}

/// Midnight of a date that is computed with beside another value: in UTC, unless that is local.
fn midnight_beside(date: Date, other: &DateTime) -> DateTime {
    let zone = if other.zone.is_local() { Zone::LOCAL } else { Zone::UTC };
    DateTime { zone, ..DateTime::midnight(date) }
}

fn multiplied<'a>(left: &Value<'a>, right: &Value<'a>) -> Calculation<'a> {
    match (left, right) {
        (Value::DaysTimeDuration(duration), Value::Number(factor))
        | (Value::Number(factor), Value::DaysTimeDuration(duration)) => {
            let seconds = duration.seconds().and_then(|seconds| seconds.checked_mul(*factor));
            seconds.and_then(DaysTimeDuration::from_seconds).into()
        }
        (Value::YearsMonthsDuration(duration), Value::Number(factor))
        | (Value::Number(factor), Value::YearsMonthsDuration(duration)) => {
            months(Number::from(duration.months).checked_mul(*factor).and_then(Number::truncate_to_i64))
        }
        _ => Calculation::Undefined,
    }
}

fn divided<'a>(left: &Value<'a>, right: &Value<'a>) -> Calculation<'a> {
    match (left, right) {
        (Value::DaysTimeDuration(duration), Value::Number(divisor)) => {
            let seconds = duration.seconds().and_then(|seconds| seconds.checked_div(*divisor));
            seconds.and_then(DaysTimeDuration::from_seconds).into()
        }
        (Value::YearsMonthsDuration(duration), Value::Number(divisor)) => {
            months(Number::from(duration.months).checked_div(*divisor).and_then(Number::truncate_to_i64))
        }
        (Value::DaysTimeDuration(left), Value::DaysTimeDuration(right)) => {
            left.seconds().zip(right.seconds()).and_then(|(left, right)| left.checked_div(right)).into()
        }
        (Value::YearsMonthsDuration(left), Value::YearsMonthsDuration(right)) => {
            Number::from(left.months).checked_div(Number::from(right.months)).into()
        }
        _ => Calculation::Undefined,
    }
}

fn exact<'a>(duration: Option<SignedDuration>) -> Calculation<'a> {
    duration.map(DaysTimeDuration).into()
}

fn months<'a>(months: Option<i64>) -> Calculation<'a> {
    months.map(|months| YearsMonthsDuration { months }).into()
}
