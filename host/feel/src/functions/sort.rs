//! Sorting with a function that says what comes first.

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::value::{Function, Value};

pub(super) const TABLE: &[Builtin] = &[Builtin::new("sort", &[&["list", "precedes"]], sort)];

/// Sorts by merging: stable, and well defined whatever the function answers, even at random.
fn sort<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let list = call.list(0)?;
    let precedes = call.function(1, 2)?;
    let mut sorted: Vec<Value<'a>> = list.iter().collect();
    let mut width = 1;
    while width < sorted.len() {
        let mut merged = Vec::with_capacity(sorted.len());
        for pair in sorted.chunks(2 * width) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(call, precedes, left, right, &mut merged)?;
        }
        sorted = merged;
        width *= 2;
    }
    call.evaluator.list(sorted)
}

fn merge<'a>(
    call: &mut Call<'a, '_>,
    precedes: &Function<'a>,
    left: &[Value<'a>],
    right: &[Value<'a>],
    merged: &mut Vec<Value<'a>>,
) -> Outcome<()> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let arguments = vec![(*second).clone(), (*first).clone()];
        let second_precedes = call.evaluator.invoke(precedes, arguments)?.as_bool() == Some(true);
        let next = if second_precedes { right.next() } else { left.next() };
        merged.extend(next.cloned());
    }
    merged.extend(left.chain(right).cloned());
    Ok(())
}
