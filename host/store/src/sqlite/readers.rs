//! Connections that read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::BoxStream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

use crate::Error;
use crate::sql::{Connection, Connector, Pool, Statement};

/// Steps of SQLite's machine between two looks at whether the read is still wanted: some tens of microseconds.
const STEPS_PER_LOOK: i32 = 10_000;

/// Connections that read.
pub(crate) type Readers = Pool<Reading>;

/// How they are opened.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) options: SqliteConnectOptions,
}

/// A connection that reads. A read that is given up half-way is interrupted, and its connection closed.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(super) sqlite: SqliteConnection,
    /// Interrupts the statement at work.
    cancelled: Arc<AtomicBool>,
}

impl Connector for Reading {
    type Connection = Reader;

    const ANSWER_TIME_MAX: Option<Duration> = None;

    async fn connect(&self) -> Result<Reader, Error> {
        let mut sqlite = self.options.connect().await?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cancelled);
        sqlite
            .lock_handle()
            .await?
            .set_progress_handler(STEPS_PER_LOOK, move || !seen.load(Ordering::Relaxed));
        Ok(Reader { sqlite, cancelled })
    }

    fn recover(reader: Reader) -> impl Future<Output = Option<Reader>> + Send + 'static {
        reader.cancelled.store(true, Ordering::Relaxed);
        async move {
            // Closing waits for the statement at work. Whatever it says, the connection is gone.
            let _ = reader.sqlite.close().await;
            None
        }
    }

    async fn close(reader: Reader) -> Result<(), Error> {
        Ok(reader.sqlite.close().await?)
    }

    fn is_lost(_: &sqlx::Error) -> bool {
        false
    }
}

impl Connection for Reader {
    type Row = SqliteRow;

    async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, sqlx::Error> {
        Connection::execute(&mut self.sqlite, statement).await
    }

    async fn rows(&mut self, statement: &Statement<'_>) -> Result<Vec<SqliteRow>, sqlx::Error> {
        self.sqlite.rows(statement).await
    }

    async fn row(&mut self, statement: &Statement<'_>) -> Result<Option<SqliteRow>, sqlx::Error> {
        self.sqlite.row(statement).await
    }

    fn stream<'c>(
        &'c mut self,
        statement: &'c Statement<'c>,
    ) -> BoxStream<'c, Result<SqliteRow, sqlx::Error>> {
        self.sqlite.stream(statement)
    }
}
