//! Paths into contexts, properties of dates and durations, and filters.

use super::{Evaluator, Outcome};
use crate::error::{EvaluationError, WarningKind};
use crate::number::Number;
use crate::parse::{Kind, Node, Span};
use crate::value::{Context, List, Text, Value, Zone};

impl<'a> Evaluator<'a> {
    pub(super) fn path(&mut self, node: &'a Node, name: &'a str, span: Span) -> Outcome<Value<'a>> {
        let value = self.evaluate(node)?;
        self.entry(&value, name, span)
    }

    /// The entry or property of a value; of a list, that of each item.
    fn entry(&mut self, value: &Value<'a>, name: &str, span: Span) -> Outcome<Value<'a>> {
        match value {
            Value::Context(context) => {
                self.search(context)?;
                match context.get(name) {
                    Some(value) => Ok(value),
                    None => {
                        let message = format_args!("the context has no entry called '{name}'");
                        self.null(WarningKind::NoContextEntryFound, span, message)
                    }
                }
            }
            Value::List(list) => {
                self.budget.scan(list.raw_bytes())?;
                let mut projected = Vec::new();
                for item in list.iter() {
                    self.budget.step()?;
                    projected.push(match self.entry_of_item(&item, name, span) {
                        Err(super::Interrupt::Null) => Value::Null,
                        projected => projected?,
                    });
                }
                self.list(projected)
            }
            _ => self.property(value, name, span),
        }
    }

    fn entry_of_item(&mut self, item: &Value<'a>, name: &str, span: Span) -> Outcome<Value<'a>> {
        match item {
            // Lists in lists stay apart; each level costs stack, so that the budget watches it.
            Value::List(_) => {
                self.budget.enter()?;
                let projected = self.entry(item, name, span);
                self.budget.leave();
                projected
            }
            _ => self.entry(item, name, span),
        }
    }

    fn property(&mut self, value: &Value<'a>, name: &str, span: Span) -> Outcome<Value<'a>> {
        match property(value, name) {
            Some(property) => Ok(property),
            None => {
                let message = format_args!("{value} has no property called '{name}'");
                self.null(WarningKind::NoPropertyFound, span, message)
            }
        }
    }

    /// The steps for looking up an entry.
    pub(crate) fn search(&mut self, context: &Context<'a>) -> Result<(), EvaluationError> {
        match context.raw() {
            Some(raw) => self.budget.scan(raw.len()),
            None => self.budget.step_by(context.len() as u64 / ENTRIES_PER_STEP),
        }
    }

    /// The items for which the condition is true, or the item at the position that it gives.
    pub(super) fn filter(&mut self, nodes: &'a [Node; 2], span: Span) -> Outcome<Value<'a>> {
        let list = match self.evaluate(&nodes[0])? {
            Value::List(list) => list,
            // A value that is no list counts as a list of itself.
            Value::Null => return Err(super::Interrupt::Null),
            value => List::from(vec![value]),
        };
        let condition = &nodes[1];
        if let Kind::Literal(Value::Number(position)) = &condition.kind {
            return self.item_at(&list, *position, span);
        }
        self.budget.scan(list.raw_bytes())?;
        let mut kept = Vec::new();
        let mut is_empty = true;
        for item in list.iter() {
            match self.evaluate_with(condition, item.clone())? {
                Value::Boolean(true) => kept.push(item),
                Value::Number(position) if is_empty => return self.item_at(&list, position, span),
                _ => {}
            }
            is_empty = false;
        }
        if is_empty
            && !is_condition(&condition.kind)
            && let Value::Number(position) = self.evaluate_with(condition, Value::Null)?
        {
            return self.item_at(&list, position, span);
        }
        self.list(kept)
    }

    fn evaluate_with(&mut self, condition: &'a Node, item: Value<'a>) -> Result<Value<'a>, EvaluationError> {
        self.locals.push(item);
        let value = self.evaluate(condition)?;
        self.locals.pop();
        Ok(value)
    }

    fn item_at(&mut self, list: &List<'a>, position: Number, span: Span) -> Outcome<Value<'a>> {
        self.budget.scan(list.raw_bytes())?;
        let index = match position.to_i64() {
            Some(position @ 1..) => usize::try_from(position - 1).ok(),
            Some(position @ ..=-1) => {
                self.budget.scan(list.raw_bytes())?;
                let from_end = usize::try_from(position.unsigned_abs()).ok();
                from_end.and_then(|from_end| list.len().checked_sub(from_end))
            }
            _ => None,
        };
        match index.and_then(|index| list.get(index)) {
            Some(item) => Ok(item),
            None => {
                let message =
                    format_args!("the list has {} items and none at position {position}", list.len());
                self.null(WarningKind::NoSuchIndex, span, message)
            }
        }
    }
}

/// Entries that are compared with a name in the time of one step.
const ENTRIES_PER_STEP: u64 = 8;

/// Whether something is true, false or null whatever the variables hold, and so never a position.
fn is_condition(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Compare(..)
            | Kind::Between(_)
            | Kind::In(..)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Some(_)
            | Kind::Every(_)
            | Kind::InstanceOf(..)
    )
}

/// A property that a value of its type always has.
fn property<'a>(value: &Value<'a>, name: &str) -> Option<Value<'a>> {
    match value {
        Value::Date(date) => date_property(*date, name),
        Value::DateTime(date_time) => match name {
            "time offset" => Some(offset(date_time.offset().map(jiff::tz::Offset::seconds))),
            _ => date_property(date_time.civil.date(), name)
                .or_else(|| time_property(date_time.civil.time(), &date_time.zone, name)),
        },
        Value::Time(time) => match name {
            "time offset" => Some(offset(time.zone.standard_offset().map(jiff::tz::Offset::seconds))),
            _ => time_property(time.time, &time.zone, name),
        },
        Value::YearsMonthsDuration(duration) => match name {
            "years" => Some(Value::Number(duration.years().into())),
            "months" => Some(Value::Number((duration.months % 12).into())),
            _ => None,
        },
        Value::DaysTimeDuration(duration) => {
            let seconds = duration.0.as_secs();
            let number = match name {
                "days" => seconds / 86_400,
                "hours" => seconds / 3600 % 24,
                "minutes" => seconds / 60 % 60,
                "seconds" => seconds % 60,
                _ => return None,
            };
            Some(Value::Number(number.into()))
        }
        Value::Range(range) => match name {
            "start" => Some(range.start.clone().unwrap_or(Value::Null)),
            "end" => Some(range.end.clone().unwrap_or(Value::Null)),
            "start included" => Some(Value::Boolean(range.start_included)),
            "end included" => Some(Value::Boolean(range.end_included)),
            _ => None,
        },
        _ => None,
    }
}

fn date_property<'a>(date: jiff::civil::Date, name: &str) -> Option<Value<'a>> {
    Some(Value::Number(match name {
        "year" => date.year().into(),
        "month" => date.month().into(),
        "day" => date.day().into(),
        "weekday" => date.weekday().to_monday_one_offset().into(),
        _ => return None,
    }))
}

fn time_property<'a>(time: jiff::civil::Time, zone: &Zone, name: &str) -> Option<Value<'a>> {
    Some(Value::Number(match name {
        "hour" => time.hour().into(),
        "minute" => time.minute().into(),
        "second" => time.second().into(),
        "timezone" => {
            return Some(zone.name().map_or(Value::Null, |name| Value::String(Text::from(name.to_owned()))));
        }
        _ => return None,
    }))
}

fn offset<'a>(seconds: Option<i32>) -> Value<'a> {
    let duration = seconds.map(|seconds| jiff::SignedDuration::from_secs(seconds.into()));
    duration.map_or(Value::Null, |duration| Value::DaysTimeDuration(crate::value::DaysTimeDuration(duration)))
}
