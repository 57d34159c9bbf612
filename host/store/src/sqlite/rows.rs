//! Values on their way into statements and out of rows, in the order of the columns.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Decode, Encode, Row, Sqlite, Type};
use types::{Actor, SharedStr, TenantId, Timestamp};

use crate::Error;

/// The values of a statement's parameters.
#[derive(Debug, Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
    failed: Option<sqlx::error::BoxDynError>,
}

impl Values {
    pub(super) fn push<'q>(&mut self, value: impl Encode<'q, Sqlite> + Type<Sqlite>) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
        self
    }

    pub(super) fn time(&mut self, time: Timestamp) -> &mut Self {
        self.push(time.as_millis())
    }

    pub(super) fn optional_time(&mut self, time: Option<Timestamp>) -> &mut Self {
        self.push(time.map(Timestamp::as_millis))
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.push(text)
    }

    pub(super) fn optional_text(&mut self, text: &Option<SharedStr>) -> &mut Self {
        self.push(text.as_deref())
    }

    /// A list as a JSON array; nothing when it is empty.
    pub(super) fn list<T: Serialize>(&mut self, items: &[T]) -> &mut Self {
        if items.is_empty() {
            return self.push(None::<String>);
        }
        match serde_json::to_string(items) {
            Ok(json) => self.push(json),
            Err(error) => {
                self.failed.get_or_insert(error.into());
                self
            }
        }
    }

    /// A list in the journal's encoding, whose fields have numbers; nothing when it is empty.
    pub(super) fn cbor<T: minicbor::Encode<()>>(&mut self, items: &[T]) -> &mut Self {
        if items.is_empty() {
            return self.push(None::<Vec<u8>>);
        }
        match minicbor::to_vec(items) {
            Ok(bytes) => self.push(bytes),
            Err(error) => {
                self.failed.get_or_insert(error.to_string().into());
                self
            }
        }
    }

    pub(super) fn into_arguments(self) -> Result<SqliteArguments, Error> {
        match self.failed {
            None => Ok(self.arguments),
            Some(error) => Err(Error::Damaged(error.to_string())),
        }
    }
}

/// Reads a row's columns from left to right.
pub(super) struct Columns<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn new(row: &'r SqliteRow) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T, Error> {
        let index = self.next;
        self.next += 1;
        Ok(self.row.try_get(index)?)
    }

    /// A key of the type that is asked for.
    pub(super) fn key<K: From<types::Key>>(&mut self) -> Result<K, Error> {
        Ok(K::from(types::Key::from_i64(self.take()?)))
    }

    pub(super) fn optional_key<K: From<types::Key>>(&mut self) -> Result<Option<K>, Error> {
        Ok(self.take::<Option<i64>>()?.map(|key| K::from(types::Key::from_i64(key))))
    }

    pub(super) fn text(&mut self) -> Result<SharedStr, Error> {
        Ok(self.take::<&str>()?.into())
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<SharedStr>, Error> {
        Ok(self.take::<Option<&str>>()?.map(SharedStr::from))
    }

    pub(super) fn tenant(&mut self) -> Result<TenantId, Error> {
        Ok(TenantId::new(self.text()?))
    }

    pub(super) fn actor(&mut self) -> Result<Actor, Error> {
        Ok(Actor::new(self.text()?))
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, Error> {
        Ok(Timestamp::from_millis(self.take()?))
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, Error> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_millis))
    }

    /// A number of a type smaller than SQLite's.
    pub(super) fn number<N: TryFrom<i64>>(&mut self) -> Result<N, Error> {
        let value: i64 = self.take()?;
        N::try_from(value).map_err(|_| out_of_range(value))
    }

    pub(super) fn optional_number<N: TryFrom<i64>>(&mut self) -> Result<Option<N>, Error> {
        self.take::<Option<i64>>()?
            .map(|value| N::try_from(value).map_err(|_| out_of_range(value)))
            .transpose()
    }

    /// What [`Values::list`] has written.
    pub(super) fn list<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, Error> {
        match self.take::<Option<&str>>()? {
            None => Ok(Vec::new()),
            Some(json) => serde_json::from_str(json).map_err(|error| Error::Damaged(error.to_string())),
        }
    }

    /// What [`Values::cbor`] has written.
    pub(super) fn cbor<T: for<'b> minicbor::Decode<'b, ()>>(&mut self) -> Result<Vec<T>, Error> {
        match self.take::<Option<&[u8]>>()? {
            None => Ok(Vec::new()),
            Some(bytes) => minicbor::decode(bytes).map_err(|error| Error::Damaged(error.to_string())),
        }
    }
}

fn out_of_range(value: i64) -> Error {
    Error::Damaged(format!("{value} is out of range"))
}
