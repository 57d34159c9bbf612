//! Connections that read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{ConnectOptions, Connection as _, Sqlite, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::rows::Columns;
use crate::Error;

/// How long a read waits for one of the connections.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Steps of SQLite's machine between two looks at whether the read is still wanted: some tens of microseconds.
const STEPS_PER_LOOK: i32 = 10_000;

/// A few connections that read, each used by one read at a time and opened when it is first needed.
///
/// sqlx's own pool gives a connection back through a task of its own, which costs more than most reads here.
#[derive(Debug)]
pub(super) struct Readers {
    options: SqliteConnectOptions,
    limit: u32,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

#[derive(Debug)]
struct Connection {
    sqlite: SqliteConnection,
    /// Interrupts the statement at work.
    cancelled: Arc<AtomicBool>,
}

/// A connection for one read.
///
/// A read that is given up half-way is interrupted, and its connection closed. Only then another read takes its place:
/// nobody gets more scans under way than there are connections.
#[derive(Debug)]
pub(super) struct Reader<'r> {
    readers: &'r Readers,
    /// Empty once it is finished.
    lent: Option<(Connection, OwnedSemaphorePermit)>,
}

impl Readers {
    pub(super) fn new(options: SqliteConnectOptions, limit: u32) -> Self {
        let limit = limit.max(1);
        Self { options, limit, permits: Arc::new(Semaphore::new(limit as usize)), idle: Mutex::default() }
    }

    /// A connection, as soon as one is free.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: all are busy for too long, or the store is closed.
    pub(super) async fn acquire(&self) -> Result<Reader<'_>, Error> {
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|elapsed| Error::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| Error::Unavailable(Box::new(closed)))?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Reader { readers: self, lent: Some((connection, permit)) })
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let mut sqlite = self.options.connect().await?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&cancelled);
        sqlite
            .lock_handle()
            .await?
            .set_progress_handler(STEPS_PER_LOOK, move || !seen.load(Ordering::Relaxed));
        Ok(Connection { sqlite, cancelled })
    }

    /// All rows that a query gives.
    pub(super) async fn all<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        read: fn(&mut Columns<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut reader = self.acquire().await?;
        let rows = query.fetch_all(reader.connection()).await?;
        reader.finish();
        rows.iter().map(|row| read(&mut Columns::new(row))).collect()
    }

    /// The row that a query gives, if any.
    pub(super) async fn optional<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        read: fn(&mut Columns<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut reader = self.acquire().await?;
        let row = query.fetch_optional(reader.connection()).await?;
        reader.finish();
        row.map(|row| read(&mut Columns::new(&row))).transpose()
    }

    /// Waits for reads that are under way, and closes the connections. Reads after this fail.
    pub(super) async fn close(&self) -> Result<(), Error> {
        if let Ok(permits) = self.permits.acquire_many(self.limit).await {
            self.permits.close();
            permits.forget();
        }
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            connection.sqlite.close().await?;
        }
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing can panic between taking the lock and letting go of it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader<'_> {
    /// Where to execute statements.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.lent.as_mut().expect("a reader has its connection until it is finished").0.sqlite
    }

    /// Gives the connection to the next read. No transaction is open, and every result was read to its end.
    pub(super) fn finish(mut self) {
        if let Some((connection, _permit)) = self.lent.take() {
            self.readers.idle().push(connection);
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let Some((connection, permit)) = self.lent.take() else { return };
        connection.cancelled.store(true, Ordering::Relaxed);
        // Without a runtime the process is about to end, and the connection with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Closing waits for the statement at work. Whatever it says, the connection is gone.
                let _ = connection.sqlite.close().await;
                drop(permit);
            });
        }
    }
}
