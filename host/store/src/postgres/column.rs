//! Columns of many rows, each one parameter of a statement.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, Postgres};
use sqlx::{Encode, Type};
use types::SharedStr;

use super::text::stored;
use crate::Error;
use crate::sql::{Kind, Value};

/// The values of one column as an array, in PostgreSQL's binary format from the beginning: values are copied once.
#[derive(Debug)]
pub(super) struct Column {
    kind: Kind,
    rows: i32,
    has_null: bool,
    elements: Vec<u8>,
}

impl Column {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, rows: 0, has_null: false, elements: Vec::new() }
    }

    /// Adds the value of one more row.
    pub(super) fn push(&mut self, value: &Value<'_>) -> Result<(), Error> {
        match (self.kind, value) {
            (Kind::Integer, Value::Integer(Some(integer))) => self.add(&integer.to_be_bytes()),
            (Kind::Flag, Value::Flag(flag)) => self.add(&[u8::from(*flag)]),
            (Kind::Text, Value::Text(Some(text))) => self.add(stored(text).as_bytes()),
            (Kind::Bytes, Value::Bytes(Some(bytes))) => self.add(bytes),
            (Kind::Integer, Value::Integer(None))
            | (Kind::Text, Value::Text(None))
            | (Kind::Bytes, Value::Bytes(None))
            | (Kind::Texts, Value::Texts([])) => {
                self.has_null = true;
                self.elements.extend((-1_i32).to_be_bytes());
                Ok(())
            }
            (Kind::Texts, Value::Texts(texts)) => self.add(array_literal(texts).as_bytes()),
            (kind, value) => Err(Error::Damaged(format!("{value:?} is bound where {kind:?} belongs"))),
        }?;
        self.rows += 1;
        Ok(())
    }

    fn add(&mut self, element: &[u8]) -> Result<(), Error> {
        let length = i32::try_from(element.len())
            .map_err(|_| Error::Damaged("a value is longer than PostgreSQL can take".to_owned()))?;
        self.elements.extend(length.to_be_bytes());
        self.elements.extend(element);
        Ok(())
    }
}

/// The texts in the syntax of an array: arrays of arrays of different lengths are not to be had otherwise.
pub(super) fn array_literal(texts: &[SharedStr]) -> String {
    let mut literal = "{".to_owned();
    for (index, text) in texts.iter().enumerate() {
        literal.push_str(if index == 0 { "\"" } else { ",\"" });
        for character in stored(text).chars() {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

/// The type of the array, and of its elements, as a statement names them.
pub(super) fn array_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "bigint[]",
        Kind::Flag => "boolean[]",
        Kind::Text | Kind::Texts => "text[]",
        Kind::Bytes => "bytea[]",
    }
}

impl Type<Postgres> for Column {
    fn type_info() -> PgTypeInfo {
        <Vec<i64> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Column {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        // The numbers of built-in types never change.
        let element_type: i32 = match self.kind {
            Kind::Flag => 16,
            Kind::Bytes => 17,
            Kind::Integer => 20,
            Kind::Text | Kind::Texts => 25,
        };
        buffer.extend(i32::from(self.rows > 0).to_be_bytes()); // dimensions
        buffer.extend(i32::from(self.has_null).to_be_bytes());
        buffer.extend(element_type.to_be_bytes());
        if self.rows > 0 {
            buffer.extend(self.rows.to_be_bytes());
            buffer.extend(1_i32.to_be_bytes()); // the index of the first
            buffer.extend(&self.elements);
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(match self.kind {
            Kind::Integer => <Vec<i64> as Type<Postgres>>::type_info(),
            Kind::Flag => <Vec<bool> as Type<Postgres>>::type_info(),
            Kind::Text | Kind::Texts => <Vec<String> as Type<Postgres>>::type_info(),
            Kind::Bytes => <Vec<Vec<u8>> as Type<Postgres>>::type_info(),
        })
    }
}
