//! Statements and rows in SQLite's types.

use std::borrow::Cow;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Decode, Row as _, Sqlite, SqliteConnection, Type};
use types::SharedStr;

use crate::Error;
use crate::sql::{Connection, Row, Statement, Value, Values};

/// Adds values to the arguments of a statement.
pub(super) fn add(arguments: &mut SqliteArguments, value: Value<'_>) -> Result<(), Error> {
    let added = match value {
        Value::Integer(integer) => arguments.add(integer),
        Value::Flag(flag) => arguments.add(flag),
        Value::Text(Some(Cow::Borrowed(text))) => arguments.add(text),
        Value::Text(Some(Cow::Owned(text))) => arguments.add(text),
        Value::Text(None) => arguments.add(None::<&str>),
        Value::Bytes(Some(Cow::Borrowed(bytes))) => arguments.add(bytes),
        Value::Bytes(Some(Cow::Owned(bytes))) => arguments.add(bytes),
        Value::Bytes(None) | Value::Texts([]) => arguments.add(None::<&[u8]>),
        // A JSON array.
        Value::Texts(texts) => match serde_json::to_string(texts) {
            Ok(json) => arguments.add(json),
            Err(error) => Err(error.into()),
        },
    };
    added.map_err(|error| Error::Damaged(error.to_string()))
}

fn arguments(values: &Values<'_>) -> Result<SqliteArguments, Error> {
    let mut arguments = SqliteArguments::default();
    for value in values.iter()? {
        add(&mut arguments, value.clone())?;
    }
    Ok(arguments)
}

fn query(statement: &Statement<'_>) -> Result<Query<'static, Sqlite, SqliteArguments>, sqlx::Error> {
    let arguments = arguments(&statement.values).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(sqlx::query_with(statement.text.clone(), arguments).persistent(statement.keep))
}

impl Connection for SqliteConnection {
    type Row = SqliteRow;

    async fn execute(&mut self, mut statement: Statement<'_>) -> Result<u64, sqlx::Error> {
        let encode = |error| sqlx::Error::Encode(Box::new(error));
        let mut arguments = SqliteArguments::default();
        for value in statement.values.drain().map_err(encode)? {
            add(&mut arguments, value).map_err(encode)?;
        }
        let query = sqlx::query_with(statement.text, arguments).persistent(statement.keep);
        Ok(query.execute(self).await?.rows_affected())
    }

    async fn rows(&mut self, statement: &Statement<'_>) -> Result<Vec<SqliteRow>, sqlx::Error> {
        query(statement)?.fetch_all(self).await
    }

    async fn row(&mut self, statement: &Statement<'_>) -> Result<Option<SqliteRow>, sqlx::Error> {
        query(statement)?.fetch_optional(self).await
    }

    fn stream<'c>(
        &'c mut self,
        statement: &'c Statement<'c>,
    ) -> BoxStream<'c, Result<SqliteRow, sqlx::Error>> {
        match query(statement) {
            Ok(query) => query.fetch(self),
            Err(error) => stream::once(std::future::ready(Err(error))).boxed(),
        }
    }
}

fn get<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(row: &'r SqliteRow, index: usize) -> Result<T, Error> {
    Ok(row.try_get(index)?)
}

impl Row for SqliteRow {
    fn integer(&self, index: usize) -> Result<Option<i64>, Error> {
        get(self, index)
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, Error> {
        Ok(get::<Option<&str>>(self, index)?.map(Cow::Borrowed))
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>, Error> {
        get(self, index)
    }

    fn texts(&self, index: usize) -> Result<Vec<SharedStr>, Error> {
        match get::<Option<&str>>(self, index)? {
            None => Ok(Vec::new()),
            Some(json) => serde_json::from_str(json).map_err(|error| Error::Damaged(error.to_string())),
        }
    }
}
