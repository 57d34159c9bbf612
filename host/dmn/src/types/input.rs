//! Variables as the types of input data want them.

use std::sync::Arc;

use feel::Value;

use super::{Item, Shape, Type, Types};
use crate::evaluate::{Run, Stop};

/// A variable as its type wants it: variables are JSON, which has no dates, times and durations, so those are read
/// from strings.
pub(crate) fn read_input<'a>(run: &mut Run<'a>, value: Value<'a>, of: &'a Type) -> Result<Value<'a>, Stop> {
    read_part(run, value, of, None)
}

fn read_part<'a>(
    run: &mut Run<'a>,
    value: Value<'a>,
    of: &'a Type,
    home: Option<&'a Arc<Types>>,
) -> Result<Value<'a>, Stop> {
    match (of, home) {
        (Type::Item(types, at), _) => read_item(run, value, types, *at),
        (Type::Sibling(at), Some(types)) => read_item(run, value, types, *at),
        _ if matches!(value, Value::String(_)) => run.read_temporal(value, of),
        _ => Ok(value),
    }
}

fn read_item<'a>(
    run: &mut Run<'a>,
    value: Value<'a>,
    types: &'a Arc<Types>,
    at: usize,
) -> Result<Value<'a>, Stop> {
    let Some(item) = types.items.get(at).filter(|item| item.is_temporal) else { return Ok(value) };
    run.enter()?;
    let value = match (item.is_collection, &value) {
        (true, Value::List(list)) => {
            run.scan(list.raw_bytes())?;
            let mut items = Vec::new();
            for each in list.iter() {
                items.push(read_shape(run, each, types, item)?);
            }
            run.list(items)?
        }
        (true, _) => value,
        (false, _) => read_shape(run, value, types, item)?,
    };
    run.leave();
    Ok(value)
}

fn read_shape<'a>(
    run: &mut Run<'a>,
    value: Value<'a>,
    types: &'a Arc<Types>,
    item: &'a Item,
) -> Result<Value<'a>, Stop> {
    match (&item.shape, &value) {
        (Shape::Of(of), _) => read_part(run, value, of, Some(types)),
        (Shape::Components(components), Value::Context(context)) => {
            run.scan(context.raw_bytes())?;
            let mut entries = Vec::new();
            for (name, part) in context.iter() {
                run.step(1 + components.len() as u64 / 8)?;
                let component = components.iter().find(|(known, _)| **known == *name);
                let part = match component {
                    Some((_, of)) => read_part(run, part, of, Some(types))?,
                    None => part,
                };
                entries.push((name, part));
            }
            run.context(entries)
        }
        _ => Ok(value),
    }
}
