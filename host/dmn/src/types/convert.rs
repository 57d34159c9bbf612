//! Values that another type is expected of.

use feel::Value;

use super::conform::conforms;
use super::{Shape, Type, Types};
use crate::evaluate::{Run, Stop};

/// The value as `of` wants it; null, with a warning, where it is something else.
pub(crate) fn coerce_or_null<'a>(
    run: &mut Run<'a>,
    value: Value<'a>,
    of: &'a Type,
) -> Result<Value<'a>, Stop> {
    let shown = value.clone();
    match coerce(run, value, of)? {
        Some(value) => Ok(value),
        None => {
            run.warn(|| format!("{shown} has another type than the model promises, and counts as null"));
            Ok(Value::Null)
        }
    }
}

/// The value as `of` wants it; `None` where it is something else.
///
/// A list of one becomes its item, a value becomes a list of one, and a date becomes its first moment in UTC.
pub(crate) fn coerce<'a>(
    run: &mut Run<'a>,
    value: Value<'a>,
    of: &'a Type,
) -> Result<Option<Value<'a>>, Stop> {
    if matches!(of, Type::Any) || value.is_null() || conforms(run, &value, of, None)? {
        return Ok(Some(value));
    }
    if let Value::Date(date) = &value
        && accepts_date_time(of, None)
    {
        return run.start_of(*date).map(Some);
    }
    if let Value::List(list) = &value
        && list.len() == 1
        && let Some(item) = list.get(0)
        && conforms(run, &item, of, None)?
    {
        return Ok(Some(item));
    }
    if !matches!(value, Value::List(_)) {
        let list = run.list(vec![value.clone()])?;
        if is_list(of, None) && conforms(run, &list, of, None)? {
            return Ok(Some(list));
        }
    }
    Ok(None)
}

fn accepts_date_time(of: &Type, home: Option<&Types>) -> bool {
    match (of, home) {
        (Type::DateTime, _) => true,
        (Type::Item(types, at), _) => item_accepts_date_time(types, *at),
        (Type::Sibling(at), Some(types)) => item_accepts_date_time(types, *at),
        _ => false,
    }
}

fn item_accepts_date_time(types: &Types, at: usize) -> bool {
    types.items.get(at).is_some_and(
        |item| matches!(&item.shape, Shape::Of(of) if !item.is_collection && accepts_date_time(of, Some(types))),
    )
}

fn is_list(of: &Type, home: Option<&Types>) -> bool {
    match (of, home) {
        (Type::List, _) => true,
        (Type::Item(types, at), _) => item_is_list(types, *at),
        (Type::Sibling(at), Some(types)) => item_is_list(types, *at),
        _ => false,
    }
}

fn item_is_list(types: &Types, at: usize) -> bool {
    types.items.get(at).is_some_and(|item| {
        item.is_collection || matches!(&item.shape, Shape::Of(of) if is_list(of, Some(types)))
    })
}
