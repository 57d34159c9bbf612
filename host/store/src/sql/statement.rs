//! A statement and the values of its parameters.

use sqlx::{SqlSafeStr, SqlStr};

use super::values::Values;

/// A statement and the values of its parameters.
#[derive(Debug)]
pub(crate) struct Statement<'v> {
    pub(crate) text: SqlStr,
    pub(crate) values: Values<'v>,
    /// Whether the text comes back often enough to stay prepared.
    pub(crate) keep: bool,
}

impl<'v> Statement<'v> {
    /// A statement without parameters, or one that [`with`](Self::with) gives them. Parameters are `$1`, `$2` and so on.
    pub(crate) fn new(text: impl SqlSafeStr) -> Self {
        Self { text: text.into_sql_str(), values: Values::default(), keep: true }
    }

    /// Adds values.
    pub(crate) fn with(mut self, add: impl for<'a> FnOnce(&'a mut Values<'v>) -> &'a mut Values<'v>) -> Self {
        add(&mut self.values);
        self
    }
}
