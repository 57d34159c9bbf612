//! The one connection that writes.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use crate::Error;
use crate::sql;

/// Gives whether somebody was in the way, the frames in the log, and how many of them are in the database file.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The one connection that writes, used by one transaction at a time.
///
/// A transaction that does not end by its own commit takes the connection with it: SQLite rolls back when a connection
/// closes, whatever state an I/O error or a dropped future has left it in. The next transaction connects anew.
#[derive(Debug)]
pub(super) struct Writer {
    options: SqliteConnectOptions,
    connection: Mutex<Option<SqliteConnection>>,
}

impl Writer {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, connection: Mutex::new(None) }
    }

    /// Begins a transaction that holds SQLite's write lock from the start.
    pub(super) async fn begin(&self) -> Result<Transaction<'_>, Error> {
        let mut transaction = self.acquire().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut transaction.connection).await?;
        Ok(transaction)
    }

    /// The connection for a transaction that its user begins, together with other statements.
    pub(super) async fn acquire(&self) -> Result<Transaction<'_>, Error> {
        let mut slot = self.connection.lock().await;
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Transaction { slot, connection })
    }

    /// Brings the log into the database file, and closes the connection. Closing alone would try that too, and not say when it
    /// fails.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the log is still needed.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let mut connection = self.acquire().await?.connection;
        let checkpoint = sqlx::query_as(CHECKPOINT).fetch_one(&mut connection).await;
        connection.close().await?;
        let (busy, frames, moved): (i64, i64, i64) = checkpoint?;
        if busy == 0 && frames == moved {
            return Ok(());
        }
        Err(Error::Unavailable("another program reads the database, and still needs its log".into()))
    }
}

/// A transaction. Rolled back when it is dropped.
#[derive(Debug)]
pub(crate) struct Transaction<'w> {
    slot: MutexGuard<'w, Option<SqliteConnection>>,
    connection: SqliteConnection,
}

impl sql::Transaction for Transaction<'_> {
    type Connection = SqliteConnection;

    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    async fn commit(self) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    async fn roll_back(self) -> Result<(), Error> {
        self.end("ROLLBACK").await
    }
}

impl Transaction<'_> {
    async fn end(mut self, statement: &'static str) -> Result<(), Error> {
        sqlx::query(statement).execute(&mut self.connection).await?;
        *self.slot = Some(self.connection);
        Ok(())
    }
}
