//! From one type to another: text, numbers, JSON and Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Builtin, Call};
use crate::evaluate::{Evaluator, Outcome};
use crate::json::{self, check_json};
use crate::number::Number;
use crate::value::{Text, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("string", &[&["from"]], string),
    Builtin::new(
        "number",
        &[&["from"], &["from", "grouping separator"], &["from", "grouping separator", "decimal separator"]],
        number,
    ),
    Builtin::new("from json", &[&["value"], &["json"]], from_json),
    Builtin::new("to json", &[&["value"]], to_json),
    Builtin::new("to base64", &[&["value"]], to_base64),
    Builtin::new("from base64", &[&["value"]], from_base64),
];

fn string<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    // The standard writes null as text; Camunda lets it stay null.
    if let Value::String(_) | Value::Null = call.value(0) {
        return Ok(call.value(0).clone());
    }
    let mut text = String::new();
    write_text(call.evaluator, call.value(0), 0, &mut text)?;
    Ok(Value::from(text))
}

/// Writes a value as FEEL shows it, lists and contexts with all their items.
fn write_text<'a>(
    evaluator: &mut Evaluator<'a>,
    value: &Value<'a>,
    depth: u32,
    text: &mut String,
) -> Outcome<()> {
    use std::fmt::Write as _;
    evaluator.budget.step()?;
    evaluator.budget.check_depth(depth)?;
    match value {
        Value::List(list) => {
            evaluator.budget.scan(list.raw_bytes())?;
            text.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_text(evaluator, &item, depth + 1, text)?;
            }
            text.push(']');
        }
        Value::Context(context) => {
            evaluator.budget.scan(context.raw_bytes())?;
            text.push('{');
            for (index, (key, value)) in context.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                evaluator.budget.allocate(key.len())?;
                text.push_str(&key);
                text.push(':');
                write_text(evaluator, &value, depth + 1, text)?;
            }
            text.push('}');
        }
        Value::String(string) => {
            evaluator.budget.allocate(string.len())?;
            text.push('"');
            text.push_str(string);
            text.push('"');
        }
        other => {
            let before = text.len();
            // Writing into a string cannot fail.
            let _ = write!(text, "{other}");
            evaluator.budget.allocate(text.len() - before)?;
        }
    }
    Ok(())
}

fn number<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    for at in [1, 2] {
        if !matches!(call.value(at), Value::Null | Value::String(_)) {
            return call.wrong_type(at, "a string");
        }
    }
    let parsed = match (call.value(1).as_str(), call.value(2).as_str()) {
        (None, None) => Number::parse(&text),
        (grouping, decimal) => {
            let allowed = grouping.is_none_or(|grouping| matches!(grouping, " " | "," | "."))
                && decimal.is_none_or(|decimal| matches!(decimal, "," | "."));
            if !allowed || grouping == decimal {
                return call.refuse(format_args!(
                    "the separators must be two different ones of comma, point and space"
                ));
            }
            let plain = text.replace(grouping.unwrap_or_default(), "");
            Number::parse(&plain.replace(decimal.unwrap_or("."), "."))
        }
    };
    match parsed {
        Some(number) => Ok(Value::Number(number)),
        None => call.refuse(format_args!("\"{}\" is no number", json::excerpt(&text))),
    }
}

fn from_json<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    if let Err(error) = check_json(&text) {
        return call.refuse(format_args!("{error}"));
    }
    let value = match text.borrowed() {
        Some(text) => Value::from_json(text),
        None => match Value::from_json(&text) {
            Ok(value) => return owned(call.evaluator, &value),
            Err(error) => Err(error),
        },
    };
    value.or_else(|error| call.refuse(format_args!("{error}")))
}

/// A copy that borrows nothing. What is nested was limited when the JSON was checked.
fn owned<'a>(evaluator: &mut Evaluator<'a>, value: &Value<'_>) -> Outcome<Value<'a>> {
    Ok(match value {
        Value::Boolean(value) => Value::Boolean(*value),
        Value::Number(value) => Value::Number(*value),
        Value::String(text) => evaluator.string(text.to_string())?,
        Value::List(list) => {
            evaluator.budget.scan(list.raw_bytes())?;
            let mut items = Vec::new();
            for item in list.iter() {
                items.push(owned(evaluator, &item)?);
            }
            evaluator.list(items)?
        }
        Value::Context(context) => {
            evaluator.budget.scan(context.raw_bytes())?;
            let mut entries = Vec::new();
            for (key, value) in context.iter() {
                evaluator.budget.allocate(key.len())?;
                entries.push((Text::from(key.to_string()), owned(evaluator, &value)?));
            }
            evaluator.context(entries)?
        }
        _ => Value::Null,
    })
}

fn to_json<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut text = String::new();
    let mut writer = json::Writer::new(&mut text);
    let written = writer.value(call.value(0), 0);
    // What was gone through counts, whether or not it has led to a text.
    call.evaluator.budget.scan(writer.bytes_read())?;
    match written {
        Ok(()) => call.evaluator.string(text),
        Err(error) => call.refuse(format_args!("{error}")),
    }
}

fn to_base64<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let encoded = STANDARD.encode(call.text(0)?.as_bytes());
    call.evaluator.string(encoded)
}

fn from_base64<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let decoded = STANDARD.decode(call.text(0)?.as_bytes()).ok();
    match decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => call.evaluator.string(text),
        None => call.refuse(format_args!("the argument is no Base64 of a text")),
    }
}
