//! Numbers: rounding and mathematics.

use std::ops::RangeInclusive;

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::json;
use crate::number::{Number, Rounding};
use crate::value::{DaysTimeDuration, Value, YearsMonthsDuration};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("decimal", &[&["n", "scale"], &["n", "scale", "mode"]], decimal),
    Builtin::new("floor", &[&["n"], &["n", "scale"]], |call| round(call, Rounding::Floor)),
    Builtin::new("ceiling", &[&["n"], &["n", "scale"]], |call| round(call, Rounding::Ceiling)),
    Builtin::new("round up", &[&["n", "scale"], &["n"]], |call| round(call, Rounding::Up)),
    Builtin::new("round down", &[&["n", "scale"], &["n"]], |call| round(call, Rounding::Down)),
    Builtin::new("round half up", &[&["n", "scale"], &["n"]], |call| round(call, Rounding::HalfUp)),
    Builtin::new("round half down", &[&["n", "scale"], &["n"]], |call| round(call, Rounding::HalfDown)),
    Builtin::new("abs", &[&["number"], &["n"]], abs),
    Builtin::new("modulo", &[&["dividend", "divisor"]], modulo),
    Builtin::new("sqrt", &[&["number"]], sqrt),
    Builtin::new("log", &[&["number"]], log),
    Builtin::new("exp", &[&["number"]], exp),
    Builtin::new("odd", &[&["number"]], odd),
    Builtin::new("even", &[&["number"]], even),
];

/// Digits after the decimal point that a number may be rounded to.
const SCALES: RangeInclusive<i32> = -6111..=-Number::EXPONENT_MIN;

/// What a root or a transcendental function costs.
const MATHEMATICS_STEPS: u64 = 20;

/// Rounds half to even, or as a mode of Java's `RoundingMode` says.
fn decimal<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    if call.arguments.len() < 3 {
        return round(call, Rounding::HalfEven);
    }
    let mode = call.text(2)?;
    let rounding = match &*mode.to_uppercase() {
        "UP" => Rounding::Up,
        "DOWN" => Rounding::Down,
        "CEILING" => Rounding::Ceiling,
        "FLOOR" => Rounding::Floor,
        "HALF_UP" => Rounding::HalfUp,
        "HALF_DOWN" => Rounding::HalfDown,
        "HALF_EVEN" => Rounding::HalfEven,
        _ => {
            return call.refuse(format_args!(
                "\"{}\" is none of UP, DOWN, CEILING, FLOOR, HALF_UP, HALF_DOWN and HALF_EVEN",
                json::excerpt(&mode)
            ));
        }
    };
    round(call, rounding)
}

fn round<'a>(call: &mut Call<'a, '_>, rounding: Rounding) -> Outcome<Value<'a>> {
    let number = call.number(0)?;
    let scale = if call.arguments.len() > 1 { call.integer(1)? } else { 0 };
    match i32::try_from(scale).ok().filter(|scale| SCALES.contains(scale)) {
        Some(scale) => call.number_or_null(number.round(scale, rounding)),
        None => call.refuse(format_args!("the scale {scale} is out of range")),
    }
}

fn abs<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    match &call.single(0)? {
        Value::YearsMonthsDuration(duration) => {
            Ok(YearsMonthsDuration { months: duration.months.saturating_abs() }.into())
        }
        Value::DaysTimeDuration(duration) if duration.0.is_negative() => match duration.0.checked_neg() {
            Some(duration) => Ok(DaysTimeDuration(duration).into()),
            None => call.refuse(format_args!("the duration is out of range")),
        },
        Value::DaysTimeDuration(duration) => Ok((*duration).into()),
        Value::Number(number) => Ok(number.abs().into()),
        _ => call.wrong_type(0, "a number or a duration"),
    }
}

fn modulo<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (dividend, divisor) = (call.number(0)?, call.number(1)?);
    let remainder = remainder(call, dividend, divisor)?;
    call.number_or_null(remainder)
}

/// The remainder of a division, which takes the longer the farther the numbers are apart.
fn remainder(call: &mut Call<'_, '_>, dividend: Number, divisor: Number) -> Outcome<Option<Number>> {
    call.evaluator.budget.step_by(dividend.modulo_steps(divisor))?;
    Ok(dividend.modulo(divisor))
}

fn sqrt<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    call.evaluator.budget.step_by(MATHEMATICS_STEPS)?;
    let root = call.number(0)?.square_root();
    call.number_or_null(root)
}

fn log<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    call.evaluator.budget.step_by(MATHEMATICS_STEPS)?;
    let logarithm = Number::from_f64(call.number(0)?.to_f64().ln());
    call.number_or_null(logarithm)
}

fn exp<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    call.evaluator.budget.step_by(MATHEMATICS_STEPS)?;
    let power = Number::from_f64(call.number(0)?.to_f64().exp());
    call.number_or_null(power)
}

fn odd<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let number = call.number(0)?;
    Ok(Value::Boolean(remainder(call, number, Number::from(2))? == Some(Number::ONE)))
}

fn even<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let number = call.number(0)?;
    Ok(Value::Boolean(remainder(call, number, Number::from(2))? == Some(Number::ZERO)))
}
