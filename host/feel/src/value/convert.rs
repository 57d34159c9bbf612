//! Other types as values.

use std::borrow::Cow;

use super::{
    Context, Date, DateTime, DaysTimeDuration, Function, List, Text, Time, Value, YearsMonthsDuration,
};
use crate::number::Number;

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Boolean(value)
    }
}

impl From<Number> for Value<'_> {
    fn from(value: Number) -> Self {
        Value::Number(value)
    }
}

impl From<Date> for Value<'_> {
    fn from(value: Date) -> Self {
        Value::Date(value)
    }
}

impl From<Time> for Value<'_> {
    fn from(value: Time) -> Self {
        Value::Time(value)
    }
}

impl From<DateTime> for Value<'_> {
    fn from(value: DateTime) -> Self {
        Value::DateTime(value)
    }
}

impl From<YearsMonthsDuration> for Value<'_> {
    fn from(value: YearsMonthsDuration) -> Self {
        Value::YearsMonthsDuration(value)
    }
}

impl From<DaysTimeDuration> for Value<'_> {
    fn from(value: DaysTimeDuration) -> Self {
        Value::DaysTimeDuration(value)
    }
}

impl<'a> From<Text<'a>> for Value<'a> {
    fn from(value: Text<'a>) -> Value<'a> {
        Value::String(value)
    }
}

impl<'a> From<List<'a>> for Value<'a> {
    fn from(value: List<'a>) -> Value<'a> {
        Value::List(value)
    }
}

impl<'a> From<Context<'a>> for Value<'a> {
    fn from(value: Context<'a>) -> Value<'a> {
        Value::Context(value)
    }
}

impl<'a> From<Function<'a>> for Value<'a> {
    fn from(value: Function<'a>) -> Value<'a> {
        Value::Function(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Value<'a> {
        Value::String(value.into())
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Value::String(value.into())
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(value: Cow<'a, str>) -> Value<'a> {
        Value::String(value.into())
    }
}

impl<'a> From<Vec<Value<'a>>> for Value<'a> {
    fn from(items: Vec<Value<'a>>) -> Value<'a> {
        Value::List(items.into())
    }
}
