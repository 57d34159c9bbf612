//! Connections that are lent.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::columns::Columns;
use super::connection::Connection;
use super::statement::Statement;
use crate::{Error, PoolUse};

/// How long a caller waits for one of the connections.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How connections are made, and what becomes of them.
pub(crate) trait Connector: Send + Sync + 'static {
    type Connection: Connection + 'static;

    /// When a statement is given up that is not answered; `None` where every statement is.
    const ANSWER_TIME_MAX: Option<Duration>;

    /// A new connection.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, Error>> + Send;

    /// What becomes of a connection whose user has gone half-way: called at once, carried out in the background.
    /// Returns the connection if it can be used again, when nothing is under way on it any longer.
    fn recover(
        connection: Self::Connection,
    ) -> impl Future<Output = Option<Self::Connection>> + Send + 'static;

    /// Closes a connection that nothing is under way on.
    fn close(connection: Self::Connection) -> impl Future<Output = Result<(), Error>> + Send;

    /// Whether an error means that the connection is gone, and another may serve.
    fn is_lost(error: &sqlx::Error) -> bool;
}

/// A few connections, each used by one caller at a time and opened when it is first needed.
///
/// sqlx's own pool gives a connection back through a task of its own, which costs more than most reads here.
#[derive(Debug)]
pub(crate) struct Pool<C: Connector> {
    connector: C,
    limit: u32,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<C::Connection>>>,
}

/// A connection in use.
///
/// When its user goes half-way, it is recovered or closed. Only then another caller takes its place:
/// nobody gets more scans under way than there are connections.
#[derive(Debug)]
pub(crate) struct Lent<'p, C: Connector> {
    pool: &'p Pool<C>,
    /// Empty once it is finished.
    lent: Option<(C::Connection, OwnedSemaphorePermit)>,
    /// Whether it was used before, and may have died of old age since.
    is_used: bool,
}

impl<C: Connector> Pool<C> {
    pub(crate) fn new(connector: C, limit: u32) -> Self {
        let limit = limit.max(1);
        let permits = Arc::new(Semaphore::new(limit as usize));
        Self { connector, limit, permits, idle: Arc::default() }
    }

    /// How many are used and how many wait.
    pub(crate) fn usage(&self) -> PoolUse {
        let limit = self.limit as usize;
        let in_use = limit.saturating_sub(self.permits.available_permits());
        PoolUse { limit, in_use, idle: self.idle().len() }
    }

    /// A connection, as soon as one is free.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: all are busy for too long, or the store is closed.
    pub(crate) async fn acquire(&self) -> Result<Lent<'_, C>, Error> {
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|elapsed| Error::Unavailable(Box::new(elapsed)))?
            .map_err(|closed| Error::Unavailable(Box::new(closed)))?;
        let idle = self.idle().pop();
        let is_used = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connector.connect().await?,
        };
        Ok(Lent { pool: self, lent: Some((connection, permit)), is_used })
    }

    /// A connection on which `statement` was executed, such as the beginning of a transaction.
    pub(crate) async fn acquire_with(&self, statement: &'static str) -> Result<Lent<'_, C>, Error> {
        loop {
            let mut lent = self.acquire().await?;
            match answered::<C, _>(lent.connection().execute(Statement::new(statement))).await {
                Ok(_) => return Ok(lent),
                Err(error) => lent.try_another(error)?,
            }
        }
    }

    /// All rows that a statement gives, not read yet.
    pub(crate) async fn rows(
        &self,
        statement: &Statement<'_>,
    ) -> Result<Vec<<C::Connection as Connection>::Row>, Error> {
        loop {
            let mut lent = self.acquire().await?;
            match answered::<C, _>(lent.connection().rows(statement)).await {
                Ok(rows) => {
                    lent.finish();
                    return Ok(rows);
                }
                Err(error) => lent.try_another(error)?,
            }
        }
    }

    /// All rows that a statement gives.
    pub(crate) async fn all<T>(
        &self,
        statement: &Statement<'_>,
        read: fn(&mut Columns<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let rows = self.rows(statement).await?;
        rows.iter().map(|row| read(&mut Columns::new(row))).collect()
    }

    /// The row that a statement gives, if any.
    pub(crate) async fn optional<T>(
        &self,
        statement: &Statement<'_>,
        read: fn(&mut Columns<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let row = loop {
            let mut lent = self.acquire().await?;
            match answered::<C, _>(lent.connection().row(statement)).await {
                Ok(row) => {
                    lent.finish();
                    break row;
                }
                Err(error) => lent.try_another(error)?,
            }
        };
        row.map(|row| read(&mut Columns::new(&row))).transpose()
    }

    /// Waits for what is under way, and closes the connections. Calls after this fail.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        if let Ok(permits) = self.permits.acquire_many(self.limit).await {
            self.permits.close();
            permits.forget();
        }
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            C::close(connection).await?;
        }
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<C::Connection>> {
        // Nothing can panic between taking the lock and letting go of it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a statement, as long as there may be one.
async fn answered<C: Connector, T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match C::ANSWER_TIME_MAX {
        None => statement.await,
        Some(time_max) => match tokio::time::timeout(time_max, statement).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(sqlx::Error::Io(elapsed.into())),
        },
    }
}

impl<C: Connector> Lent<'_, C> {
    /// Where to execute statements.
    pub(crate) fn connection(&mut self) -> &mut C::Connection {
        &mut self.lent.as_mut().expect("a connection is lent until it is finished").0
    }

    /// Gives the connection to the next caller. No transaction is open, and every result was read to its end.
    pub(crate) fn finish(mut self) {
        if let Some((connection, _permit)) = self.lent.take() {
            self.pool.idle().push(connection);
        }
    }

    /// Passes when the connection has turned out to be dead although nothing was under way on it:
    /// another one may do better. Those that waited are as old, and go too.
    ///
    /// # Errors
    /// The error means something else.
    pub(crate) fn try_another(mut self, error: sqlx::Error) -> Result<(), Error> {
        if !C::is_lost(&error) {
            return Err(error.into());
        }
        let is_used = self.is_used;
        drop(self.lent.take());
        self.pool.idle().clear();
        if is_used { Ok(()) } else { Err(error.into()) }
    }
}

impl<C: Connector> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let Some((connection, permit)) = self.lent.take() else { return };
        let recovery = C::recover(connection);
        // Without a runtime the process is about to end, and the connection with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let idle = Arc::clone(&self.pool.idle);
            runtime.spawn(async move {
                if let Some(connection) = recovery.await {
                    idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                }
                drop(permit);
            });
        }
    }
}
