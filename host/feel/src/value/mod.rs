//! Values: what expressions read and produce.

mod bindings;
mod context;
mod convert;
mod function;
mod list;
mod range;
mod temporal;
mod text;

use std::fmt;
use std::sync::Arc;

pub use bindings::Bindings;
pub use context::{Context, Entries};
pub(crate) use function::{Body, Closure};
pub use function::{Function, ModelCall, ModelFunction};
pub use jiff::civil::Date;
pub use list::{Items, List};
pub use range::{Range, RangeForm};
pub(crate) use temporal::{DateText, read_any, read_date, read_duration};
pub use temporal::{DateTime, DaysTimeDuration, Time, YearsMonthsDuration, Zone};
pub use text::Text;

use crate::json::{self, JsonError};
use crate::number::Number;

/// A FEEL value. It borrows from the variables and from the expression where it can; cloning is cheap.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// Nothing; also the answer of every operation that makes no sense.
    Null,
    /// True or false.
    Boolean(bool),
    /// A decimal number.
    Number(Number),
    /// A string.
    String(Text<'a>),
    /// A calendar date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date with a time of day.
    DateTime(DateTime),
    /// A duration in years and months.
    YearsMonthsDuration(YearsMonthsDuration),
    /// A duration in days, hours, minutes and seconds.
    DaysTimeDuration(DaysTimeDuration),
    /// A list of values; JSON arrays are read in place.
    List(List<'a>),
    /// Named entries; JSON objects are read in place.
    Context(Context<'a>),
    /// All values between two bounds.
    Range(Arc<Range<'a>>),
    /// Something that can be called.
    Function(Function<'a>),
}

impl<'a> Value<'a> {
    /// The value of a JSON text, which the value borrows.
    ///
    /// Lists and objects are looked into when an expression asks for it, so this takes no longer for a large text.
    /// It relies on [`crate::check_json`] having accepted the text when it arrived; parts of malformed text read as null.
    pub fn from_json(text: &'a str) -> Result<Value<'a>, JsonError> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        let value = match text.as_bytes().first() {
            Some(b'{') if text.len() > 1 && text.ends_with('}') => {
                Some(Value::Context(Context::from_raw(text)))
            }
            Some(b'[') if text.len() > 1 && text.ends_with(']') => Some(Value::List(List::from_raw(text))),
            Some(b'"') => json::scan::whole_string(text).map(|string| Value::String(string.decode())),
            Some(b'-' | b'0'..=b'9') => match Number::parse(text) {
                Some(number) => Some(Value::Number(number)),
                None => return Err(JsonError::NotANumber { text: json::excerpt(text) }),
            },
            _ => match text {
                "null" => Some(Value::Null),
                "true" => Some(Value::Boolean(true)),
                "false" => Some(Value::Boolean(false)),
                _ => None,
            },
        };
        value.ok_or_else(|| JsonError::NotAValue { found: json::excerpt(text) })
    }

    /// The value of one JSON text without space around it; null when it is malformed.
    pub(crate) fn decode(raw: &'a str) -> Value<'a> {
        match raw.as_bytes().first() {
            Some(b'{') => Value::Context(Context::from_raw(raw)),
            Some(b'[') => Value::List(List::from_raw(raw)),
            Some(b'"') => match json::scan::whole_string(raw) {
                Some(string) => Value::String(string.decode()),
                None => Value::Null,
            },
            Some(b't') => Value::Boolean(true),
            Some(b'f') => Value::Boolean(false),
            Some(b'-' | b'0'..=b'9') => Number::parse(raw).map_or(Value::Null, Value::Number),
            _ => Value::Null,
        }
    }

    /// The value as JSON. Dates, times and durations become ISO 8601 strings.
    pub fn to_json(&self) -> Result<String, JsonError> {
        let mut text = String::new();
        self.to_json_in(&mut text)?;
        Ok(text)
    }

    /// Appends the value as JSON to `text`, which holds a part of it after an error.
    pub fn to_json_in(&self, text: &mut String) -> Result<(), JsonError> {
        json::Writer::new(text).value(self, 0)
    }

    /// A string value.
    pub fn string(text: impl Into<Text<'a>>) -> Value<'a> {
        Value::String(text.into())
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Value::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The characters, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List<'a>> {
        match self {
            Value::List(value) => Some(value),
            _ => None,
        }
    }

    /// The context, if it is one.
    pub fn as_context(&self) -> Option<&Context<'a>> {
        match self {
            Value::Context(value) => Some(value),
            _ => None,
        }
    }

    /// FEEL's name of the value's type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Date(_) => "date",
            Value::Time(_) => "time",
            Value::DateTime(_) => "date and time",
            Value::YearsMonthsDuration(_) => "years and months duration",
            Value::DaysTimeDuration(_) => "days and time duration",
            Value::List(_) => "list",
            Value::Context(_) => "context",
            Value::Range(_) => "range",
            Value::Function(_) => "function",
        }
    }

    /// Levels of values that an evaluation nested into each other; JSON from outside counts as one.
    pub fn depth(&self) -> u32 {
        match self {
            Value::List(list) => list.depth(),
            Value::Context(context) => context.depth(),
            Value::Range(_) => 1,
            Value::Function(function) => function.depth(),
            _ => 0,
        }
    }
}

/// The value for a message: strings in quotes, lists and contexts only by what they are.
impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => formatter.write_str("null"),
            Value::Boolean(value) => write!(formatter, "{value}"),
            Value::Number(value) => write!(formatter, "{value}"),
            Value::String(value) => write!(formatter, "\"{}\"", json::excerpt(value)),
            Value::Date(value) => write!(formatter, "{}", DateText(*value)),
            Value::Time(value) => write!(formatter, "{value}"),
            Value::DateTime(value) => write!(formatter, "{value}"),
            Value::YearsMonthsDuration(value) => write!(formatter, "{value}"),
            Value::DaysTimeDuration(value) => write!(formatter, "{value}"),
            Value::List(_) => formatter.write_str("a list"),
            Value::Context(_) => formatter.write_str("a context"),
            Value::Range(value) => write!(formatter, "{value}"),
            Value::Function(value) => write!(formatter, "{value}"),
        }
    }
}
