//! How points and ranges lie to each other, as chapter 10.3.4.9 of the DMN standard defines it.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::value::{Range, RangeForm, Value};

const RANGES: &[&str] = &["range1", "range2"];

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("before", FOUR_FORMS, before),
    Builtin::new("after", FOUR_FORMS, after),
    Builtin::new("meets", &[RANGES], |call| of_ranges(call, meets)),
    Builtin::new("met by", &[RANGES], |call| of_ranges_reversed(call, meets)),
    Builtin::new("overlaps", &[RANGES], |call| of_ranges(call, overlaps)),
    Builtin::new("overlaps before", &[RANGES], |call| of_ranges(call, overlaps_before)),
    Builtin::new("overlaps after", &[RANGES], |call| of_ranges_reversed(call, overlaps_before)),
    Builtin::new("finishes", &[&["point", "range"], RANGES], finishes),
    Builtin::new("finished by", &[&["range", "point"], RANGES], |call| reversed(call, finishes_with)),
    Builtin::new("includes", &[&["range", "point"], RANGES], |call| reversed(call, during_with)),
    Builtin::new("during", &[&["point", "range"], RANGES], during),
    Builtin::new("starts", &[&["point", "range"], RANGES], starts),
    Builtin::new("started by", &[&["range", "point"], RANGES], |call| reversed(call, starts_with)),
    Builtin::new("coincides", &[&["point1", "point2"], RANGES], coincides),
];

const FOUR_FORMS: &[&[&str]] = &[&["point1", "point2"], &["range", "point"], &["point", "range"], RANGES];

/// One end of a range, or a point, which is an end that is included on both sides.
struct Bound<'v, 'a> {
    /// `None` where the range goes on for ever.
    value: Option<&'v Value<'a>>,
    included: bool,
}

impl<'a> Range<'a> {
    fn first(&self) -> Bound<'_, 'a> {
        self.bound(&self.start, self.start_included)
    }

    fn last(&self) -> Bound<'_, 'a> {
        self.bound(&self.end, self.end_included)
    }

    fn bound<'r>(&self, value: &'r Option<Value<'a>>, included: bool) -> Bound<'r, 'a> {
        // All values but one go on for ever in both directions.
        let value = value.as_ref().filter(|_| self.form != RangeForm::NotEqual);
        Bound { value, included }
    }
}

type Relation = for<'a> fn(&mut Call<'a, '_>, &Range<'a>, &Range<'a>) -> Outcome<bool>;

fn order<'a>(call: &mut Call<'a, '_>, left: &Bound<'_, 'a>, right: &Bound<'_, 'a>) -> Outcome<Ordering> {
    let (Some(left), Some(right)) = (left.value, right.value) else {
        return call.refuse(format_args!("a range is open at an end that is compared"));
    };
    match call.evaluator.order(left, right)? {
        Some(order) => Ok(order),
        None => call.refuse(format_args!("{left} cannot be compared with {right}")),
    }
}

/// A point as the range that holds nothing else.
fn as_range<'a>(value: &Value<'a>) -> Arc<Range<'a>> {
    match value {
        Value::Range(range) => range.clone(),
        point => Arc::new(Range::closed(point.clone(), point.clone())),
    }
}

fn before<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (left, right) = (as_range(call.value(0)), as_range(call.value(1)));
    Ok(Value::Boolean(is_before(call, &left, &right)?))
}

fn after<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (left, right) = (as_range(call.value(0)), as_range(call.value(1)));
    Ok(Value::Boolean(is_before(call, &right, &left)?))
}

fn is_before<'a>(call: &mut Call<'a, '_>, left: &Range<'a>, right: &Range<'a>) -> Outcome<bool> {
    let (last, first) = (left.last(), right.first());
    Ok(match order(call, &last, &first)? {
        Ordering::Less => true,
        Ordering::Equal => !(last.included && first.included),
        Ordering::Greater => false,
    })
}

fn of_ranges<'a>(call: &mut Call<'a, '_>, relation: Relation) -> Outcome<Value<'a>> {
    let (left, right) = (range(call, 0)?, range(call, 1)?);
    Ok(Value::Boolean(relation(call, &left, &right)?))
}

