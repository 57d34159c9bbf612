//! Filters.

use serde_json::{Map, Value};
use store::search::{Condition, Operand, Operator};

use super::constant::holds;
use super::field::{Constant, Field, Meaning, Unkept};
use super::value::operators;
use crate::problem::Problem;

/// The conditions of a filter; `at` names it in messages. A field that is `null` counts as missing.
pub(super) fn conditions<F: Copy>(
    at: &str,
    filter: &Map<String, Value>,
    fields: &[Field<F>],
) -> Result<Vec<Condition<F>>, Problem> {
    let mut conditions = Vec::new();
    for (name, value) in filter.iter().filter(|(_, value)| !value.is_null()) {
        if name == "$or" {
            conditions.push(alternatives(&format!("{at}.$or"), value, fields)?);
            continue;
        }
        let field = find(at, name, fields)?;
        let at = format!("{at}.{name}");
        if matches!(field.meaning, Meaning::NotSupported) {
            return Err(Problem::invalid_argument(format!("{at}: filtering by this field is not supported")));
        }
        for operator in operators(&at, field.kind, value)? {
            if let Some(unkept) = &field.unkept {
                check_kept(&at, &operator, unkept)?;
            }
            match &field.meaning {
                Meaning::Stored(field) => conditions.push(Condition::Field(*field, operator)),
                Meaning::Constant(value) if holds(&operator, value.map(Constant::operand).as_ref()) => {}
                // No alternative at all: holds for nothing.
                Meaning::Constant(_) | Meaning::NotSupported => conditions.push(Condition::Any(Vec::new())),
            }
        }
    }
    Ok(conditions)
}

/// Refuses to look for what is not kept. To look for anything else is no question about it.
fn check_kept(at: &str, operator: &Operator, unkept: &Unkept) -> Result<(), Problem> {
    let looks_for = |value: &str| {
        matches!(operator, Operator::Eq(_) | Operator::In(_) | Operator::Like(_))
            && holds(operator, Some(&Operand::Text(value.to_owned())))
    };
    match unkept.values.iter().find(|value| looks_for(value)) {
        Some(value) => Err(Problem::invalid_argument(format!(
            "{at}: {value} cannot be searched for, {}",
            unkept.because
        ))),
        None => Ok(()),
    }
}

/// The field with this name; `at` says where it was named.
pub(super) fn find<'a, F>(at: &str, name: &str, fields: &'a [Field<F>]) -> Result<&'a Field<F>, Problem> {
    fields.iter().find(|field| field.name == name).ok_or_else(|| {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let name: String = name.chars().take(80).collect();
        Problem::invalid_argument(format!(
            "{at}: unknown field `{name}`, expected one of {}",
            known.join(", ")
        ))
    })
}

fn alternatives<F: Copy>(at: &str, value: &Value, fields: &[Field<F>]) -> Result<Condition<F>, Problem> {
    let Value::Array(filters) = value else {
        return Err(Problem::invalid_argument(format!("{at}: expected a list of filters")));
    };
    let alternatives = filters.iter().enumerate().map(|(index, filter)| match filter {
        Value::Object(filter) => conditions(&format!("{at}[{index}]"), filter, fields),
        _ => Err(Problem::invalid_argument(format!("{at}[{index}]: expected a filter"))),
    });
    Ok(Condition::Any(alternatives.collect::<Result<_, _>>()?))
}
