//! What makes PostgreSQL a store.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::sync::oneshot;
use types::PartitionId;

use super::PostgresStore;
use super::dialect::{DIALECT, LOAD};
use super::leases::Leases;
use super::session::{Session, Sessions};
use super::writers::Request;
use crate::sql::{Connection, Database, Dialect, Lent, Load, Statement, Transaction};
use crate::{Batch, Error, Snapshot};

/// As in a commit: the row's lock excludes whoever takes the partition.
const FENCE: &str = "UPDATE partition SET next_key_counter = greatest(next_key_counter, $2) \
     WHERE id = $1 AND epoch = $3";

/// Instead of a snapshot.
const OTHER_TOOLS: &str = "a PostgreSQL database is backed up with its own tools, such as pg_dump; \
     after pg_restore, `fermata restore --database-url` makes it an installation of its own";

impl Database for PostgresStore {
    type Connector = Session;
    type Transaction<'d> = Writing<'d>;

    const DIALECT: &'static Dialect = &DIALECT;

    fn load() -> &'static Load {
        &LOAD
    }

    fn readers(&self) -> &Sessions {
        &self.readers
    }

    async fn loop_readers(&self, partition: Option<PartitionId>) -> Result<&Sessions, Error> {
        if let Some(partition) = partition {
            self.leases.settled(partition).await?;
        }
        Ok(&self.loop_readers)
    }

    fn search_time_max(&self) -> Duration {
        self.search_time_max
    }

    async fn claim(&self, partition: PartitionId) -> Result<(), Error> {
        self.leases.claim(partition).await
    }

    async fn partition_lost(&self) {
        self.leases.some_taken().await;
    }

    async fn snapshot(&self) -> Result<Snapshot, Error> {
        Err(Error::NoSnapshots { instead: OTHER_TOOLS })
    }

    async fn close(&self) -> Result<(), Error> {
        Self::close(self).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), Error> {
        let closed = || Error::Unavailable("the store is closed".into());
        let writer = self.writer(batch.partition).ok_or_else(closed)?;
        // As of now, and not of when its turn comes: a commit that nobody waits for must not pass for one of the partition's
        // next life in this process.
        let epoch = self.leases.epoch(batch.partition).await?;
        let (answer, outcome) = oneshot::channel();
        writer.send(Request { batch, epoch, answer }).await.map_err(|_| closed())?;
        drop(writer);
        outcome.await.map_err(|_| closed())?
    }

    async fn begin(&self) -> Result<Writing<'_>, Error> {
        let lent = self.service.acquire_with("BEGIN").await?;
        Ok(Writing { lent, fenced: None })
    }

    async fn begin_for(&self, partition: PartitionId, next_key_counter: u64) -> Result<Writing<'_>, Error> {
        let epoch = self.leases.epoch(partition).await?;
        let mut writing = self.begin().await?;
        let fence = Statement::new(FENCE)
            .with(|values| values.integer(partition.get()).counter(next_key_counter.max(1)).integer(epoch));
        if writing.connection().execute(fence).await? == 0 {
            writing.roll_back().await?;
            return Err(self.leases.lost(partition, epoch));
        }
        writing.fenced = Some((&self.leases, partition));
        Ok(writing)
    }

    /// Its own vacuum makes room for new rows.
    async fn give_back_space(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// A transaction that writes what is not a partition's commit. Rolled back when it is dropped.
#[derive(Debug)]
pub(crate) struct Writing<'d> {
    lent: Lent<'d, Session>,
    /// For whom it writes.
    fenced: Option<(&'d Leases, PartitionId)>,
}

impl Transaction for Writing<'_> {
    type Connection = PgConnection;

    fn connection(&mut self) -> &mut PgConnection {
        self.lent.connection()
    }

    async fn commit(mut self) -> Result<(), Error> {
        let mut in_doubt = InDoubt(self.fenced);
        self.lent.connection().execute(Statement::new("COMMIT")).await?;
        in_doubt.0 = None;
        self.lent.finish();
        Ok(())
    }

    async fn roll_back(mut self) -> Result<(), Error> {
        self.connection().execute(Statement::new("ROLLBACK")).await?;
        self.lent.finish();
        Ok(())
    }
}

/// Between the question and the answer whether a transaction was carried out. Dropped there, it stays open for the partition.
struct InDoubt<'d>(Option<(&'d Leases, PartitionId)>);

impl Drop for InDoubt<'_> {
    fn drop(&mut self) {
        if let Some((leases, partition)) = self.0 {
            leases.unsettle(partition);
        }
    }
}
