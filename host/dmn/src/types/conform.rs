//! Which values have a type.

use std::sync::Arc;

use feel::{UnaryTests, Value};

use super::{Item, Shape, Type, Types};
use crate::evaluate::{Run, Stop};

/// Whether a value has a type. Null has every type.
pub(super) fn conforms<'a>(
    run: &mut Run<'a>,
    value: &Value<'a>,
    of: &'a Type,
    home: Option<&'a Arc<Types>>,
) -> Result<bool, Stop> {
    run.step(1)?;
    Ok(match (of, value) {
        (Type::Any, _) | (_, Value::Null) => true,
        (Type::Item(types, at), value) => item_conforms(run, value, types, *at)?,
        (Type::Sibling(at), value) => match home {
            Some(types) => item_conforms(run, value, types, *at)?,
            None => true,
        },
        (Type::Number, Value::Number(_))
        | (Type::String, Value::String(_))
        | (Type::Boolean, Value::Boolean(_))
        | (Type::Date, Value::Date(_))
        | (Type::Time, Value::Time(_))
        | (Type::DateTime, Value::DateTime(_))
        | (Type::YearsMonthsDuration | Type::Duration, Value::YearsMonthsDuration(_))
        | (Type::DaysTimeDuration | Type::Duration, Value::DaysTimeDuration(_))
        | (Type::List, Value::List(_))
        | (Type::Context, Value::Context(_))
        | (Type::Function, Value::Function(_))
        | (Type::Range, Value::Range(_)) => true,
        _ => false,
    })
}

fn item_conforms<'a>(
    run: &mut Run<'a>,
    value: &Value<'a>,
    types: &'a Arc<Types>,
    at: usize,
) -> Result<bool, Stop> {
    let Some(item) = types.items.get(at) else { return Ok(true) };
    run.enter()?;
    let conforms = whole_conforms(run, value, types, item)?;
    run.leave();
    Ok(conforms && meets(run, value, &item.constraint)?)
}

fn whole_conforms<'a>(
    run: &mut Run<'a>,
    value: &Value<'a>,
    types: &'a Arc<Types>,
    item: &'a Item,
) -> Result<bool, Stop> {
    if !item.is_collection {
        return one_conforms(run, value, types, item);
    }
    let Value::List(list) = value else { return Ok(false) };
    run.scan(list.raw_bytes())?;
    for each in list.iter() {
        if !each.is_null() && !one_conforms(run, &each, types, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn one_conforms<'a>(
    run: &mut Run<'a>,
    value: &Value<'a>,
    types: &'a Arc<Types>,
    item: &'a Item,
) -> Result<bool, Stop> {
    let has_shape = match (&item.shape, value) {
        (Shape::Of(of), value) => conforms(run, value, of, Some(types))?,
        (Shape::Components(components), Value::Context(context)) => {
            let mut all = true;
            for (name, of) in components {
                run.look_up(context)?;
                // A component that is missing is null, and null has every type.
                if let Some(part) = context.get(name) {
                    all = all && conforms(run, &part, of, Some(types))?;
                }
            }
            all
        }
        (Shape::Function { parameters }, Value::Function(function)) => {
            function.parameters().len() == *parameters
        }
        _ => false,
    };
    Ok(has_shape && meets(run, value, &item.allowed)?)
}

fn meets<'a>(run: &mut Run<'a>, value: &Value<'a>, tests: &'a Option<UnaryTests>) -> Result<bool, Stop> {
    match tests {
        Some(tests) => run.is_met(tests, value.clone(), &feel::Bindings::default()),
        None => Ok(true),
    }
}
