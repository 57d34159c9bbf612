//! `range`: a range from its text.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Builtin, Call, Patterns};
use crate::environment::{EvaluationContext, NoVariables};
use crate::evaluate::{Evaluator, Outcome};
use crate::json;
use crate::parse::{self, Kind, Node};
use crate::value::{Bindings, Range, Value};
use crate::vocabulary::Vocabulary;

pub(super) const TABLE: &[Builtin] = &[Builtin::new("range", &[&["from"]], range)];

/// Functions that the bounds may call.
const ALLOWED: [&str; 4] = ["date", "time", "date and time", "duration"];

fn range<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    let parsed = parse::expression(&text, &Vocabulary::default())
        .ok()
        .filter(|parsed| is_range_of_constants(&parsed.root));
    let context = EvaluationContext::new(call.evaluator.now, 0);
    let patterns = Patterns::default();
    let mut evaluator = Evaluator::new(&NoVariables, Bindings::default(), &patterns, &context);
    let value = parsed.as_ref().and_then(|parsed| evaluator.evaluate(&parsed.root).ok());
    match value.and_then(owned) {
        Some(range) if is_ordered(call, &range)? => Ok(Value::Range(Arc::new(range))),
        _ => call.refuse(format_args!("\"{}\" is no range such as [1..5]", json::excerpt(&text))),
    }
}

fn is_range_of_constants(node: &Node) -> bool {
    match &node.kind {
        Kind::Range(range) => range.start.iter().chain(&range.end).all(is_constant),
        _ => false,
    }
}

fn is_constant(node: &Node) -> bool {
    let is_literal = |node: &Node| matches!(node.kind, Kind::Literal(_) | Kind::Text(_));
    match &node.kind {
        Kind::CallBuiltin(builtin, _, arguments) => {
            ALLOWED.contains(&builtin.name) && arguments.iter().all(is_literal)
        }
        _ => is_literal(node),
    }
}

/// A copy that does not borrow from the parsed text; `None` unless the bounds are constants of one type.
fn owned<'a>(value: Value<'_>) -> Option<Range<'a>> {
    let Value::Range(range) = value else {
        return None;
    };
    let bounds = [&range.start, &range.end].map(|bound| bound.as_ref().and_then(owned_bound));
    let is_complete =
        range.start.is_some() == bounds[0].is_some() && range.end.is_some() == bounds[1].is_some();
    let mut types = bounds.iter().flatten().map(Value::type_name);
    let first = types.next();
    if !is_complete || types.any(|other| Some(other) != first) {
        return None;
    }
    let [start, end] = bounds;
    let (form, start_included, end_included) = (range.form, range.start_included, range.end_included);
    Some(Range { form, start, start_included, end, end_included })
}

/// Whether the range does not end before it starts.
fn is_ordered<'a>(call: &mut Call<'a, '_>, range: &Range<'a>) -> Outcome<bool> {
    let (Some(start), Some(end)) = (&range.start, &range.end) else {
        return Ok(true);
    };
    Ok(call.evaluator.order(start, end)?.is_some_and(Ordering::is_le))
}

fn owned_bound<'a>(bound: &Value<'_>) -> Option<Value<'a>> {
    Some(match bound {
        Value::Number(number) => Value::Number(*number),
        Value::String(text) => Value::from(text.to_string()),
        Value::Date(date) => Value::Date(*date),
        Value::Time(time) => Value::Time(time.clone()),
        Value::DateTime(date_time) => Value::DateTime(date_time.clone()),
        Value::YearsMonthsDuration(duration) => Value::YearsMonthsDuration(*duration),
        Value::DaysTimeDuration(duration) => Value::DaysTimeDuration(*duration),
        _ => return None,
    })
}
