//! `for`, `some` and `every`.

use super::{Evaluator, Outcome};
use crate::error::WarningKind;
use crate::number::Number;
use crate::parse::{Loop, LoopOver, Span};
use crate::value::{Items, List, Range, Value};

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
        let (mut decided, mut all_known) = (false, true);
        let result = self.turns(looped, 0, span, &mut |evaluator| {
            match evaluator.evaluate(&looped.body)?.as_bool() {
                Some(holds) if holds == some => {
                    decided = true;
                    return Ok(Turn::Finished);
                }
                Some(_) => {}
                None => all_known = false,
            }
            Ok(Turn::Continue)
        });
        self.locals.truncate(mark);
        result?;
        Ok(match (decided, all_known) {
            (true, _) => Value::Boolean(some),
            (false, true) => Value::Boolean(!some),
            (false, false) => Value::Null,
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
                Value::Range(range) => self.whole_numbers(&range, span),
                Value::Null => {
                    let message = format_args!("cannot loop over null");
                    self.null(WarningKind::InvalidType, span, message)
                }
                // A value that is no list counts as a list of itself.
                value => Ok(Source::List(List::from(vec![value]))),
            },
            LoopOver::Numbers(from, to) => {
                let (start, end) = (Some(self.evaluate(from)?), Some(self.evaluate(to)?));
                self.whole_numbers(&Range { start, start_included: true, end, end_included: true }, span)
            }
        }
    }

    fn whole_numbers(&mut self, range: &Range<'a>, span: Span) -> Outcome<Source<'a>> {
        let bound = |value: &Option<Value<'_>>| value.as_ref()?.as_number().and_then(Number::to_i64);
        let (Some(start), Some(end)) = (bound(&range.start), bound(&range.end)) else {
            let message = format_args!("cannot loop over {range}: expected whole numbers at both ends");
            return self.null(WarningKind::InvalidType, span, message);
        };
        let step = if start <= end { 1 } else { -1 };
        let first = if range.start_included { start } else { start.saturating_add(step) };
        let last = if range.end_included { end } else { end.saturating_sub(step) };
        Ok(Source::Numbers { first, last, step })
    }
}

enum Source<'a> {
    List(List<'a>),
    Numbers { first: i64, last: i64, step: i64 },
}

enum SourceItems<'a, 's> {
    List(Items<'a, 's>),
    Numbers { next: Option<i64>, last: i64, step: i64 },
}

impl<'a> Source<'a> {
    fn items(&self) -> SourceItems<'a, '_> {
        match self {
            Source::List(list) => SourceItems::List(list.iter()),
            Source::Numbers { first, last, step } => {
                SourceItems::Numbers { next: Some(*first), last: *last, step: *step }
            }
        }
    }
}

impl<'a> Iterator for SourceItems<'a, '_> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            SourceItems::List(items) => items.next(),
            SourceItems::Numbers { next, last, step } => {
                let number = (*next)?;
                let is_past = if *step > 0 { number > *last } else { number < *last };
                if is_past {
                    return None;
                }
                *next = number.checked_add(*step);
                Some(Value::Number(number.into()))
            }
        }
    }
}