fn of_ranges_reversed<'a>(call: &mut Call<'a, '_>, relation: Relation) -> Outcome<Value<'a>> {
    let (left, right) = (range(call, 0)?, range(call, 1)?);
    Ok(Value::Boolean(relation(call, &right, &left)?))
}

fn range<'a>(call: &mut Call<'a, '_>, at: usize) -> Outcome<Arc<Range<'a>>> {
    match call.value(at) {
        Value::Range(range) => Ok(range.clone()),
        _ => call.wrong_type(at, "a range"),
    }
}

fn meets<'a>(call: &mut Call<'a, '_>, left: &Range<'a>, right: &Range<'a>) -> Outcome<bool> {
    let same = order(call, &left.last(), &right.first())? == Ordering::Equal;
    Ok(same && left.end_included && right.start_included)
}

fn overlaps<'a>(call: &mut Call<'a, '_>, left: &Range<'a>, right: &Range<'a>) -> Outcome<bool> {
    Ok(!is_before(call, left, right)? && !is_before(call, right, left)?)
}

fn overlaps_before<'a>(call: &mut Call<'a, '_>, left: &Range<'a>, right: &Range<'a>) -> Outcome<bool> {
    let begins_earlier = match order(call, &left.first(), &right.first())? {
        Ordering::Less => true,
        Ordering::Equal => left.start_included && !right.start_included,
        Ordering::Greater => false,
    };
    Ok(begins_earlier && !is_before(call, left, right)? && ends_no_later(call, left, right)?)
}

fn begins_no_earlier<'a>(call: &mut Call<'a, '_>, inner: &Range<'a>, outer: &Range<'a>) -> Outcome<bool> {
    Ok(match order(call, &inner.first(), &outer.first())? {
        Ordering::Greater => true,
        Ordering::Equal => !inner.start_included || outer.start_included,
        Ordering::Less => false,
    })
}

fn ends_no_later<'a>(call: &mut Call<'a, '_>, inner: &Range<'a>, outer: &Range<'a>) -> Outcome<bool> {
    Ok(match order(call, &inner.last(), &outer.last())? {
        Ordering::Less => true,
        Ordering::Equal => !inner.end_included || outer.end_included,
        Ordering::Greater => false,
    })
}

fn finishes<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    inside(call, finishes_with)
}

fn during<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    inside(call, during_with)
}

fn starts<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    inside(call, starts_with)
}

/// A relation of a point or a range, the first argument, to the range that is the second.
fn inside<'a>(call: &mut Call<'a, '_>, relation: Relation) -> Outcome<Value<'a>> {
    let (inner, outer) = (as_range(call.value(0)), range(call, 1)?);
    Ok(Value::Boolean(relation(call, &inner, &outer)?))
}

/// The same with the arguments the other way round.
fn reversed<'a>(call: &mut Call<'a, '_>, relation: Relation) -> Outcome<Value<'a>> {
    let (outer, inner) = (range(call, 0)?, as_range(call.value(1)));
    Ok(Value::Boolean(relation(call, &inner, &outer)?))
}

fn finishes_with<'a>(call: &mut Call<'a, '_>, inner: &Range<'a>, outer: &Range<'a>) -> Outcome<bool> {
    let same = order(call, &inner.last(), &outer.last())? == Ordering::Equal;
    Ok(same && inner.end_included == outer.end_included && begins_no_earlier(call, inner, outer)?)
}

fn during_with<'a>(call: &mut Call<'a, '_>, inner: &Range<'a>, outer: &Range<'a>) -> Outcome<bool> {
    Ok(begins_no_earlier(call, inner, outer)? && ends_no_later(call, inner, outer)?)
}

fn starts_with<'a>(call: &mut Call<'a, '_>, inner: &Range<'a>, outer: &Range<'a>) -> Outcome<bool> {
    let same = order(call, &inner.first(), &outer.first())? == Ordering::Equal;
    Ok(same && inner.start_included == outer.start_included && ends_no_later(call, inner, outer)?)
}

fn coincides<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (left, right) = (as_range(call.value(0)), as_range(call.value(1)));
    let starts = order(call, &left.first(), &right.first())? == Ordering::Equal;
    let ends = order(call, &left.last(), &right.last())? == Ordering::Equal;
    let closed = left.start_included == right.start_included && left.end_included == right.end_included;
    Ok(Value::Boolean(starts && ends && closed))
}
