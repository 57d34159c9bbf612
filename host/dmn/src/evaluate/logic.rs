//! Boxed expressions.

use std::sync::Arc;

use feel::{Bindings, Text, Value};

use super::record::TableRecord;
use super::{NAMES_PER_STEP, Run, Stop, function};
use crate::evaluation::Reason;
use crate::model::{Boxed, ContextEntry, Invocation, Logic};
use crate::types;

impl<'a> Run<'a> {
    /// The value of a boxed expression.
    pub(super) fn boxed(&mut self, boxed: &'a Boxed, bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        self.boxed_with(boxed, bindings, None)
    }

    /// The value of a boxed expression; what its table does is noted in `record`.
    pub(super) fn boxed_with(
        &mut self,
        boxed: &'a Boxed,
        bindings: &Bindings<'a>,
        record: Option<&mut TableRecord>,
    ) -> Result<Value<'a>, Stop> {
        self.enter()?;
        let value = match &boxed.logic {
            Logic::Literal(expression) => self.expression(expression, bindings),
            Logic::Table(table) => self.table(table, bindings, record),
            Logic::Context(entries) => self.entries(entries, bindings),
            Logic::Invocation(invocation) => self.invocation(invocation, bindings),
            Logic::Relation { columns, rows } => self.relation(columns, rows, bindings),
            Logic::List(items) => self.items(items, bindings),
            Logic::Function(definition) => self.made(function::of_definition(definition, bindings)),
            Logic::Conditional(parts) => self.conditional(parts, bindings),
            Logic::Loop(looped) => self.iteration(looped, bindings),
            Logic::Filter(parts) => self.filter(parts, bindings),
            Logic::Missing => Ok(Value::Null),
            Logic::Unreadable(message) => Err(Reason::Unreadable { message: message.to_string() }),
        }?;
        self.leave();
        types::coerce_or_null(self, value, &boxed.of)
    }

    fn entries(&mut self, nodes: &'a [ContextEntry], bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        let mut inner = bindings.clone();
        let mut entries = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = self.boxed(&node.value, &inner)?;
            let Some((name, of)) = &node.variable else { return Ok(value) };
            let value = types::coerce_or_null(self, value, of)?;
            self.bind(&mut inner, &**name, value.clone())?;
            entries.push((Text::from(&**name), value));
        }
        self.context(entries)
    }

    fn relation(
        &mut self,
        columns: &'a [Arc<str>],
        rows: &'a [Vec<Boxed>],
        bindings: &Bindings<'a>,
    ) -> Result<Value<'a>, Stop> {
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let mut entries = Vec::with_capacity(columns.len());
            for (name, cell) in columns.iter().zip(row) {
                entries.push((Text::from(&**name), self.boxed(cell, bindings)?));
            }
            items.push(self.context(entries)?);
        }
        self.list(items)
    }

    fn items(&mut self, nodes: &'a [Boxed], bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            items.push(self.boxed(node, bindings)?);
        }
        self.list(items)
    }

    fn conditional(&mut self, parts: &'a [Boxed; 3], bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        let [condition, then, otherwise] = parts;
        match self.boxed(condition, bindings)? {
            Value::Boolean(true) => self.boxed(then, bindings),
            Value::Boolean(false) | Value::Null => self.boxed(otherwise, bindings),
            other => {
                self.warn(|| format!("expected a boolean as the condition, found {other}"));
                Ok(Value::Null)
            }
        }
    }

    fn invocation(&mut self, invocation: &'a Invocation, bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        let callee = self.boxed(&invocation.callee, bindings)?;
        let mut arguments = Vec::with_capacity(invocation.arguments.len());
        for argument in &invocation.arguments {
            arguments.push(self.boxed(&argument.value, bindings)?);
        }
        let Value::Function(function) = &callee else {
            self.warn(|| format!("{callee} is no function and cannot be called"));
            return Ok(Value::Null);
        };
        let mut bound = Bindings::default();
        for (place, name) in function.parameters().enumerate() {
            self.step(1 + arguments.len() as u64 / NAMES_PER_STEP)?;
            let given = invocation.arguments.iter().position(|argument| &*argument.name == name);
            let (Some(given), Some(argument)) = (given, invocation.arguments.get(place)) else {
                self.warn(|| format!("{function} was called without a value for '{name}'"));
                return Ok(Value::Null);
            };
            // The places have names of their own, since those of parameters may be anything.
            self.bind(&mut bound, &*argument.place, arguments[given].clone())?;
        }
        if bound.len() < arguments.len() {
            self.warn(|| format!("{function} was called with {} arguments", arguments.len()));
            return Ok(Value::Null);
        }
        self.bind(&mut bound, Invocation::CALLEE, callee.clone())?;
        self.expression(&invocation.call, &bound)
    }
}
