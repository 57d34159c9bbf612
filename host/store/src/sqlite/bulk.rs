//! Statements over many rows.
//!
//! One statement per row costs more than thirty times as much as one statement over hundreds. Rows are written in groups
//! whose sizes are powers of two, so that few texts of statements exist and each is prepared once.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::rows::Values;
use crate::Error;

/// Sizes of groups: 1, 2, 4 … 256 rows. Larger ones save little, and SQLite keeps memory for each parameter of each statement.
const GROUP_SIZES: usize = 9;

/// A statement over any number of rows, one of whose parts is repeated for each row.
pub(super) struct Bulk {
    before: &'static str,
    row: &'static str,
    separator: &'static str,
    after: &'static str,
    texts: [OnceLock<Arc<str>>; GROUP_SIZES],
}

impl Bulk {
    /// `row` is repeated with `separator` between `before` and `after`.
    pub(super) const fn new(
        before: &'static str,
        row: &'static str,
        separator: &'static str,
        after: &'static str,
    ) -> Self {
        Self { before, row, separator, after, texts: [const { OnceLock::new() }; GROUP_SIZES] }
    }

    /// Executes the statement for all `rows`; `bind` adds the parameters of one. Returns how many rows it has touched.
    pub(super) async fn execute<R>(
        &self,
        connection: &mut SqliteConnection,
        rows: Vec<R>,
        bind: impl Fn(&mut Values, R),
    ) -> Result<u64, Error> {
        let mut touched = 0;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let size = (rows.len().ilog2() as usize).min(GROUP_SIZES - 1);
            let mut values = Values::default();
            for row in rows.by_ref().take(1 << size) {
                bind(&mut values, row);
            }
            let text = AssertSqlSafe(Arc::clone(self.text(size)));
            let result = sqlx::query_with(text, values.into_arguments()?).execute(&mut *connection).await?;
            touched += result.rows_affected();
        }
        Ok(touched)
    }

    /// The text for 2 to the power of `size` rows.
    fn text(&self, size: usize) -> &Arc<str> {
        self.texts[size].get_or_init(|| {
            let rows = vec![self.row; 1 << size].join(self.separator);
            format!("{}{rows}{}", self.before, self.after).into()
        })
    }
}
