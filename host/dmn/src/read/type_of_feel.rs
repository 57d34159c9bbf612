//! Item definitions as types of FEEL.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Model;
use crate::types::{Item, Shape, Type};

/// Levels that a type of FEEL nests at most. What is deeper, or within itself, counts as any.
const DEPTH_MAX: usize = 32;

/// The types by which expressions know the item definitions of a model and of its imports.
pub(super) fn of_feel(
    items: &[Item],
    by_name: &BTreeMap<String, usize>,
    imports: &BTreeMap<Arc<str>, Arc<Model>>,
) -> feel::Types {
    let mut types = feel::Types::default();
    for (import, model) in imports {
        for name in model.types.by_name.keys() {
            if let Some(of) = model.types.of_feel.get(name) {
                let name = if import.is_empty() { name.clone() } else { format!("{import}.{name}") };
                types.define(&name, of.clone());
            }
        }
    }
    let mut made = vec![Progress::New; items.len()];
    for (name, at) in by_name {
        let of = made_of(items, *at, &mut made, 0);
        types.define(name, of);
    }
    types
}

#[derive(Clone)]
enum Progress {
    New,
    UnderWay,
    Made(feel::Type),
}

fn made_of(items: &[Item], at: usize, made: &mut [Progress], depth: usize) -> feel::Type {
    match &made[at] {
        Progress::Made(of) => return of.clone(),
        Progress::UnderWay => return builtin("Any"),
        Progress::New if depth == DEPTH_MAX => return builtin("Any"),
        Progress::New => made[at] = Progress::UnderWay,
    }
    let item = &items[at];
    let of = match &item.shape {
        Shape::Of(of) => converted(items, of, made, depth),
        Shape::Components(components) => feel::Type::context(
            components.iter().map(|(name, of)| (name.to_string(), converted(items, of, made, depth))),
        ),
        Shape::Function { .. } => builtin("function"),
    };
    let of = if item.is_collection { of.list() } else { of };
    made[at] = Progress::Made(of.clone());
    of
}

fn converted(items: &[Item], of: &Type, made: &mut [Progress], depth: usize) -> feel::Type {
    match of {
        Type::Sibling(at) => made_of(items, *at, made, depth + 1),
        Type::Item(types, at) => {
            let name = types.by_name.iter().find(|(_, known)| *known == at).map(|(name, _)| name);
            name.and_then(|name| types.of_feel.get(name)).cloned().unwrap_or_else(|| builtin("Any"))
        }
        of => builtin(of.name()),
    }
}

/// A type that FEEL brings.
fn builtin(name: &str) -> feel::Type {
    let none = feel::Types::default();
    feel::Type::parse(name, &none).unwrap_or_else(|_| feel::Type::context([]))
}
