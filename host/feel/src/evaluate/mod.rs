//! Evaluation of syntax trees.
//!
//! Every operation costs steps, every value made costs memory, every level of nesting costs depth; whoever runs out
//! ends with an [`EvaluationError`]. Operations that make no sense are null and leave a warning.

mod arithmetic;
mod budget;
mod call;
mod compare;
mod conversion;
mod logic;
mod loops;
mod membership;
mod path;
mod property;
mod types;
mod variables;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::environment::{EvaluationContext, Scope};
use crate::error::{EvaluationError, Warning, WarningKind};
use crate::evaluation::Evaluation;
use crate::functions::{Patterns, UsedPatterns};
use crate::parse::{EntryName, Kind, Node, RangeNode};
use crate::span::Span;
use crate::value::{Bindings, Closure, Context, Function, List, Range, RangeForm, Text, Value};
pub(crate) use budget::Budget;
pub(crate) use compare::Equality;
pub(crate) use conversion::only_item;
use variables::KnownVariables;

/// Values of the evaluation of one expression.
pub(crate) struct Evaluator<'a> {
    scope: &'a dyn Scope,
    bindings: Bindings<'a>,
    known_variables: KnownVariables<'a>,
    pub(crate) now: Timestamp,
    pub(crate) time_zone: TimeZone,
    /// State of the random numbers.
    pub(crate) random: u64,
    /// Values of the local names, by slot.
    locals: Vec<Value<'a>>,
    /// Regular expressions that earlier evaluations have compiled.
    pub(crate) patterns: &'a Patterns,
    pub(crate) used_patterns: UsedPatterns,
    warnings: Vec<Warning>,
    warnings_max: usize,
    /// Warnings that there were, those that were not kept included.
    warnings_count: u64,
    pub(crate) budget: Budget,
}

/// Why an operation has no value.
pub(crate) enum Interrupt {
    /// It is null, for a reason that has been noted as a warning.
    Null,
    /// The whole evaluation ends.
    Stop(EvaluationError),
}

/// The value of an operation.
pub(crate) type Outcome<T> = Result<T, Interrupt>;

