//! Contexts: reading and changing entries by name.

use super::{Builtin, Call};
use crate::evaluate::{Evaluator, Interrupt, Outcome};
use crate::json;
use crate::value::{Text, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("get value", &[&["context", "key"], &["context", "keys"], &["m", "key"]], get_value),
    Builtin::new("get entries", &[&["context"], &["m"]], get_entries),
    Builtin::new("context put", &[&["context", "key", "value"], &["context", "keys", "value"]], context_put),
    Builtin::variadic("context merge", &[&["contexts"]], context_merge),
    // The names that Camunda had for these two first, and still knows.
    Builtin::new("put", &[&["context", "key", "value"]], context_put),
    Builtin::variadic("put all", &[&["contexts"]], context_merge),
    Builtin::new("context", &[&["entries"]], context),
];

/// The value at a key, or at the end of a list of keys.
fn get_value<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut value = Value::Context(call.context(0)?.clone());
    let keys = keys(call)?;
    if keys.is_empty() {
        return call.refuse(format_args!("expected at least one key"));
    }
    for key in keys {
        let Value::Context(context) = value else {
            return call.refuse(format_args!("{value} has no entry called '{}'", json::excerpt(&key)));
        };
        call.evaluator.budget.search(&context, &key)?;
        match context.get(&key) {
            Some(found) => value = found,
            None => {
                return call
                    .refuse(format_args!("the context has no entry called '{}'", json::excerpt(&key)));
            }
        }
    }
    Ok(value)
}

/// The second argument: a key, or a list of keys that lead inwards.
fn keys<'a>(call: &mut Call<'a, '_>) -> Outcome<Vec<Text<'a>>> {
    if let Value::String(key) = call.value(1) {
        return Ok(vec![key.clone()]);
    }
    let is_single = call.form.is_some_and(|form| form.parameter(1) == "key");
    if is_single || !matches!(call.value(1), Value::List(_)) {
        return call.wrong_type(1, "a string or a list of strings");
    }
    let mut keys = Vec::new();
    for key in call.list(1)?.iter() {
        match key {
            Value::String(key) => keys.push(key),
            other => return call.refuse(format_args!("expected a list of strings, found {other} in it")),
        }
    }
    Ok(keys)
}

fn get_entries<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let context = call.context(0)?;
    let mut entries = Vec::with_capacity(context.len());
    for (key, value) in context.iter() {
        let entry = vec![(Text::from("key"), Value::String(key)), (Text::from("value"), value)];
        entries.push(call.evaluator.context(entry)?);
    }
    call.evaluator.list(entries)
}

fn context_put<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    call.context(0)?;
    let keys = keys(call)?;
    if keys.is_empty() {
        return call.refuse(format_args!("expected at least one key"));
    }
    match put(call.evaluator, call.value(0), &keys, call.value(2)) {
        Err(Interrupt::Null) => {
            call.refuse(format_args!("an entry on the way to the last key is no context"))
        }
        changed => changed,
    }
}

/// `target` with `value` at the end of `keys`; contexts that are missing on the way there are added.
fn put<'a>(
    evaluator: &mut Evaluator<'a>,
    target: &Value<'a>,
    keys: &[Text<'a>],
    value: &Value<'a>,
) -> Outcome<Value<'a>> {
    let Some((key, inner)) = keys.split_first() else {
        return Ok(value.clone());
    };
    evaluator.budget.check_depth(u32::try_from(keys.len()).unwrap_or(u32::MAX))?;
    let mut entries = Vec::new();
    let mut old = Value::Null;
    match target {
        Value::Context(context) => {
            evaluator.budget.search(context, key)?;
            old = context.get(key).unwrap_or(Value::Null);
            entries.extend(context.iter());
        }
        Value::Null => {}
        // What is there would be lost.
        _ => return Err(Interrupt::Null),
    }
    entries.push((key.clone(), put(evaluator, &old, inner, value)?));
    evaluator.context(entries)
}

/// All entries of several contexts; a later one counts.
fn context_merge<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut entries = Vec::new();
    for item in call.items()? {
        let Value::Context(context) = item else {
            return call.refuse(format_args!("expected contexts, found {item} among them"));
        };
        call.evaluator.budget.scan(context.raw_bytes())?;
        call.evaluator.budget.step_by(context.len() as u64)?;
        entries.extend(context.iter());
    }
    call.evaluator.context(entries)
}

/// The reverse of `get entries`.
fn context<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let mut entries = Vec::with_capacity(list.len());
    for item in list.iter() {
        let entry = item.as_context().map(|entry| (entry.get("key"), entry.get("value")));
        match entry {
            Some((Some(Value::String(key)), Some(value))) => entries.push((key, value)),
            _ => return call.refuse(format_args!("expected contexts with the entries 'key' and 'value'")),
        }
    }
    call.evaluator.context(entries)
}
