//! Writing a value as JSON.

use std::fmt::Write as _;

use super::{JSON_BYTES_MAX, JSON_DEPTH_MAX, JsonError, scan};
use crate::value::{Context, DateText, List, Value};

/// Appends JSON to a text, within [`JSON_BYTES_MAX`] and [`JSON_DEPTH_MAX`].
pub(crate) struct Writer<'t> {
    text: &'t mut String,
    bytes_end: usize,
    bytes_read: usize,
}

impl<'t> Writer<'t> {
    pub(crate) fn new(text: &'t mut String) -> Writer<'t> {
        let bytes_end = text.len().saturating_add(JSON_BYTES_MAX);
        Writer { text, bytes_end, bytes_read: 0 }
    }

    /// Bytes of strings and of JSON that writing has gone through, also where it came to nothing.
    pub(crate) fn bytes_read(&self) -> usize {
        self.bytes_read
    }

    /// Writes `value`, which stands `depth` levels deep.
    pub(crate) fn value(&mut self, value: &Value<'_>, depth: usize) -> Result<(), JsonError> {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Boolean(true) => self.text.push_str("true"),
            Value::Boolean(false) => self.text.push_str("false"),
            Value::Number(number) => self.plain(number),
            Value::String(text) => self.string(text)?,
            Value::Date(date) => self.quoted(&DateText(*date)),
            Value::Time(time) => self.quoted(time),
            Value::DateTime(date_time) => self.quoted(&date_time.iso()),
            Value::YearsMonthsDuration(duration) => self.quoted(duration),
            Value::DaysTimeDuration(duration) => self.quoted(duration),
            Value::List(list) => self.list(list, depth + 1)?,
            Value::Context(context) => self.context(context, depth + 1)?,
            Value::Range(range) => self.string(&range.to_string())?,
            Value::Function(_) => {
                return Err(JsonError::NotRepresentable { type_name: value.type_name() });
            }
        }
        self.bounded()
    }

    fn list(&mut self, list: &List<'_>, depth: usize) -> Result<(), JsonError> {
        if let Some(raw) = list.raw() {
            return self.raw(raw, depth);
        }
        self.open('[', depth)?;
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.value(&item, depth)?;
        }
        self.text.push(']');
        Ok(())
    }

    fn context(&mut self, context: &Context<'_>, depth: usize) -> Result<(), JsonError> {
        if let Some(raw) = context.raw() {
            return self.raw(raw, depth);
        }
        self.open('{', depth)?;
        let mut first = true;
        for (key, value) in context.iter() {
            // A function beside data is left out, so that a context with helpers can still be a result.
            if matches!(value, Value::Function(_)) {
                continue;
            }
            if !first {
                self.text.push(',');
            }
            first = false;
            self.string(&key)?;
            self.text.push(':');
            self.value(&value, depth)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn open(&mut self, bracket: char, depth: usize) -> Result<(), JsonError> {
        if depth > JSON_DEPTH_MAX {
            return Err(JsonError::TooDeep);
        }
        self.text.push(bracket);
        Ok(())
    }

    /// JSON that is passed on as it came.
    fn raw(&mut self, raw: &str, depth: usize) -> Result<(), JsonError> {
        self.bytes_read += raw.len();
        if depth - 1 + scan::depth(raw) > JSON_DEPTH_MAX {
            return Err(JsonError::TooDeep);
        }
        self.room(raw.len())?;
        self.text.push_str(raw);
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), JsonError> {
        self.bytes_read += text.len();
        self.room(text.len())?;
        self.text.push('"');
        let mut written = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..0x20 => "",
                _ => continue,
            };
            self.text.push_str(&text[written..at]);
            written = at + 1;
            if escape.is_empty() {
                self.plain(&format_args!("\\u{byte:04x}"));
            } else {
                self.text.push_str(escape);
            }
        }
        self.text.push_str(&text[written..]);
        self.text.push('"');
        Ok(())
    }

    /// Text that needs no escapes.
    fn quoted(&mut self, value: &dyn std::fmt::Display) {
        self.text.push('"');
        self.plain(value);
        self.text.push('"');
    }

    fn plain(&mut self, value: &dyn std::fmt::Display) {
        // Writing into a `String` fails only when `Display` does, and none of ours does.
        let _ = write!(self.text, "{value}");
    }

    fn room(&self, bytes: usize) -> Result<(), JsonError> {
        if self.text.len().saturating_add(bytes) > self.bytes_end {
            return Err(JsonError::TooLong);
        }
        Ok(())
    }

    fn bounded(&self) -> Result<(), JsonError> {
        self.room(0)
    }
}
