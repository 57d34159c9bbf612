//! `for`, `some` and `every`.

use super::{Evaluator, Outcome};
use crate::error::WarningKind;
use crate::parse::{Loop, LoopOver};
use crate::span::Span;
use crate::value::{Date, Items, List, Range, RangeForm, Value};

/// What a loop does with the value of its body, and whether it goes on.
enum Turn {
    Continue,
    Finished,
}

impl<'a> Evaluator<'a> {
    pub(super) fn iteration(&mut self, looped: &'a Loop, span: Span) -> Outcome<Value<'a>> {
        let mark = self.locals.len();
        self.locals.push(Value::Null);
        let mut results = Vec::new();
        let result = self.turns(looped, 0, span, &mut |evaluator| {
            if looped.partial {
                let partial = evaluator.list(results.clone())?;
                evaluator.locals[mark] = partial;
            }
            results.push(evaluator.evaluate(&looped.body)?);
            evaluator.budget.allocate(size_of::<Value<'_>>())?;
            Ok(Turn::Continue)
        });
        self.locals.truncate(mark);
        result?;
        // The items have been charged one by one.
        self.made(Value::from(results))
    }

    /// Whether the body is true for some combination of items, or for every one.
    pub(super) fn quantified(&mut self, looped: &'a Loop, some: bool, span: Span) -> Outcome<Value<'a>> {
        let mark = self.locals.len();
        let warnings_count = self.warnings_count;
        let (mut decided, mut unknown) = (false, None);
        let result = self.turns(looped, 0, span, &mut |evaluator| {
            match evaluator.evaluate(&looped.body)? {
                Value::Boolean(holds) if holds == some => {
                    decided = true;
                    return Ok(Turn::Finished);
                }
                Value::Boolean(_) => {}
                value => unknown = unknown.take().or(Some(value)),
            }
            Ok(Turn::Continue)
        });
        self.locals.truncate(mark);
        result?;
        Ok(match unknown {
            _ if decided => Value::Boolean(some),
            None => Value::Boolean(!some),
            Some(value) => {
                let message = format_args!("expected a boolean behind `satisfies`, found {value}");
                self.explain(warnings_count, looped.body.span, message);
                Value::Null
            }
        })
    }

    /// Runs `body` for every combination of the items of the iterators from `at` on, the last changing fastest.
    fn turns(
        &mut self,
        looped: &'a Loop,
        at: usize,
        span: Span,
        body: &mut dyn FnMut(&mut Self) -> Outcome<Turn>,
    ) -> Outcome<Turn> {
        let Some(over) = looped.iterators.get(at) else {
            return body(self);
        };
        let mark = self.locals.len();
        let source = self.source(over, span)?;
        self.budget.enter()?;
        for item in source.items() {
            self.budget.step()?;
            self.locals.push(item);
            let turn = self.turns(looped, at + 1, span, body);
            self.locals.truncate(mark);
            if !matches!(turn, Ok(Turn::Continue)) {
                self.budget.leave();
                return turn;
            }
        }
        self.budget.leave();
        Ok(Turn::Continue)
    }

    fn source(&mut self, over: &'a LoopOver, span: Span) -> Outcome<Source<'a>> {
        match over {
            LoopOver::List(node) => match self.evaluate(node)? {
                Value::List(list) => {
                    self.budget.scan(list.raw_bytes())?;
                    Ok(Source::List(list))
                }
                Value::Range(range) => self.counted(&range, span),
                Value::Null => {
                    let message = format_args!("cannot loop over null");
                    self.null(WarningKind::InvalidType, span, message)
                }
                // A value that is no list counts as a list of itself.
                value => Ok(Source::List(List::from(vec![value]))),
            },
            LoopOver::Numbers(from, to) => {
                let range = Range::closed(self.evaluate(from)?, self.evaluate(to)?);
                self.counted(&range, span)
            }
        }
    }

    /// From one end of a range to the other: whole numbers, or days.
    fn counted(&mut self, range: &Range<'a>, span: Span) -> Outcome<Source<'a>> {
        let ends = match (&range.start, &range.end) {
            _ if range.form == RangeForm::NotEqual => None,
            (Some(Value::Number(start)), Some(Value::Number(end))) => start.to_i64().zip(end.to_i64()),
            (Some(Value::Date(start)), Some(Value::Date(end))) => {
                Some((day_number(*start), day_number(*end)))
            }
            _ => None,
        };
        let Some((start, end)) = ends else {
            let message =
                format_args!("cannot loop over {range}: expected whole numbers or dates at both ends");
            return self.null(WarningKind::InvalidType, span, message);
        };
        let step = if start <= end { 1 } else { -1 };
        let first = if range.start_included { start } else { start.saturating_add(step) };
        let last = if range.end_included { end } else { end.saturating_sub(step) };
        let unit = if let Some(Value::Date(_)) = range.start { Unit::Days } else { Unit::Ones };
        Ok(Source::Counted { first, last, step, unit })
    }
}

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    Ones,
    Days,
}

enum Source<'a> {
    List(List<'a>),
    Counted { first: i64, last: i64, step: i64, unit: Unit },
}

enum SourceItems<'a, 's> {
    List(Items<'a, 's>),
    Counted { next: Option<i64>, last: i64, step: i64, unit: Unit },
}

impl<'a> Source<'a> {
    fn items(&self) -> SourceItems<'a, '_> {
        match self {
            Source::List(list) => SourceItems::List(list.iter()),
            Source::Counted { first, last, step, unit } => {
                SourceItems::Counted { next: Some(*first), last: *last, step: *step, unit: *unit }
            }
        }
    }
}

impl<'a> Iterator for SourceItems<'a, '_> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            SourceItems::List(items) => items.next(),
            SourceItems::Counted { next, last, step, unit } => {
                let number = (*next)?;
                let is_past = if *step > 0 { number > *last } else { number < *last };
                if is_past {
                    return None;
                }
                *next = number.checked_add(*step);
                match unit {
                    Unit::Ones => Some(Value::Number(number.into())),
                    Unit::Days => date_of_day(number).map(Value::Date),
                }
            }
        }
    }
}

const DAY_ZERO: Date = jiff::civil::date(1970, 1, 1);

/// Days from [`DAY_ZERO`] to a date.
fn day_number(date: Date) -> i64 {
    date.duration_since(DAY_ZERO).as_hours() / 24
}

fn date_of_day(day: i64) -> Option<Date> {
    DAY_ZERO.checked_add(jiff::Span::new().try_days(day).ok()?).ok()
}
