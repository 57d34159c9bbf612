//! `instance of`.

use super::Evaluator;
use crate::error::EvaluationError;
use crate::parse::Type;
use crate::value::Value;

impl<'a> Evaluator<'a> {
    /// Whether a value has a type. Null has no type but `Null`.
    pub(super) fn is_instance(&mut self, value: &Value<'a>, of: &Type) -> Result<bool, EvaluationError> {
        self.budget.step()?;
        Ok(match (of, value) {
            (Type::Null, value) => value.is_null(),
            (_, Value::Null) => false,
            (Type::Any, _) => true,
            (Type::Named(name), value) => value.type_name() == *name,
            (Type::List(of), Value::List(list)) => {
                self.budget.scan(list.raw_bytes())?;
                for item in list.iter() {
                    if !self.is_part(&item, of)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Type::Range(of), Value::Range(range)) => {
                for bound in range.start.iter().chain(&range.end) {
                    if !self.is_part(bound, of)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Type::Context(entries), Value::Context(context)) => {
                for (name, of) in entries {
                    self.search(context)?;
                    match context.get(name) {
                        Some(value) if self.is_part(&value, of)? => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            (Type::Function { parameters }, Value::Function(function)) => {
                parameters.is_none_or(|count| count == function.parameters().len())
            }
            _ => false,
        })
    }

    /// A part of a value may be null and still be of any type.
    fn is_part(&mut self, value: &Value<'a>, of: &Type) -> Result<bool, EvaluationError> {
        Ok(value.is_null() || self.is_instance(value, of)?)
    }
}
