//! Lists. Positions count from 1; negative ones from the end.

use super::distinct::Distinct;
use super::{Builtin, Call};
use crate::evaluate::{Equality, Evaluator, Outcome};
use crate::number::Number;
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("list contains", &[&["list", "element"]], list_contains),
    Builtin::new("sublist", &[&["list", "start position"], &["list", "start position", "length"]], sublist),
    Builtin::variadic("append", &[&["list", "items"], &["list", "item"]], append),
    Builtin::variadic("concatenate", &[&["lists"], &["list"]], concatenate),
    Builtin::new("insert before", &[&["list", "position", "newItem"]], insert_before),
    Builtin::new("remove", &[&["list", "position"]], remove),
    Builtin::new(
        "list replace",
        &[&["list", "position", "newItem"], &["list", "match", "newItem"]],
        list_replace,
    ),
    Builtin::new("reverse", &[&["list"]], reverse),
    Builtin::new("index of", &[&["list", "match"]], index_of),
    Builtin::variadic("union", &[&["list"], &["lists"]], union),
    Builtin::new("distinct values", &[&["list"]], distinct_values),
    Builtin::new("duplicate values", &[&["list"]], duplicate_values),
    Builtin::new("flatten", &[&["list"]], flatten),
    Builtin::new("is empty", &[&["list"]], is_empty),
    Builtin::new("partition", &[&["list", "size"]], partition),
];

fn list_contains<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (list, element) = (call.list(0)?, call.value(1));
    for item in list.iter() {
        if call.evaluator.equality(&item, element, 0)? == Equality::Equal {
            return Ok(Value::Boolean(true));
        }
    }
    Ok(Value::Boolean(false))
}

fn sublist<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let count = list.len();
    let position = call.integer(1)?;
    let Some(first) = index(position, count) else {
        return no_such_position(call, position, count);
    };
    let length = if call.arguments.len() > 2 { call.integer(2)? } else { i64::MAX };
    let Ok(length) = usize::try_from(length) else {
        return call.refuse(format_args!("the length {length} is negative"));
    };
    call.evaluator.list(list.iter().skip(first).take(length).collect())
}

fn append<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    call.evaluator.list(list.iter().chain(call.arguments[1..].iter().cloned()).collect())
}

fn concatenate<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let items = joined(call)?;
    call.evaluator.list(items)
}

fn union<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut distinct = Distinct::default();
    for item in joined(call)? {
        distinct.place(call.evaluator, &item)?;
    }
    call.evaluator.list(distinct.values)
}

/// The items of all arguments, or of all items of a single list. A value that is no list counts as a list of itself,
/// as in Camunda; the standard has null there.
fn joined<'a>(call: &mut Call<'a, '_>) -> Outcome<Vec<Value<'a>>> {
    let mut joined = Vec::new();
    for value in call.items()? {
        match value {
            Value::List(list) => {
                call.evaluator.budget.scan(list.raw_bytes())?;
                call.evaluator.budget.step_by(list.len() as u64)?;
                call.evaluator.budget.allocate(list.len() * size_of::<Value<'_>>())?;
                joined.extend(list.iter());
            }
            value => joined.push(value),
        }
    }
    Ok(joined)
}

fn insert_before<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let position = call.integer(1)?;
    let mut items: Vec<_> = list.iter().collect();
    match index(position, items.len()).filter(|at| *at <= items.len()) {
        Some(at) => items.insert(at, call.value(2).clone()),
        None => return no_such_position(call, position, items.len()),
    }
    call.evaluator.list(items)
}

fn remove<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let position = call.integer(1)?;
    let mut items: Vec<_> = list.iter().collect();
    match index(position, items.len()).filter(|at| *at < items.len()) {
        Some(at) => items.remove(at),
        None => return no_such_position(call, position, items.len()),
    };
    call.evaluator.list(items)
}

/// Replaces the item at a position, or every item for which a function of the item and the new one is true.
fn list_replace<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let new_item = call.value(2);
    let mut items: Vec<_> = list.iter().collect();
    if let Value::Function(_) = call.value(1) {
        let matches = call.function(1, 2)?;
        for item in &mut items {
            let arguments = vec![item.clone(), new_item.clone()];
            if call.evaluator.invoke(matches, arguments)?.as_bool() == Some(true) {
                *item = new_item.clone();
            }
        }
    } else {
        let position = call.integer(1)?;
        match index(position, items.len()).and_then(|at| items.get_mut(at)) {
            Some(item) => *item = new_item.clone(),
            None => return no_such_position(call, position, items.len()),
        }
    }
    call.evaluator.list(items)
}

/// What a position counts to from zero, if it is not before the first item.
fn index(position: i64, count: usize) -> Option<usize> {
    match position {
        0 => None,
        1.. => usize::try_from(position - 1).ok(),
        _ => count.checked_sub(usize::try_from(position.unsigned_abs()).ok()?),
    }
}

fn no_such_position<'a>(call: &mut Call<'a, '_>, position: i64, count: usize) -> Outcome<Value<'a>> {
    call.refuse(format_args!("the list has {count} items and none at position {position}"))
}

fn reverse<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut items: Vec<_> = call.list(0)?.iter().collect();
    items.reverse();
    call.evaluator.list(items)
}

fn index_of<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (list, wanted) = (call.list(0)?, call.value(1));
    let mut positions = Vec::new();
    for (index, item) in list.iter().enumerate() {
        if call.evaluator.equality(&item, wanted, 0)? == Equality::Equal {
            positions.push(Value::Number(Number::from(index + 1)));
        }
    }
    call.evaluator.list(positions)
}

fn distinct_values<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let mut distinct = Distinct::default();
    for item in list.iter() {
        distinct.place(call.evaluator, &item)?;
    }
    call.evaluator.list(distinct.values)
}

fn duplicate_values<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let mut distinct = Distinct::default();
    let mut is_repeated = Vec::new();
    for item in list.iter() {
        match distinct.place(call.evaluator, &item)? {
            (_, true) => is_repeated.push(false),
            (place, false) => is_repeated[place] = true,
        }
    }
    let repeated = distinct.values.into_iter().zip(is_repeated).filter(|(_, is_repeated)| *is_repeated);
    call.evaluator.list(repeated.map(|(value, _)| value).collect())
}

fn flatten<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    call.list(0)?;
    let mut items = Vec::new();
    flatten_into(call.evaluator, call.value(0), 0, &mut items)?;
    call.evaluator.list(items)
}

fn flatten_into<'a>(
    evaluator: &mut Evaluator<'a>,
    value: &Value<'a>,
    depth: u32,
    items: &mut Vec<Value<'a>>,
) -> Outcome<()> {
    evaluator.budget.step()?;
    evaluator.budget.check_depth(depth)?;
    match value {
        Value::List(list) => {
            evaluator.budget.scan(list.raw_bytes())?;
            for item in list.iter() {
                flatten_into(evaluator, &item, depth + 1, items)?;
            }
        }
        other => items.push(other.clone()),
    }
    Ok(())
}

fn is_empty<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Boolean(call.list(0)?.is_empty()))
}

fn partition<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let size = call.integer(1)?;
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        return call.refuse(format_args!("the size {size} is less than 1"));
    };
    let items: Vec<_> = list.iter().collect();
    let mut parts = Vec::new();
    for part in items.chunks(size) {
        parts.push(call.evaluator.list(part.to_vec())?);
    }
    call.evaluator.list(parts)
}
