//! `instance of`, and arguments for parameters that have a type.

use jiff::civil;

use super::{Budget, Evaluator, Outcome};
use crate::error::{EvaluationError, WarningKind};
use crate::parse::{Node, Parameter};
use crate::types::{Type, TypeKind};
use crate::value::{DateTime, Value, Zone};

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

/// Whether a value has a type. Null has no type but `Null`.
pub(crate) fn is_instance(
    budget: &mut Budget,
    value: &Value<'_>,
    of: &Type,
) -> Result<bool, EvaluationError> {
    budget.step()?;
    Ok(match (of.kind(), value) {
        (TypeKind::Null, value) => value.is_null(),
        (_, Value::Null) => false,
        (TypeKind::Any, _) => true,
        (TypeKind::Named(name), value) => value.type_name() == *name,
        (TypeKind::List(of), Value::List(list)) => {
            budget.scan(list.raw_bytes())?;
            for item in list.iter() {
                if !is_part(budget, &item, of)? {
                    return Ok(false);
                }
            }
            true
        }
        (TypeKind::Range(of), Value::Range(range)) => {
            for bound in range.start.iter().chain(&range.end) {
                if !is_part(budget, bound, of)? {
                    return Ok(false);
                }
            }
            true
        }
        (TypeKind::Context(entries), Value::Context(context)) => {
            for (name, of) in entries {
                budget.search(context, name)?;
                match context.get(name) {
                    Some(value) if is_part(budget, &value, of)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (TypeKind::Function { parameters }, Value::Function(function)) => {
            parameters.is_none_or(|count| count == function.parameters().len())
        }
        _ => false,
    })
}

/// A part of a value may be null and still be of any type.
fn is_part(budget: &mut Budget, value: &Value<'_>, of: &Type) -> Result<bool, EvaluationError> {
    Ok(value.is_null() || is_instance(budget, value, of)?)
}

/// A value as one of a type, by the conversions of chapter 10.3.2.9.4 of the DMN standard.
pub(crate) fn converted<'a>(
    budget: &mut Budget,
    value: Value<'a>,
    of: &Type,
) -> Result<Option<Value<'a>>, EvaluationError> {
    if value.is_null() || is_instance(budget, &value, of)? {
        return Ok(Some(value));
    }
    if let TypeKind::List(of) = of.kind()
        && is_instance(budget, &value, of)?
    {
        return Ok(Some(Value::from(vec![value])));
    }
    Ok(match (of.kind(), &value) {
        (TypeKind::Named("date and time"), Value::Date(date)) => {
            let civil = date.to_datetime(civil::Time::midnight());
            Some(DateTime { civil, zone: Zone::UTC }.into())
        }
        (_, Value::List(list)) => {
            budget.scan(list.raw_bytes())?;
            let only = only_item(list);
            let fits = match &only {
                Some(item) => is_part(budget, item, of)?,
                None => false,
            };
            only.filter(|_| fits)
        }
        _ => None,
    })
}

/// The item of a list that has no other.
pub(crate) fn only_item<'a>(list: &crate::value::List<'a>) -> Option<Value<'a>> {
    let mut items = list.iter();
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
