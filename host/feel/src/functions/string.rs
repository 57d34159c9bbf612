//! Strings, character by character. Positions count characters (code points) from 1.

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::number::Number;
use crate::value::{Text, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "substring",
        &[&["string", "start position"], &["string", "start position", "length"]],
        substring,
    ),
    Builtin::new("string length", &[&["string"]], string_length),
    Builtin::new("upper case", &[&["string"]], upper_case),
    Builtin::new("lower case", &[&["string"]], lower_case),
    Builtin::new("substring before", &[&["string", "match"]], substring_before),
    Builtin::new("substring after", &[&["string", "match"]], substring_after),
    Builtin::new("contains", &[&["string", "match"]], contains),
    Builtin::new("starts with", &[&["string", "match"]], starts_with),
    Builtin::new("ends with", &[&["string", "match"]], ends_with),
    Builtin::new("trim", &[&["string"]], trim),
    Builtin::new("is blank", &[&["string"]], is_blank),
    Builtin::new(
        "string join",
        &[&["list"], &["list", "delimiter"], &["list", "delimiter", "prefix", "suffix"]],
        string_join,
    ),
];

fn substring<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    let position = whole(call, 1)?;
    let length = if call.arguments.len() > 2 { Some(whole(call, 2)?) } else { None };
    let count = text.chars().count();
    let first = match usize::try_from(position) {
        Ok(0) => return call.refuse(format_args!("positions begin at 1")),
        Ok(position) => position - 1,
        Err(_) => {
            let from_end = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
            count.saturating_sub(from_end)
        }
    };
    let length = match length {
        None => usize::MAX,
        Some(length) => match usize::try_from(length) {
            Ok(length) => length,
            Err(_) => return call.refuse(format_args!("the length {length} is negative")),
        },
    };
    let start = byte_of(&text, first);
    let end = byte_of(&text, first.saturating_add(length));
    call.evaluator.budget.allocate(end - start)?;
    Ok(Value::String(text.slice(start..end)))
}

/// A number of characters; a fraction does not count.
fn whole(call: &mut Call<'_, '_>, at: usize) -> Outcome<i64> {
    let number = call.number(at)?;
    match number.truncate_to_i64() {
        Some(whole) => Ok(whole),
        None => call.refuse(format_args!("the number {number} is out of range")),
    }
}

/// Where the character at `index` begins, or the end of the text.
fn byte_of(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

fn string_length<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Number(Number::from(call.text(0)?.chars().count())))
}

fn upper_case<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let upper = call.text(0)?.to_uppercase();
    call.evaluator.string(upper)
}

fn lower_case<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let lower = call.text(0)?.to_lowercase();
    call.evaluator.string(lower)
}

fn substring_before<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (text, pattern) = (call.text(0)?, call.text(1)?);
    part(call, &text, 0..text.find(&*pattern).unwrap_or(0))
}

fn substring_after<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (text, pattern) = (call.text(0)?, call.text(1)?);
    let start = text.find(&*pattern).map_or(text.len(), |at| at + pattern.len());
    part(call, &text, start..text.len())
}

fn trim<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    let start = text.len() - text.trim_start().len();
    part(call, &text, start..start + text.trim().len())
}

fn part<'a>(call: &mut Call<'a, '_>, text: &Text<'a>, range: std::ops::Range<usize>) -> Outcome<Value<'a>> {
    call.evaluator.budget.allocate(range.len())?;
    Ok(Value::String(text.slice(range)))
}

fn contains<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (text, pattern) = (call.text(0)?, call.text(1)?);
    Ok(Value::Boolean(text.contains(&*pattern)))
}

fn starts_with<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (text, pattern) = (call.text(0)?, call.text(1)?);
    Ok(Value::Boolean(text.starts_with(&*pattern)))
}

fn ends_with<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (text, pattern) = (call.text(0)?, call.text(1)?);
    Ok(Value::Boolean(text.ends_with(&*pattern)))
}

fn is_blank<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Boolean(call.text(0)?.trim().is_empty()))
}

/// Items that are null are left out; any other item that is no string makes the result null.
fn string_join<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let [delimiter, prefix, suffix] = [1, 2, 3].map(|at| call.value(at));
    for (at, affix) in [(1, delimiter), (2, prefix), (3, suffix)] {
        if !matches!(affix, Value::Null | Value::String(_)) {
            return call.wrong_type(at, "a string");
        }
    }
    let delimiter = delimiter.as_str().unwrap_or_default();
    let mut joined = prefix.as_str().unwrap_or_default().to_owned();
    let mut first = true;
    for item in list.iter() {
        let text = match &item {
            Value::Null => continue,
            Value::String(text) => text,
            other => return call.refuse(format_args!("expected a list of strings, found {other} in it")),
        };
        // Charged as it grows, since a long delimiter multiplies.
        call.evaluator.budget.allocate(delimiter.len() + text.len())?;
        if !first {
            joined.push_str(delimiter);
        }
        first = false;
        joined.push_str(text);
    }
    joined.push_str(suffix.as_str().unwrap_or_default());
    call.evaluator.budget.read(joined.len())?;
    Ok(Value::from(joined))
}
