//! Paths into contexts and lists, and filters.

use std::fmt;

use super::property::{properties, property};
use super::{Evaluator, Outcome};
use crate::error::{EvaluationError, WarningKind};
use crate::json;
use crate::number::Number;
use crate::parse::{Kind, Node};
use crate::span::Span;
use crate::value::{Context, List, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn path(&mut self, node: &'a Node, name: &'a str, span: Span) -> Outcome<Value<'a>> {
        let value = self.evaluate(node)?;
        self.entry(&value, name, span)
    }

    /// The entry or property of a value; of a list, that of each item.
    fn entry(&mut self, value: &Value<'a>, name: &str, span: Span) -> Outcome<Value<'a>> {
        match value {
            Value::Context(context) => {
                self.budget.search(context, name)?;
                match context.get(name) {
                    Some(value) => Ok(value),
                    None => {
                        let message =
                            format_args!("the context has no entry called '{name}'{}", Known(context));
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
                let known = Listed(properties(value));
                let message = format_args!("{value} has no property called '{name}'{known}");
                self.null(WarningKind::NoPropertyFound, span, message)
            }
        }
    }

    /// The items for which the condition is true, or the item at the position that it gives.
    pub(super) fn filter(&mut self, nodes: &'a [Node; 2], span: Span) -> Outcome<Value<'a>> {
        let warnings_count = self.warnings_count;
        let list = match self.evaluate(&nodes[0])? {
            Value::List(list) => list,
            // A value that is no list counts as a list of itself.
            Value::Null => {
                self.explain(warnings_count, span, format_args!("null has no items"));
                return Err(super::Interrupt::Null);
            }
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

/// The entries that a context has instead of the one that is missing, for a message.
struct Known<'c, 'a>(&'c Context<'a>);

impl fmt::Display for Known<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Entries that a message names.
        const NAMED_MAX: usize = 10;
        let mut keys = self.0.iter().map(|(key, _)| json::excerpt(&key));
        let named: Vec<String> = keys.by_ref().take(NAMED_MAX).collect();
        write!(formatter, "{}", Listed(&named))?;
        if keys.next().is_some() { formatter.write_str(" and more") } else { Ok(()) }
    }
}

/// Names that there are instead of a missing one.
struct Listed<'n, T>(&'n [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let before = if index == 0 { "; it has " } else { ", " };
            write!(formatter, "{before}'{name}'")?;
        }
        Ok(())
    }
}

/// Whether something is true, false or null whatever the variables hold, and so never a position.
pub(super) fn is_condition(kind: &Kind) -> bool {
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
