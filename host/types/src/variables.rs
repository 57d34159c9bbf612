//! Process variables: names and JSON values kept as text.
//!
//! A value travels as the text it arrived as. Numbers keep all their digits, and a job that only passes variables on costs no parsing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::SharedStr;

/// The largest set of variables that one command or job result may carry, in bytes of JSON text.
pub const VARIABLES_BYTES_MAX: usize = 4 << 20;

/// The longest name of a variable, in bytes.
pub const VARIABLE_NAME_BYTES_MAX: usize = 255;

/// The most variables that one command or job result may carry.
pub const VARIABLES_MAX: usize = 10_000;

/// How deep arrays and objects may nest in a variable.
pub const NESTING_DEPTH_MAX: usize = 100;

/// One valid JSON value as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json(Arc<str>);

impl Json {
    /// Checks that `text` is one JSON value within the limits of size and nesting.
    pub fn parse(text: &str) -> Result<Self, VariablesError> {
        check_limits(text)?;
        let raw: &RawValue = serde_json::from_str(text).map_err(VariablesError::from_serde)?;
        Ok(Self(raw.get().into()))
    }

    /// Text that is known to be one JSON value: read back from the store, or written by a serialiser.
    pub fn from_trusted(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The value `null`.
    pub fn null() -> Self {
        Self("null".into())
    }

    /// A JSON string that holds `text`.
    pub fn string(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string().into())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<C> Encode<C> for Json {
    fn encode<W: Write>(&self, encoder: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        encoder.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Json {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Ok(Self::from_trusted(decoder.str()?))
    }
}

/// Variables by name, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Variables(#[n(0)] BTreeMap<SharedStr, Json>);

impl Variables {
    /// No variables.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads a JSON object whose entries become the variables.
    ///
    /// # Errors
    /// The text is no JSON object, or is past a limit of size, nesting or name length.
    pub fn parse(text: &str) -> Result<Self, VariablesError> {
        check_limits(text)?;
        let Some(first) = text.bytes().find(|byte| !byte.is_ascii_whitespace()) else {
            return Err(VariablesError::NotAnObject { found: "nothing" });
        };
        if first != b'{' {
            // Broken JSON is reported as such, with its place, before "not an object".
            serde_json::from_str::<&RawValue>(text).map_err(VariablesError::from_serde)?;
            return Err(VariablesError::NotAnObject { found: kind_of(first) });
        }
        let Entries(entries) = serde_json::from_str(text).map_err(VariablesError::from_serde)?;
        entries
    }

    /// Adds or replaces one variable.
    pub fn insert(&mut self, name: impl Into<SharedStr>, value: Json) {
        self.0.insert(name.into(), value);
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&SharedStr, &Json)> {
        self.0.iter()
    }

    /// About as many bytes as they take as one JSON object.
    pub fn bytes(&self) -> usize {
        2 + self.0.iter().map(|(name, value)| name.len() + value.0.len() + 4).sum::<usize>()
    }

    /// The variables as one JSON object.
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(self.bytes() + 2 * self.len());
        text.push('{');
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&serde_json::Value::from(&**name).to_string());
            text.push(':');
            text.push_str(&value.0);
        }
        text.push('}');
        text
    }
}

impl FromIterator<(SharedStr, Json)> for Variables {
    fn from_iter<I: IntoIterator<Item = (SharedStr, Json)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for Variables {
    type Item = (SharedStr, Json);
    type IntoIter = std::collections::btree_map::IntoIter<SharedStr, Json>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (&**name, value)))
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

/// The entries of a JSON object as variables, as far as there are not too many; the others are only counted.
struct Entries(Result<Variables, VariablesError>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut variables = Variables::new();
        let mut refused = None;
        while variables.len() <= VARIABLES_MAX
            && let Some((name, value)) = map.next_entry::<String, &RawValue>()?
        {
            if name.len() > VARIABLE_NAME_BYTES_MAX && refused.is_none() {
                refused = Some(VariablesError::NameTooLong { bytes: name.len() });
            }
            variables.insert(name, Json(value.get().into()));
        }
        if variables.len() > VARIABLES_MAX {
            let mut found = variables.len();
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                found += 1;
            }
            refused = Some(VariablesError::TooMany { found });
        }
        Ok(Entries(refused.map_or(Ok(variables), Err)))
    }
}

/// Why a text is not accepted as variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariablesError {
    /// Not JSON; the message tells line and column.
    #[error("variables are not valid JSON: {message}")]
    Syntax {
        /// The parser's message with line and column.
        message: String,
    },
    /// JSON, but not an object.
    #[error("variables must be a JSON object, found {found}")]
    NotAnObject {
        /// What stands there instead.
        found: &'static str,
    },
    /// Larger than [`VARIABLES_BYTES_MAX`].
    #[error("variables take {bytes} bytes, the limit is {VARIABLES_BYTES_MAX}")]
    TooLarge {
        /// The size found, in bytes.
        bytes: usize,
    },
    /// More than [`VARIABLES_MAX`].
    #[error("there are {found} variables, the limit is {VARIABLES_MAX}: put them into one object")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// Nested deeper than [`NESTING_DEPTH_MAX`].
    #[error("variables nest deeper than {NESTING_DEPTH_MAX} levels")]
    TooDeep,
    /// A name longer than [`VARIABLE_NAME_BYTES_MAX`].
    #[error("a variable's name takes {bytes} bytes, the limit is {VARIABLE_NAME_BYTES_MAX}")]
    NameTooLong {
        /// The size found, in bytes.
        bytes: usize,
    },
}

impl VariablesError {
    fn from_serde(error: serde_json::Error) -> Self {
        Self::Syntax { message: error.to_string() }
    }
}

fn kind_of(first: u8) -> &'static str {
    match first {
        b'[' => "an array",
        b'"' => "a string",
        b't' | b'f' => "a boolean",
        b'n' => "null",
        _ => "a number",
    }
}

fn check_limits(text: &str) -> Result<(), VariablesError> {
    if text.len() > VARIABLES_BYTES_MAX {
        return Err(VariablesError::TooLarge { bytes: text.len() });
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > NESTING_DEPTH_MAX {
                    return Err(VariablesError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_text() {
        let variables =
            Variables::parse(r#" {"b": 1.10, "a": [1, 2], "n": 123456789012345678901234567890}"#).unwrap();
        assert_eq!(variables.to_json(), r#"{"a":[1, 2],"b":1.10,"n":123456789012345678901234567890}"#);
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_kind() {
        for (text, message) in [
            ("[1]", "variables must be a JSON object, found an array"),
            ("3", "variables must be a JSON object, found a number"),
            ("", "variables must be a JSON object, found nothing"),
            ("{\"a\":}", "variables are not valid JSON: expected value at line 1 column 6"),
            ("nul", "variables are not valid JSON: EOF while parsing a value at line 1 column 3"),
        ] {
            assert_eq!(Variables::parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn limits_hold() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(Variables::parse(&deep), Err(VariablesError::TooDeep));
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(VARIABLES_BYTES_MAX));
        assert!(matches!(Variables::parse(&large), Err(VariablesError::TooLarge { .. })));
        let many: Vec<String> = (0..=VARIABLES_MAX).map(|number| format!("\"v{number}\":1")).collect();
        let many = format!("{{{}}}", many.join(","));
        assert_eq!(Variables::parse(&many), Err(VariablesError::TooMany { found: VARIABLES_MAX + 1 }));
        let name = format!("{{\"{}\":1}}", "x".repeat(256));
        assert_eq!(Variables::parse(&name), Err(VariablesError::NameTooLong { bytes: 256 }));
    }
}
