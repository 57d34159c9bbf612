//! A statement under construction.

use sqlx::sqlite::SqliteArguments;

use crate::Error;
use crate::search::Operand;
use crate::sqlite::rows::Values;

/// Text of a statement together with the values of its parameters, in the same order.
#[derive(Debug, Default)]
pub(super) struct Sql {
    text: String,
    values: Values,
}

impl Sql {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Values::default() }
    }

    /// Adds text, which is always a constant of this crate.
    pub(super) fn add(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a parameter.
    pub(super) fn bind(&mut self, operand: &Operand) -> &mut Self {
        self.text.push('?');
        match operand {
            Operand::Text(text) => self.values.text(text),
            Operand::Integer(integer) => self.values.push(*integer),
        };
        self
    }

    /// Adds a number as a parameter.
    pub(super) fn bind_number(&mut self, number: u64) -> &mut Self {
        self.bind(&Operand::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// Adds `item` for each of `items`, with `separator` between them.
    pub(super) fn join<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut item: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, one) in items.into_iter().enumerate() {
            if index > 0 {
                self.add(separator);
            }
            item(self, one);
        }
        self
    }

    pub(super) fn into_parts(self) -> Result<(String, SqliteArguments), Error> {
        Ok((self.text, self.values.into_arguments()?))
    }
}
