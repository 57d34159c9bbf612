//! What a function is given: its arguments, and the evaluation that it is part of.

use std::fmt;

use super::{Builtin, Form};
use crate::error::{EvaluationError, WarningKind};
use crate::evaluate::{Evaluator, Outcome, only_item};
use crate::number::Number;
use crate::span::Span;
use crate::value::{Context, Function, List, Text, Value};

/// One call. The accessors for arguments note a warning and end the function when the type is another.
pub(crate) struct Call<'a, 'e> {
    pub(crate) evaluator: &'e mut Evaluator<'a>,
    pub(crate) builtin: &'static Builtin,
    /// The form that named arguments have chosen.
    pub(crate) form: Option<Form>,
    pub(crate) arguments: &'e [Value<'a>],
    pub(crate) span: Span,
}

impl<'a, 'e> Call<'a, 'e> {
    /// The argument at a position; null where the call has fewer.
    pub(crate) fn value(&self, at: usize) -> &'e Value<'a> {
        self.arguments.get(at).unwrap_or(&Value::Null)
    }

    /// Whether the call has an argument other than null at a position.
    pub(crate) fn has(&self, at: usize) -> bool {
        !self.value(at).is_null()
    }

    pub(crate) fn boolean(&mut self, at: usize) -> Outcome<bool> {
        match self.single(at)? {
            Value::Boolean(value) => Ok(value),
            _ => self.wrong_type(at, "a boolean"),
        }
    }

    pub(crate) fn number(&mut self, at: usize) -> Outcome<Number> {
        match self.single(at)? {
            Value::Number(number) => Ok(number),
            _ => self.wrong_type(at, "a number"),
        }
    }

    pub(crate) fn integer(&mut self, at: usize) -> Outcome<i64> {
        let number = self.number(at)?;
        match number.to_i64() {
            Some(integer) => Ok(integer),
            None => self.refuse(format_args!("expected a whole number, found {number}")),
        }
    }

    /// A string; its length is charged, since whoever asks for it goes through it.
    pub(crate) fn text(&mut self, at: usize) -> Outcome<Text<'a>> {
        match self.single(at)? {
            Value::String(text) => {
                self.evaluator.budget.read(text.len())?;
                Ok(text)
            }
            _ => self.wrong_type(at, "a string"),
        }
    }

    /// A list, or another value than null as a list of itself; its length is charged, since whoever asks for it goes
    /// through it.
    pub(crate) fn list(&mut self, at: usize) -> Outcome<List<'a>> {
        match self.value(at) {
            Value::List(list) => {
                self.evaluator.budget.scan(list.raw_bytes())?;
                self.evaluator.budget.step_by(list.len() as u64)?;
                Ok(list.clone())
            }
            Value::Null => self.wrong_type(at, "a list"),
            value => Ok(List::from(vec![value.clone()])),
        }
    }

    /// A context; its length is charged, since whoever asks for it goes through it.
    pub(crate) fn context(&mut self, at: usize) -> Outcome<Context<'a>> {
        match self.single(at)? {
            Value::Context(context) => {
                self.evaluator.budget.scan(context.raw_bytes())?;
                self.evaluator.budget.step_by(context.len() as u64)?;
                Ok(context)
            }
            _ => self.wrong_type(at, "a context"),
        }
    }

    /// The argument at a position where no list is wanted: the only item of a list stands for it.
    pub(crate) fn single(&mut self, at: usize) -> Result<Value<'a>, EvaluationError> {
        match self.value(at) {
            Value::List(list) => {
                self.evaluator.budget.scan(list.raw_bytes())?;
                Ok(only_item(list).unwrap_or(Value::Null))
            }
            value => Ok(value.clone()),
        }
    }

    pub(crate) fn function(&mut self, at: usize, parameters: usize) -> Outcome<&'e Function<'a>> {
        match self.value(at) {
            Value::Function(function) if function.parameters().len() == parameters => Ok(function),
            _ => self.wrong_type(at, &format!("a function with {parameters} parameters")),
        }
    }

    /// The items of a function that takes them either one by one or as a single list.
    pub(crate) fn items(&mut self) -> Outcome<Vec<Value<'a>>> {
        let items: Vec<Value<'a>> = match self.arguments {
            [Value::List(_)] => self.list(0)?.iter().collect(),
            arguments => arguments.to_vec(),
        };
        self.evaluator.budget.step_by(items.len() as u64)?;
        self.evaluator.budget.allocate(items.len() * size_of::<Value<'_>>())?;
        Ok(items)
    }

    /// Ends the function with null: an argument has another type than `expected`.
    pub(crate) fn wrong_type<T>(&mut self, at: usize, expected: &str) -> Outcome<T> {
        let (name, found) = (self.builtin.name, self.value(at));
        let form = self.form.or_else(|| self.builtin.form_of(self.arguments.len()));
        let parameter = form.map_or("value", |form| form.parameter(at));
        let message = format_args!("{name}: expected {expected} as '{parameter}', found {found}");
        self.evaluator.null(WarningKind::InvalidArgument, self.span, message)
    }

    /// Ends the function with null for another reason.
    pub(crate) fn refuse<T>(&mut self, reason: fmt::Arguments<'_>) -> Outcome<T> {
        let message = format_args!("{}: {reason}", self.builtin.name);
        self.evaluator.null(WarningKind::InvalidArgument, self.span, message)
    }

    /// A computed number; null when it is out of range.
    pub(crate) fn number_or_null(&mut self, number: Option<Number>) -> Outcome<Value<'a>> {
        match number {
            Some(number) => Ok(Value::Number(number)),
            None => {
                let message = format_args!("{}: the result is no finite number", self.builtin.name);
                self.evaluator.null(WarningKind::OutOfRange, self.span, message)
            }
        }
    }
}
