//! The statements of one commit, on their way to the connection's thread.
//!
//! Going there and back costs more than most statements. They therefore travel together, as one text with many statements
//! in it. SQLite prepares it anew for each commit, which costs less than a way of its own for each statement;
//! the texts of small commits come back so often that they are kept prepared.

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Either, Executor, SqliteConnection};

use super::connection;
use crate::Error;
use crate::sql::Values;

/// The text is sent when its statements are over so many rows. SQLite takes a million bytes of text at once.
const ROWS_TOGETHER_MAX: usize = 4_000;
/// A text whose statements are over at most so many rows stays prepared.
const KEPT_ROWS_MAX: usize = 64;

/// Why a script did not do what it should.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database says so.
    Store(Error),
    /// A statement has not touched as many rows as it had to.
    Rows {
        /// The statement's table.
        table: &'static str,
    },
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

/// Collects statements and executes them.
pub(super) struct Script<'c> {
    connection: &'c mut SqliteConnection,
    text: String,
    arguments: SqliteArguments,
    rows: usize,
    /// For each statement its table and the rows that it has to touch, if any.
    expected: Vec<Option<(&'static str, usize)>>,
}

impl<'c> Script<'c> {
    /// A script that begins a transaction.
    pub(super) fn begin(connection: &'c mut SqliteConnection) -> Self {
        let text = "BEGIN IMMEDIATE;\n".to_owned();
        Self { connection, text, arguments: SqliteArguments::default(), rows: 0, expected: vec![None] }
    }

    /// Adds a statement that has to touch `rows` rows of `table`; `add_text` adds its text,
    /// and `values` are its parameters, which are taken.
    pub(super) async fn add(
        &mut self,
        table: &'static str,
        rows: usize,
        add_text: impl FnOnce(&mut String),
        values: &mut Values<'_>,
    ) -> Result<(), Failure> {
        if self.rows + rows > ROWS_TOGETHER_MAX {
            self.execute().await?;
        }
        add_text(&mut self.text);
        self.text.push_str(";\n");
        for value in values.drain()? {
            connection::add(&mut self.arguments, value)?;
        }
        self.rows += rows;
        self.expected.push(Some((table, rows)));
        Ok(())
    }

    /// Executes what was added since the last time. The transaction stays open.
    pub(super) async fn execute(&mut self) -> Result<(), Failure> {
        let text = AssertSqlSafe(std::mem::take(&mut self.text));
        let arguments = std::mem::take(&mut self.arguments);
        let keep = std::mem::take(&mut self.rows) <= KEPT_ROWS_MAX;
        let mut expected = std::mem::take(&mut self.expected).into_iter();

        let query = sqlx::query_with(text, arguments).persistent(keep);
        let mut results = self.connection.fetch_many(query);
        while let Some(result) = results.try_next().await? {
            let Either::Left(result) = result else { continue };
            if let Some(Some((table, rows))) = expected.next()
                && result.rows_affected() != rows as u64
            {
                return Err(Failure::Rows { table });
            }
        }
        match expected.next() {
            None => Ok(()),
            Some(_) => Err(Error::Damaged("a commit was not carried out to its end".to_owned()).into()),
        }
    }
}
