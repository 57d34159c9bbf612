//! Types of item definitions: what conforms to them, and how values are made to.

mod conform;
mod convert;
mod input;

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::UnaryTests;

pub(crate) use convert::{coerce, coerce_or_null};
pub(crate) use input::read_input;

/// A type as an element refers to it.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    /// Anything, which is also what a model says that leaves out types.
    Any,
    Number,
    String,
    Boolean,
    Date,
    Time,
    DateTime,
    YearsMonthsDuration,
    DaysTimeDuration,
    /// A duration of either kind.
    Duration,
    List,
    Context,
    Function,
    Range,
    /// An item definition of a model.
    Item(Arc<Types>, usize),
    /// An item definition of the model that the definition itself belongs to.
    Sibling(usize),
}

impl Type {
    /// The type that FEEL calls `name`.
    pub(crate) fn builtin(name: &str) -> Option<Type> {
        Some(match name {
            "Any" => Type::Any,
            "number" => Type::Number,
            "string" => Type::String,
            "boolean" => Type::Boolean,
            "date" => Type::Date,
            "time" => Type::Time,
            "date and time" | "dateTime" => Type::DateTime,
            "years and months duration" | "yearMonthDuration" => Type::YearsMonthsDuration,
            "days and time duration" | "dayTimeDuration" => Type::DaysTimeDuration,
            "duration" => Type::Duration,
            "list" => Type::List,
            "context" => Type::Context,
            "function" => Type::Function,
            "range" => Type::Range,
            // Names that Camunda Modeler has offered.
            "integer" | "long" | "double" => Type::Number,
            _ => return None,
        })
    }
}

impl Type {
    /// FEEL's name of a type that is no item definition. It has none for durations of either kind.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Type::Number => "number",
            Type::String => "string",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Time => "time",
            Type::DateTime => "date and time",
            Type::YearsMonthsDuration => "years and months duration",
            Type::DaysTimeDuration => "days and time duration",
            Type::List => "list",
            Type::Context => "context",
            Type::Function => "function",
            Type::Range => "range",
            Type::Any | Type::Duration | Type::Item(..) | Type::Sibling(_) => "Any",
        }
    }
}

/// The item definitions of a model.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) items: Vec<Item>,
    pub(crate) by_name: BTreeMap<String, usize>,
    /// The same for expressions, which ask with `instance of`; without the values that are allowed.
    pub(crate) of_feel: feel::Types,
}

/// An item definition.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) shape: Shape,
    pub(crate) is_collection: bool,
    /// Whether there are dates, times or durations anywhere in it.
    pub(crate) is_temporal: bool,
    /// What each value, or each item of a collection, must be among.
    pub(crate) allowed: Option<UnaryTests>,
    /// What the value as a whole must meet.
    pub(crate) constraint: Option<UnaryTests>,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Of(Type),
    Components(Vec<(Arc<str>, Type)>),
    Function { parameters: usize },
}
