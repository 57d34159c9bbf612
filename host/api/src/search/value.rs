//! Values and operators of a filter, checked against the kind of their field.

use serde_json::Value;
use store::search::{Operand, Operator};
use types::Key;

use super::field::Kind;
use crate::problem::Problem;

/// What a filter says of one field: a plain value, or an object of operators that must all hold.
pub(super) fn operators(at: &str, kind: Kind, value: &Value) -> Result<Vec<Operator>, Problem> {
    match (kind, value) {
        (Kind::Labels, Value::Array(labels)) => {
            labels.iter().map(|label| Ok(Operator::Eq(operand(at, Kind::Text, label)?))).collect()
        }
        (Kind::Labels, _) => Err(Problem::invalid_argument(format!("{at}: expected a list of labels"))),
        (_, Value::Object(operators)) if operators.is_empty() => {
            Err(Problem::invalid_argument(format!("{at}: expected a value or an operator such as `$eq`")))
        }
        (_, Value::Object(operators)) => operators
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| operator(at, kind, name, value))
            .collect(),
        (_, value) => Ok(vec![Operator::Eq(operand(at, kind, value)?)]),
    }
}

fn operator(at: &str, kind: Kind, name: &str, value: &Value) -> Result<Operator, Problem> {
    let known: &[&str] = match kind {
        Kind::Text | Kind::Enum(_) => &["$eq", "$neq", "$exists", "$in", "$notIn", "$like"],
        Kind::Key => &["$eq", "$neq", "$exists", "$in", "$notIn"],
        Kind::Integer | Kind::DateTime => {
            &["$eq", "$neq", "$exists", "$gt", "$gte", "$lt", "$lte", "$in", "$notIn"]
        }
        Kind::Boolean => &["$eq", "$neq", "$exists"],
        Kind::Labels => &[],
    };
    if !known.contains(&name) {
        return Err(Problem::invalid_argument(format!(
            "{at}: operator `{name}` is not supported, {} are",
            known.join(", ")
        )));
    }
    let at = &format!("{at}.{name}");
    let one = || operand(at, kind, value);
    Ok(match name {
        "$neq" => Operator::Neq(one()?),
        "$exists" => match value {
            Value::Bool(exists) => Operator::Exists(*exists),
            _ => return Err(Problem::invalid_argument(format!("{at}: expected true or false"))),
        },
        "$gt" => Operator::Gt(one()?),
        "$gte" => Operator::Gte(one()?),
        "$lt" => Operator::Lt(one()?),
        "$lte" => Operator::Lte(one()?),
        "$in" => Operator::In(list(at, kind, value)?),
        "$notIn" => Operator::NotIn(list(at, kind, value)?),
        "$like" => Operator::Like(pattern(at, kind, value)?),
        _ => Operator::Eq(one()?),
    })
}

fn list(at: &str, kind: Kind, value: &Value) -> Result<Vec<Operand>, Problem> {
    match value {
        Value::Array(values) => values.iter().map(|value| operand(at, kind, value)).collect(),
        _ => Err(Problem::invalid_argument(format!("{at}: expected a list"))),
    }
}

fn pattern(at: &str, kind: Kind, value: &Value) -> Result<String, Problem> {
    match (kind, value) {
        (Kind::Enum(_), Value::String(pattern)) => Ok(pattern.to_ascii_uppercase()),
        (_, Value::String(pattern)) => Ok(pattern.clone()),
        _ => Err(Problem::invalid_argument(format!("{at}: expected a pattern, a text with `*` and `?`"))),
    }
}

fn operand(at: &str, kind: Kind, value: &Value) -> Result<Operand, Problem> {
    let refuse = |expected: &str| Err(Problem::invalid_argument(format!("{at}: expected {expected}")));
    match (kind, value) {
        (Kind::Text | Kind::Labels, Value::String(text)) => Ok(Operand::Text(text.clone())),
        (Kind::Text | Kind::Labels, _) => refuse("a text"),
        (Kind::Key, Value::String(text)) => match text.parse::<Key>() {
            Ok(key) => Ok(Operand::Integer(key.get())),
            Err(error) => Err(Problem::invalid_argument(format!("{at}: {error}"))),
        },
        (Kind::Key, Value::Number(number)) if number.as_i64().is_some_and(|key| key > 0) => {
            Ok(Operand::Integer(number.as_i64().unwrap_or_default()))
        }
        (Kind::Key, _) => refuse("a key as decimal text"),
        (Kind::Integer, Value::Number(number)) => match number.as_i64() {
            Some(integer) => Ok(Operand::Integer(integer)),
            None => refuse("a whole number"),
        },
        (Kind::Integer, _) => refuse("a whole number"),
        (Kind::Boolean, Value::Bool(value)) => Ok(Operand::Integer(i64::from(*value))),
        (Kind::Boolean, _) => refuse("true or false"),
        (Kind::DateTime, Value::String(text)) => match crate::time::parse(text) {
            Ok(time) => Ok(Operand::Integer(time.as_millis())),
            Err(error) => Err(Problem::invalid_argument(format!("{at}: {error}"))),
        },
        (Kind::DateTime, _) => refuse("a date and time as text"),
        (Kind::Enum(names), Value::String(text)) => {
            match names.iter().find(|name| name.eq_ignore_ascii_case(text)) {
                Some(name) => Ok(Operand::Text((*name).to_owned())),
                None => refuse(&format!("one of {}", names.join(", "))),
            }
        }
        (Kind::Enum(names), _) => refuse(&format!("one of {}", names.join(", "))),
    }
}
