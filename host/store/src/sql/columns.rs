//! Values out of rows, in the order of the columns.

use std::borrow::Cow;

use types::{Actor, Key, SharedStr, TenantId, Timestamp};

use crate::Error;

/// A row of a result.
pub(crate) trait Row: Send {
    /// A number of any size, or a condition as 0 and 1.
    fn integer(&self, index: usize) -> Result<Option<i64>, Error>;
    /// Text.
    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, Error>;
    /// Bytes.
    fn bytes(&self, index: usize) -> Result<Option<&[u8]>, Error>;
    /// Any number of texts; null is none.
    fn texts(&self, index: usize) -> Result<Vec<SharedStr>, Error>;
}

/// Reads a row's columns from left to right.
pub(crate) struct Columns<'r> {
    row: &'r dyn Row,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new(row: &'r dyn Row) -> Self {
        Self { row, next: 0 }
    }

    /// Goes on at column `index`, counted from 0.
    pub(crate) fn go_to(&mut self, index: usize) {
        self.next = index;
    }

    fn step(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    pub(crate) fn integer(&mut self) -> Result<i64, Error> {
        let index = self.step();
        self.row.integer(index)?.ok_or_else(|| is_null(index))
    }

    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>, Error> {
        let index = self.step();
        self.row.integer(index)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        Ok(self.integer()? != 0)
    }

    /// A key of the type that is asked for.
    pub(crate) fn key<K: From<Key>>(&mut self) -> Result<K, Error> {
        Ok(K::from(Key::from_i64(self.integer()?)))
    }

    pub(crate) fn optional_key<K: From<Key>>(&mut self) -> Result<Option<K>, Error> {
        Ok(self.optional_integer()?.map(|key| K::from(Key::from_i64(key))))
    }

    /// Text as it is in the row, when that is possible.
    pub(crate) fn str(&mut self) -> Result<Cow<'r, str>, Error> {
        let index = self.step();
        self.row.text(index)?.ok_or_else(|| is_null(index))
    }

    pub(crate) fn string(&mut self) -> Result<String, Error> {
        Ok(self.str()?.into_owned())
    }

    pub(crate) fn text(&mut self) -> Result<SharedStr, Error> {
        Ok(SharedStr::from(&*self.str()?))
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<SharedStr>, Error> {
        let index = self.step();
        Ok(self.row.text(index)?.map(|text| SharedStr::from(&*text)))
    }

    pub(crate) fn optional_string(&mut self) -> Result<Option<String>, Error> {
        let index = self.step();
        Ok(self.row.text(index)?.map(Cow::into_owned))
    }

    pub(crate) fn tenant(&mut self) -> Result<TenantId, Error> {
        Ok(TenantId::new(self.text()?))
    }

    pub(crate) fn actor(&mut self) -> Result<Actor, Error> {
        Ok(Actor::new(self.text()?))
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_millis(self.integer()?))
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(self.optional_integer()?.map(Timestamp::from_millis))
    }

    /// A number of a type smaller than SQL's.
    pub(crate) fn number<N: TryFrom<i64>>(&mut self) -> Result<N, Error> {
        let value = self.integer()?;
        N::try_from(value).map_err(|_| out_of_range(value))
    }

    pub(crate) fn optional_number<N: TryFrom<i64>>(&mut self) -> Result<Option<N>, Error> {
        self.optional_integer()?.map(|value| N::try_from(value).map_err(|_| out_of_range(value))).transpose()
    }

    pub(crate) fn optional_bytes(&mut self) -> Result<Option<&'r [u8]>, Error> {
        let index = self.step();
        self.row.bytes(index)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'r [u8], Error> {
        let index = self.step();
        self.row.bytes(index)?.ok_or_else(|| is_null(index))
    }

    /// What `Values::texts` has written.
    pub(crate) fn texts(&mut self) -> Result<Vec<SharedStr>, Error> {
        let index = self.step();
        self.row.texts(index)
    }

    /// What `Values::encoded` has written.
    pub(crate) fn decoded<T: for<'b> minicbor::Decode<'b, ()>>(&mut self) -> Result<T, Error> {
        decode(self.bytes()?)
    }

    /// What `Values::optional_encoded` has written.
    pub(crate) fn optional_decoded<T: for<'b> minicbor::Decode<'b, ()>>(
        &mut self,
    ) -> Result<Option<T>, Error> {
        self.optional_bytes()?.map(decode).transpose()
    }

    /// What `Values::cbor` has written.
    pub(crate) fn cbor<T: for<'b> minicbor::Decode<'b, ()>>(&mut self) -> Result<Vec<T>, Error> {
        match self.optional_bytes()? {
            None => Ok(Vec::new()),
            Some(bytes) => decode(bytes),
        }
    }
}

fn decode<T: for<'b> minicbor::Decode<'b, ()>>(bytes: &[u8]) -> Result<T, Error> {
    minicbor::decode(bytes).map_err(|error| Error::Damaged(error.to_string()))
}

fn is_null(index: usize) -> Error {
    Error::Damaged(format!("column {} of a row is null", index + 1))
}

fn out_of_range(value: i64) -> Error {
    Error::Damaged(format!("{value} is out of range"))
}