impl From<EvaluationError> for Interrupt {
    fn from(error: EvaluationError) -> Interrupt {
        Interrupt::Stop(error)
    }
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        scope: &'a dyn Scope,
        bindings: Bindings<'a>,
        patterns: &'a Patterns,
        context: &EvaluationContext,
    ) -> Evaluator<'a> {
        Evaluator {
            scope,
            bindings,
            known_variables: KnownVariables::default(),
            now: context.now,
            time_zone: context.time_zone.clone(),
            random: context.seed,
            locals: Vec::new(),
            patterns,
            used_patterns: UsedPatterns::default(),
            warnings: Vec::new(),
            warnings_count: 0,
            warnings_max: context.limits.warnings_max,
            budget: Budget::new(&context.limits),
        }
    }

    /// What the evaluation came to, with `value` as its value.
    pub(crate) fn finish(self, value: Value<'a>) -> Evaluation<'a> {
        let (steps, memory_bytes) = (self.budget.steps_taken(), self.budget.memory_taken());
        Evaluation { value, warnings: self.warnings, steps, memory_bytes }
    }

    /// The value of a node; null where the operation makes no sense.
    pub(crate) fn evaluate(&mut self, node: &'a Node) -> Result<Value<'a>, EvaluationError> {
        self.budget.step()?;
        match &node.kind {
            Kind::Literal(value) => return Ok(value.clone()),
            Kind::Text(text) => return Ok(Value::String(Text::from(&**text))),
            Kind::Local(slot) => return Ok(self.local(usize::from(*slot))),
            Kind::Variable(name) => return self.variable(name, node.span),
            _ => {}
        }
        self.budget.enter()?;
        let value = match self.operation(node) {
            Ok(value) => value,
            Err(Interrupt::Null) => Value::Null,
            Err(Interrupt::Stop(error)) => return Err(error),
        };
        self.budget.leave();
        Ok(value)
    }

    fn operation(&mut self, node: &'a Node) -> Outcome<Value<'a>> {
        let span = node.span;
        match &node.kind {
            Kind::Literal(_) | Kind::Text(_) | Kind::Local(_) | Kind::Variable(_) => Ok(Value::Null),
            Kind::InvalidTemporal(text) => {
                self.warn(WarningKind::InvalidArgument, span, || {
                    format!("\"{text}\" is no date, time or duration")
                });
                Err(Interrupt::Null)
            }
            Kind::Entry(name) => Ok(self.entry_or_variable(name, span)?),
            Kind::List(nodes) => self.list_literal(nodes),
            Kind::Context(entries) => self.context_literal(entries),
            Kind::Range(range) => self.range_literal(range, span),
            Kind::Path(node, name) => self.path(node, name, span),
            Kind::Filter(nodes) => self.filter(nodes, span),
            Kind::Negate(operand) => self.negate(operand, span),
            Kind::Arithmetic(first, rest) => self.arithmetic(first, rest, span),
            Kind::Compare(operator, nodes) => self.compare(*operator, nodes, span),
            Kind::Between(nodes) => self.between(nodes, span),
            Kind::In(node, tests) => self.in_tests(node, tests, span),
            Kind::And(nodes) => Ok(self.and(nodes)?),
            Kind::Or(nodes) => Ok(self.or(nodes)?),
            Kind::If(branches, otherwise) => Ok(self.conditional(branches, otherwise)?),
            Kind::For(looped) => self.iteration(looped, span),
            Kind::Some(looped) => self.quantified(looped, true, span),
            Kind::Every(looped) => self.quantified(looped, false, span),
            Kind::Function(literal) => {
                let bytes = self.locals.len() * size_of::<Value<'_>>();
                self.budget.read(bytes)?;
                self.budget.allocate(bytes)?;
                let closure = Closure::new(literal, self.locals.clone(), self.bindings.clone());
                self.made(Value::Function(Function::new(closure)))
            }
            Kind::CallBuiltin(builtin, form, arguments) => self.call_builtin(builtin, *form, arguments, span),
            Kind::Call(callee, arguments) => self.call(callee, arguments, span),
            Kind::CallNamed(callee, arguments) => self.call_named(callee, arguments, span),
            Kind::InstanceOf(node, of) => self.instance_of(node, of),
        }
    }

    /// Notes why something is null.
    pub(crate) fn warn(&mut self, kind: WarningKind, span: Span, message: impl FnOnce() -> String) {
        self.warnings_count += 1;
        if self.warnings.len() < self.warnings_max {
            self.warnings.push(Warning { kind, message: message(), span: span.range() });
        }
    }

    /// Notes why something is null, unless there were more than `warnings_count` warnings already: one of them says so.
    pub(crate) fn explain(&mut self, warnings_count: u64, span: Span, message: fmt::Arguments<'_>) {
        if self.warnings_count == warnings_count {
            self.warn(WarningKind::InvalidType, span, || message.to_string());
        }
    }

    /// Notes why an operation is null, and ends it.
    pub(crate) fn null<T>(
        &mut self,
        kind: WarningKind,
        span: Span,
        message: fmt::Arguments<'_>,
    ) -> Outcome<T> {
        self.warn(kind, span, || message.to_string());
        Err(Interrupt::Null)
    }

    /// A list of `items`, within the limits.
    pub(crate) fn list(&mut self, items: Vec<Value<'a>>) -> Outcome<Value<'a>> {
        self.budget.step_by(items.len() as u64)?;
        self.budget.allocate(items.len() * size_of::<Value<'_>>())?;
        self.made(Value::List(List::from(items)))
    }

    /// A context of `entries`, within the limits; of entries with the same name the last one counts.
    pub(crate) fn context(&mut self, entries: Vec<(Text<'a>, Value<'a>)>) -> Outcome<Value<'a>> {
        self.budget.step_by(entries.len() as u64)?;
        // Keys are told apart by reading them.
        self.budget.read(entries.iter().map(|(key, _)| key.len()).sum())?;
        self.budget.allocate(entries.len() * size_of::<(Text<'_>, Value<'_>)>())?;
        self.made(Value::Context(Context::from_iter(entries)))
    }

    /// A string, within the limits.
    pub(crate) fn string(&mut self, text: String) -> Outcome<Value<'a>> {
        self.budget.read(text.len())?;
        self.budget.allocate(text.len())?;
        Ok(Value::String(text.into()))
    }

    /// A value that was put together, if it is not nested too deep.
    fn made(&self, value: Value<'a>) -> Outcome<Value<'a>> {
        self.budget.check_depth(value.depth())?;
        Ok(value)
    }

    fn local(&self, slot: usize) -> Value<'a> {
        self.locals.get(slot).cloned().unwrap_or(Value::Null)
    }

    /// A name inside filters: an entry of the innermost item that has it, or else what it means outside.
    fn entry_or_variable(&mut self, name: &'a EntryName, span: Span) -> Result<Value<'a>, EvaluationError> {
        for slot in &name.items {
            let Value::Context(context) = self.local(usize::from(*slot)) else { continue };
            self.budget.search(&context, &name.name)?;
            if let Some(value) = context.get(&name.name) {
                return Ok(value);
            }
        }
        match name.local {
            Some(slot) => Ok(self.local(usize::from(slot))),
            None => self.variable(&name.name, span),
        }
    }

    fn list_literal(&mut self, nodes: &'a [Node]) -> Outcome<Value<'a>> {
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            items.push(self.evaluate(node)?);
        }
        self.list(items)
    }

    fn context_literal(&mut self, nodes: &'a [(Box<str>, Node)]) -> Outcome<Value<'a>> {
        let mark = self.locals.len();
        let mut entries = Vec::with_capacity(nodes.len());
        for (key, node) in nodes {
            let value = self.evaluate(node)?;
            self.locals.push(value.clone());
            entries.push((Text::from(&**key), value));
        }
        self.locals.truncate(mark);
        self.context(entries)
    }

    fn range_literal(&mut self, range: &'a RangeNode, span: Span) -> Outcome<Value<'a>> {
        let mut bounds =
            [&range.start, &range.end].map(|bound| bound.as_ref().map(|node| (node, Value::Null)));
        for (node, bound) in bounds.iter_mut().flatten() {
            *bound = self.evaluate(node)?;
            if matches!(bound, Value::List(_) | Value::Context(_) | Value::Range(_) | Value::Function(_)) {
                let message = format_args!("a range cannot begin or end with {bound}");
                return self.null(WarningKind::InvalidType, span, message);
            }
        }
        let [start, end] = bounds.map(|bound| bound.map(|(_, value)| value));
        let end = if range.form == RangeForm::Interval { end } else { start.clone() };
        let (form, start_included, end_included) = (range.form, range.start_included, range.end_included);
        Ok(Value::Range(Arc::new(Range { form, start, start_included, end, end_included })))
    }
}
