//! `instance of`, and arguments for parameters that have a type.

use super::conversion::{converted, is_instance};
use super::{Evaluator, Outcome};
use crate::error::{EvaluationError, WarningKind};
use crate::parse::{Node, Parameter};
use crate::types::Type;
use crate::value::Value;

impl<'a> Evaluator<'a> {
    pub(super) fn instance_of(&mut self, node: &'a Node, of: &Type) -> Outcome<Value<'a>> {
        let value = self.evaluate(node)?;
        Ok(Value::Boolean(is_instance(&mut self.budget, &value, of)?))
    }

    /// An argument as its parameter wants it; null, with a warning, where it cannot be that.
    pub(super) fn argument(
        &mut self,
        value: Value<'a>,
        parameter: &Parameter,
        body: &Node,
    ) -> Result<Value<'a>, EvaluationError> {
        let Some(of) = &parameter.of else {
            return Ok(value);
        };
        if let Some(value) = converted(&mut self.budget, value.clone(), of)? {
            return Ok(value);
        }
        self.warn(WarningKind::InvalidType, body.span, || {
            format!("expected {of} as the argument '{}', found {value}", parameter.name)
        });
        Ok(Value::Null)
    }
}
