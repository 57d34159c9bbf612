//! A statement under construction.

use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::search::Operand;
use crate::sql::dialect::Dialect;
use crate::sql::statement::Statement;
use crate::sql::values::{Value, Values};

/// Text of a statement together with the values of its parameters, in the same order.
#[derive(Debug)]
pub(super) struct Sql {
    pub(super) dialect: &'static Dialect,
    text: String,
    values: Values<'static>,
    parameters: usize,
}

impl Sql {
    pub(super) fn new(dialect: &'static Dialect, text: &str) -> Self {
        Self { dialect, text: text.to_owned(), values: Values::default(), parameters: 0 }
    }

    /// Adds text, which is always a constant of this crate.
    pub(super) fn add(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a parameter.
    pub(super) fn bind(&mut self, operand: &Operand) -> &mut Self {
        match operand {
            Operand::Text(text) => self.values.push(Value::Text(Some(text.clone().into()))),
            Operand::Integer(integer) => self.values.integer(*integer),
        };
        self.add_parameter()
    }

    /// Adds a number as a parameter.
    pub(super) fn bind_number(&mut self, number: u64) -> &mut Self {
        self.values.counter(number);
        self.add_parameter()
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

    fn add_parameter(&mut self) -> &mut Self {
        self.parameters += 1;
        if self.dialect.numbers_parameters {
            self.text.push_str(&format!("${}", self.parameters));
        } else {
            // SQLite finds numbered parameters by comparing names, which takes long for thousands.
            self.text.push('?');
        }
        self
    }

    /// The statement, which stays prepared if `keep`.
    pub(super) fn into_statement(self, keep: bool) -> Statement<'static> {
        Statement { text: AssertSqlSafe(self.text).into_sql_str(), values: self.values, keep }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}
