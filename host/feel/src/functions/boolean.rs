//! Truth, and what is there at all.

use super::{Builtin, Call};
use crate::error::EvaluationError;
use crate::evaluate::{Interrupt, Outcome};
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("not", &[&["negand"]], not),
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
    if !call.has(0) {
        return call.nothing();
    }
    Ok(Value::Boolean(!call.boolean(0)?))
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
