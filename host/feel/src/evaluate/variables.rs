//! Reading variables.
//!
//! A scope decodes a variable every time it is asked for it: a string is looked through to its end, and copied where a
//! character in it is escaped. An expression that reads in a loop must neither do that again for each item nor get it
//! for free.

use std::collections::HashMap;

use super::Evaluator;
use crate::error::{EvaluationError, WarningKind};
use crate::json;
use crate::span::Span;
use crate::value::Value;

/// Reads that go straight to the scope. An everyday expression has fewer and keeps no books;
/// one that has more is most likely a loop, and each variable is then decoded once.
const DIRECT_READS_MAX: u32 = 8;

/// Bindings that are looked through in one step.
const BINDINGS_PER_STEP: u64 = 16;

/// Variables that the scope has already been asked for.
#[derive(Default)]
pub(super) struct KnownVariables<'a> {
    reads: u32,
    by_name: HashMap<&'a str, Option<Value<'a>>>,
}

impl<'a> Evaluator<'a> {
    /// The variable called `name`; null, with a warning, where there is none.
    pub(super) fn variable(&mut self, name: &'a str, span: Span) -> Result<Value<'a>, EvaluationError> {
        if let Some(value) = self.find_variable(name)? {
            return Ok(value);
        }
        match self.scope.unreadable(name) {
            Some(reason) => self.warn(WarningKind::OutOfRange, span, || {
                format!("the variable '{}' cannot be read: {reason}", json::excerpt(name))
            }),
            None => self.warn(WarningKind::NoVariableFound, span, || {
                format!("there is no variable called '{}'", json::excerpt(name))
            }),
        }
        Ok(Value::Null)
    }

    /// The variable called `name`, if there is one.
    pub(super) fn find_variable(&mut self, name: &'a str) -> Result<Option<Value<'a>>, EvaluationError> {
        // A name may be as long as an expression.
        self.budget.read(name.len())?;
        if self.known_variables.reads < DIRECT_READS_MAX {
            self.known_variables.reads += 1;
            return self.read_variable(name);
        }
        if let Some(known) = self.known_variables.by_name.get(name) {
            return Ok(known.clone());
        }
        let value = self.read_variable(name)?;
        self.known_variables.by_name.insert(name, value.clone());
        Ok(value)
    }

    fn read_variable(&mut self, name: &'a str) -> Result<Option<Value<'a>>, EvaluationError> {
        if !self.bindings.is_empty() {
            self.budget.step_by(self.bindings.len() as u64 / BINDINGS_PER_STEP)?;
            if let Some(value) = self.bindings.get(name) {
                return Ok(Some(value));
            }
        }
        let scope = self.scope;
        let value = scope.get(name);
        if let Some(Value::String(text)) = &value {
            self.budget.scan(text.len())?;
            if text.borrowed().is_none() {
                self.budget.allocate(text.len())?;
            }
        }
        Ok(value)
    }
}
