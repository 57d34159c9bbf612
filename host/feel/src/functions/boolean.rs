//! Truth, and what is there at all.

use super::{Builtin, Call};
use crate::error::EvaluationError;
use crate::evaluate::{Equality, Interrupt, Outcome};
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("not", &[&["negand"]], not),
    Builtin::new("is", &[&["value1", "value2"]], is),
    Builtin::new("is defined", &[&["value"]], is_defined),
    Builtin::new("get or else", &[&["value", "default"]], get_or_else),
    Builtin::new("assert", &[&["value", "condition"], &["value", "condition", "cause"]], assert),
    Builtin::new(
        "fromAi",
        &[
            &["value"],
            &["value", "description"],
            &["value", "description", "type"],
            &["value", "description", "type", "schema"],
            &["value", "description", "type", "schema", "options"],
        ],
        from_ai,
    ),
];

fn not<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Boolean(!call.boolean(0)?))
}

/// Whether two values are of the same type and the same in every respect: the zone of a time counts too.
fn is<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (left, right) = (call.value(0), call.value(1));
    let same_zone = match (left, right) {
        (Value::Time(left), Value::Time(right)) => left.zone == right.zone,
        (Value::DateTime(left), Value::DateTime(right)) => left.zone == right.zone,
        _ => left.type_name() == right.type_name(),
    };
    Ok(Value::Boolean(same_zone && call.evaluator.equality(left, right, 0)? == Equality::Equal))
}

fn is_defined<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Boolean(call.has(0)))
}

fn get_or_else<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(call.value(if call.has(0) { 0 } else { 1 }).clone())
}

fn assert<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    if call.value(1).as_bool() == Some(true) {
        return Ok(call.value(0).clone());
    }
    let message = match call.value(2).as_str() {
        Some(cause) => cause.to_owned(),
        None => "the condition is not fulfilled".to_owned(),
    };
    Err(Interrupt::Stop(EvaluationError::AssertionFailed { message }))
}

/// Marks a value that an agent fills in; the mark itself means nothing to an evaluation.
fn from_ai<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(call.value(0).clone())
}
