//! Values on their way into statements, in the order of the parameters.

use std::borrow::Cow;

use types::{Key, SharedStr, Timestamp};

use crate::Error;

/// The value of one parameter, or of one column of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'v> {
    /// A number: keys, times, counts, codes.
    Integer(Option<i64>),
    /// Yes or no.
    Flag(bool),
    /// Text.
    Text(Option<Cow<'v, str>>),
    /// Bytes.
    Bytes(Option<Cow<'v, [u8]>>),
    /// Any number of texts; none is null.
    Texts(&'v [SharedStr]),
}

/// The values of a statement's parameters, or of the columns of a row.
#[derive(Debug, Default)]
pub(crate) struct Values<'v> {
    values: Vec<Value<'v>>,
    failed: Option<String>,
}

impl<'v> Values<'v> {
    /// Adds a value.
    pub(crate) fn push(&mut self, value: Value<'v>) -> &mut Self {
        self.values.push(value);
        self
    }

    pub(crate) fn integer(&mut self, value: impl Into<i64>) -> &mut Self {
        self.push(Value::Integer(Some(value.into())))
    }

    pub(crate) fn optional_integer(&mut self, value: Option<impl Into<i64>>) -> &mut Self {
        self.push(Value::Integer(value.map(Into::into)))
    }

    /// A counter or a size; what SQL cannot hold becomes the largest that it can.
    pub(crate) fn counter(&mut self, value: u64) -> &mut Self {
        self.integer(i64::try_from(value).unwrap_or(i64::MAX))
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.push(Value::Flag(value))
    }

    pub(crate) fn key(&mut self, key: Key) -> &mut Self {
        self.integer(key.get())
    }

    pub(crate) fn optional_key(&mut self, key: Option<Key>) -> &mut Self {
        self.optional_integer(key.map(Key::get))
    }

    pub(crate) fn time(&mut self, time: Timestamp) -> &mut Self {
        self.integer(time.as_millis())
    }

    pub(crate) fn optional_time(&mut self, time: Option<Timestamp>) -> &mut Self {
        self.optional_integer(time.map(Timestamp::as_millis))
    }

    pub(crate) fn text(&mut self, text: &'v str) -> &mut Self {
        self.push(Value::Text(Some(Cow::Borrowed(text))))
    }

    pub(crate) fn optional_text(&mut self, text: Option<&'v str>) -> &mut Self {
        self.push(Value::Text(text.map(Cow::Borrowed)))
    }

    /// Some texts; nothing when there are none.
    pub(crate) fn texts(&mut self, texts: &'v [SharedStr]) -> &mut Self {
        self.push(Value::Texts(texts))
    }

    pub(crate) fn bytes(&mut self, bytes: &'v [u8]) -> &mut Self {
        self.push(Value::Bytes(Some(Cow::Borrowed(bytes))))
    }

    /// Takes the bytes: stores that keep them need no copy.
    pub(crate) fn owned_bytes(&mut self, bytes: Vec<u8>) -> &mut Self {
        self.push(Value::Bytes(Some(Cow::Owned(bytes))))
    }

    pub(crate) fn optional_bytes(&mut self, bytes: Option<&'v [u8]>) -> &mut Self {
        self.push(Value::Bytes(bytes.map(Cow::Borrowed)))
    }

    /// A list in the journal's encoding, whose fields have numbers; nothing when it is empty.
    pub(crate) fn cbor<T: minicbor::Encode<()>>(&mut self, items: &[T]) -> &mut Self {
        if items.is_empty() { self.optional_bytes(None) } else { self.encoded(items) }
    }

    /// A value in the journal's encoding, if there is one.
    pub(crate) fn optional_encoded(&mut self, value: Option<&impl minicbor::Encode<()>>) -> &mut Self {
        match value {
            None => self.optional_bytes(None),
            Some(value) => self.encoded(value),
        }
    }

    /// A value in the journal's encoding.
    pub(crate) fn encoded(&mut self, value: &(impl minicbor::Encode<()> + ?Sized)) -> &mut Self {
        match minicbor::to_vec(value) {
            Ok(bytes) => self.owned_bytes(bytes),
            Err(error) => {
                self.failed.get_or_insert(error.to_string());
                self
            }
        }
    }

    /// What was added so far.
    ///
    /// # Errors
    /// A value could not be encoded.
    pub(crate) fn iter(&self) -> Result<std::slice::Iter<'_, Value<'v>>, Error> {
        match &self.failed {
            None => Ok(self.values.iter()),
            Some(reason) => Err(Error::Damaged(reason.clone())),
        }
    }

    /// Takes what was added so far and leaves room for more.
    ///
    /// # Errors
    /// A value could not be encoded.
    pub(crate) fn drain(&mut self) -> Result<std::vec::Drain<'_, Value<'v>>, Error> {
        match self.failed.take() {
            None => Ok(self.values.drain(..)),
            Some(reason) => Err(Error::Damaged(reason)),
        }
    }
}
