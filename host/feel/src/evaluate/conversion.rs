//! Which values are of a type, and which become one.

use jiff::civil;

use super::Budget;
use crate::environment::{EvaluationContext, Limits};
use crate::error::EvaluationError;
use crate::types::{Type, TypeKind};
use crate::value::{DateTime, List, Value, Zone};

impl Type {
    /// Whether a value is of this type, as `instance of` tells it: null is only of the type `Null`.
    pub fn has(&self, value: &Value<'_>, limits: &Limits) -> Result<bool, EvaluationError> {
        is_instance(&mut Budget::new(limits), value, self)
    }

    /// A value as one of this type: null or of the type itself, the only item of a list, a list of the value, or
    /// midnight (UTC) of a date. `None` where it is nothing of the kind.
    pub fn convert<'a>(
        &self,
        value: Value<'a>,
        context: &EvaluationContext,
    ) -> Result<Option<Value<'a>>, EvaluationError> {
        converted(&mut Budget::new(&context.limits), value, self)
    }
}

/// Whether a value has a type. Null has no type but `Null`.
pub(super) fn is_instance(
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
pub(super) fn converted<'a>(
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
pub(crate) fn only_item<'a>(list: &List<'a>) -> Option<Value<'a>> {
    let mut items = list.iter();
    let first = items.next()?;
    items.next().is_none().then_some(first)
}
