//! Statements and rows in PostgreSQL's types.

use std::borrow::Cow;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use sqlx::postgres::{PgArguments, PgRow, PgValueRef, Postgres};
use sqlx::query::Query;
use sqlx::{Arguments, PgConnection, Row as _, ValueRef};
use types::SharedStr;

use super::column::array_literal;
use super::text::{restored, stored};
use crate::Error;
use crate::sql::{Connection, Row, Statement, Value};

fn add(arguments: &mut PgArguments, value: &Value<'_>) -> Result<(), sqlx::Error> {
    match value {
        Value::Integer(integer) => arguments.add(*integer),
        Value::Flag(flag) => arguments.add(*flag),
        Value::Text(text) => arguments.add(text.as_deref().map(stored)),
        Value::Bytes(bytes) => arguments.add(bytes.as_deref()),
        Value::Texts([]) => arguments.add(None::<String>),
        Value::Texts(texts) => arguments.add(array_literal(texts)),
    }
    .map_err(sqlx::Error::Encode)
}

fn query(statement: &Statement<'_>) -> Result<Query<'static, Postgres, PgArguments>, sqlx::Error> {
    let values = statement.values.iter().map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let mut arguments = PgArguments::default();
    for value in values {
        add(&mut arguments, value)?;
    }
    Ok(sqlx::query_with(statement.text.clone(), arguments).persistent(statement.keep))
}

impl Connection for PgConnection {
    type Row = PgRow;

    async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, sqlx::Error> {
        Ok(query(&statement)?.execute(self).await?.rows_affected())
    }

    async fn rows(&mut self, statement: &Statement<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        query(statement)?.fetch_all(self).await
    }

    async fn row(&mut self, statement: &Statement<'_>) -> Result<Option<PgRow>, sqlx::Error> {
        query(statement)?.fetch_optional(self).await
    }

    fn stream<'c>(&'c mut self, statement: &'c Statement<'c>) -> BoxStream<'c, Result<PgRow, sqlx::Error>> {
        match query(statement) {
            Ok(query) => query.fetch(self),
            Err(error) => stream::once(std::future::ready(Err(error))).boxed(),
        }
    }
}

/// The bytes of a value in PostgreSQL's binary format: every statement here is prepared, and answered in it.
fn raw(row: &PgRow, index: usize) -> Result<Option<PgValueRef<'_>>, Error> {
    let value = row.try_get_raw(index)?;
    Ok((!value.is_null()).then_some(value))
}

fn bytes_of(value: PgValueRef<'_>) -> Result<&[u8], Error> {
    value.as_bytes().map_err(|error| Error::Damaged(error.to_string()))
}

impl Row for PgRow {
    fn integer(&self, index: usize) -> Result<Option<i64>, Error> {
        let Some(value) = raw(self, index)? else { return Ok(None) };
        let bytes = bytes_of(value)?;
        let integer = if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
            i64::from_be_bytes(bytes)
        } else if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
            i32::from_be_bytes(bytes).into()
        } else if let Ok(bytes) = <[u8; 2]>::try_from(bytes) {
            i16::from_be_bytes(bytes).into()
        } else if let [flag] = bytes {
            i64::from(*flag)
        } else {
            return Err(Error::Damaged(format!("column {} of a row is no number", index + 1)));
        };
        Ok(Some(integer))
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, Error> {
        let Some(value) = raw(self, index)? else { return Ok(None) };
        let text =
            std::str::from_utf8(bytes_of(value)?).map_err(|error| Error::Damaged(error.to_string()))?;
        Ok(Some(restored(text)))
    }

    fn bytes(&self, index: usize) -> Result<Option<&[u8]>, Error> {
        raw(self, index)?.map(bytes_of).transpose()
    }

    fn texts(&self, index: usize) -> Result<Vec<SharedStr>, Error> {
        let texts: Option<Vec<String>> = self.try_get(index)?;
        Ok(texts.unwrap_or_default().iter().map(|text| SharedStr::from(&*restored(text))).collect())
    }
}
