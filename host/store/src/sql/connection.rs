//! What a connection to a database does.

use std::future::Future;

use futures_util::stream::BoxStream;

use super::columns::Row;
use super::statement::Statement;

/// A connection to a database.
pub(crate) trait Connection: Send {
    type Row: Row + 'static;

    /// Executes a statement, and returns how many rows it has touched.
    fn execute(&mut self, statement: Statement<'_>) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// All rows that a statement gives.
    fn rows(
        &mut self,
        statement: &Statement<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Row>, sqlx::Error>> + Send;

    /// The row that a statement gives, if any.
    fn row(
        &mut self,
        statement: &Statement<'_>,
    ) -> impl Future<Output = Result<Option<Self::Row>, sqlx::Error>> + Send;

    /// The rows that a statement gives, as they come.
    fn stream<'c>(
        &'c mut self,
        statement: &'c Statement<'c>,
    ) -> BoxStream<'c, Result<Self::Row, sqlx::Error>>;
}
