//! One value from many. Each function takes the many as a list or as its arguments.

use std::cmp::Ordering;

use super::distinct::Distinct;
use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::number::Number;
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("count", &[&["list"]], count),
    Builtin::variadic("min", &[&["list"]], |call| extreme(call, Ordering::Less)),
    Builtin::variadic("max", &[&["list"]], |call| extreme(call, Ordering::Greater)),
    Builtin::variadic("sum", &[&["list"]], sum),
    Builtin::variadic("product", &[&["list"]], product),
    Builtin::variadic("mean", &[&["list"]], mean),
    Builtin::variadic("median", &[&["list"]], median),
    Builtin::variadic("stddev", &[&["list"]], stddev),
    Builtin::variadic("mode", &[&["list"]], mode),
    Builtin::variadic("all", &[&["list"]], |call| decided_by(call, false)),
    Builtin::variadic("any", &[&["list"]], |call| decided_by(call, true)),
    Builtin::variadic("and", &[&["list"]], |call| decided_by(call, false)),
    Builtin::variadic("or", &[&["list"]], |call| decided_by(call, true)),
];

fn count<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Number(Number::from(call.list(0)?.len())))
}

/// The first item that none exceeds; null of no items.
fn extreme<'a>(call: &mut Call<'a, '_>, wanted: Ordering) -> Outcome<Value<'a>> {
    let mut items = call.items()?.into_iter();
    let Some(mut extreme) = items.next() else {
        return nothing_in(call);
    };
    for item in items {
        match call.evaluator.order(&item, &extreme)? {
            Some(order) if order == wanted => extreme = item,
            Some(_) => {}
            None => return call.refuse(format_args!("{item} cannot be compared with {extreme}")),
        }
    }
    Ok(extreme)
}

/// Null: there is nothing to be put together.
fn nothing_in<T>(call: &mut Call<'_, '_>) -> Outcome<T> {
    call.refuse(format_args!("the list is empty"))
}

fn numbers(call: &mut Call<'_, '_>) -> Outcome<Vec<Number>> {
    let items = call.items()?;
    let mut numbers = Vec::with_capacity(items.len());
    for item in &items {
        match item {
            Value::Number(number) => numbers.push(*number),
            other => return call.refuse(format_args!("expected numbers, found {other} among them")),
        }
    }
    Ok(numbers)
}

fn total(numbers: &[Number]) -> Option<Number> {
    numbers.iter().try_fold(Number::ZERO, |sum, number| sum.checked_add(*number))
}

fn average(numbers: &[Number]) -> Option<Number> {
    total(numbers)?.checked_div(Number::from(numbers.len()))
}

/// Null of no numbers, as in Camunda; the standard has 0.
fn sum<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    match numbers(call)?.as_slice() {
        [] => nothing_in(call),
        numbers => call.number_or_null(total(numbers)),
    }
}

/// Null of no numbers, as in Camunda; the standard has 1.
fn product<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    match numbers(call)?.as_slice() {
        [] => nothing_in(call),
        numbers => {
            let product =
                numbers.iter().try_fold(Number::ONE, |product, number| product.checked_mul(*number));
            call.number_or_null(product)
        }
    }
}

fn mean<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    match numbers(call)?.as_slice() {
        [] => nothing_in(call),
        numbers => call.number_or_null(average(numbers)),
    }
}

fn median<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut numbers = numbers(call)?;
    if numbers.is_empty() {
        return nothing_in(call);
    }
    numbers.sort();
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        return Ok(Value::Number(numbers[middle]));
    }
    call.number_or_null(average(&numbers[middle - 1..=middle]))
}

/// The standard deviation of a sample; null of fewer than two numbers.
fn stddev<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let numbers = numbers(call)?;
    if numbers.len() < 2 {
        return call.refuse(format_args!("there are fewer than two numbers"));
    }
    let variance = average(&numbers).and_then(|mean| {
        let squares = numbers.iter().map(|number| {
            let distance = number.checked_sub(mean)?;
            distance.checked_mul(distance)
        });
        let squares: Option<Vec<Number>> = squares.collect();
        total(&squares?)?.checked_div(Number::from(numbers.len() - 1))
    });
    call.number_or_null(variance.and_then(Number::square_root))
}

/// The most frequent numbers in ascending order.
fn mode<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let mut distinct = Distinct::default();
    let mut counts: Vec<(Number, usize)> = Vec::new();
    for number in numbers(call)? {
        match distinct.place(call.evaluator, &Value::Number(number))? {
            (_, true) => counts.push((number, 1)),
            (place, false) => counts[place].1 += 1,
        }
    }
    let highest = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let most = counts.iter().filter(|(_, count)| *count == highest);
    let mut modes: Vec<Number> = most.map(|(number, _)| *number).collect();
    modes.sort();
    call.evaluator.list(modes.into_iter().map(Value::Number).collect())
}

/// `decisive` as soon as one item is; null if an item is no boolean; the opposite otherwise.
fn decided_by<'a>(call: &mut Call<'a, '_>, decisive: bool) -> Outcome<Value<'a>> {
    let mut unknown = None;
    for item in call.items()? {
        match item {
            Value::Boolean(value) if value == decisive => return Ok(Value::Boolean(decisive)),
            Value::Boolean(_) => {}
            item => unknown = unknown.or(Some(item)),
        }
    }
    match unknown {
        None => Ok(Value::Boolean(!decisive)),
        Some(item) => call.refuse(format_args!("expected booleans, found {item} among them")),
    }
}
