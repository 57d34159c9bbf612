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
use crate::sql::{Columns, Connection, Database, Dialect, Lent, Load, Statement, Transaction};
use crate::{Batch, Error, Snapshot};

/// As in a commit: the row's lock excludes whoever takes the partition.
const FENCE: &str = "UPDATE partition SET next_key_counter = greatest(next_key_counter, $2) \
     WHERE id = $1 AND epoch = $3";

/// Those that anybody has ever taken.
const PARTITIONS: &str = "SELECT id::bigint FROM partition";

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
        Ok(Writing { lent, leases: &self.leases, fenced: Vec::new() })
    }

    async fn begin_for(&self, partition: PartitionId, next_key_counter: u64) -> Result<Writing<'_>, Error> {
        let epoch = self.leases.epoch(partition).await?;
        self.begin_fenced(vec![(partition, epoch)], next_key_counter).await
    }

    /// A commit that locks several of these rows in another order is given up by the database, or this is; both are tried again
    /// by whoever has asked for them.
    async fn begin_for_all(&self) -> Result<Writing<'_>, Error> {
        let mut epochs = Vec::new();
        for (partition, _) in self.leases.partitions() {
            epochs.push((partition, self.leases.epoch(partition).await?));
        }
        let held: Vec<PartitionId> = epochs.iter().map(|(partition, _)| *partition).collect();
        let mut writing = self.begin_fenced(epochs, 1).await?;
        let rows = writing.connection().rows(&Statement::new(PARTITIONS)).await?;
        let mut all = vec![PartitionId::FIRST];
        for row in &rows {
            let id = Columns::new(row).number()?;
            all.push(PartitionId::new(id).ok_or_else(|| Error::Damaged(format!("{id} is no partition")))?);
        }
        match all.into_iter().find(|partition| !held.contains(partition)) {
            None => Ok(writing),
            Some(partition) => {
                writing.roll_back().await?;
                Err(Error::LeaseLost { partition })
            }
        }
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
    leases: &'d Leases,
    /// For whom it writes.
    fenced: Vec<PartitionId>,
}

impl PostgresStore {
    /// Begins a transaction for partitions that have these epochs, and no others before it ends.
    async fn begin_fenced(
        &self,
        epochs: Vec<(PartitionId, i64)>,
        next_key_counter: u64,
    ) -> Result<Writing<'_>, Error> {
        let mut writing = self.begin().await?;
        for (partition, epoch) in epochs {
            let fence = Statement::new(FENCE).with(|values| {
                values.integer(partition.get()).counter(next_key_counter.max(1)).integer(epoch)
            });
            if writing.connection().execute(fence).await? == 0 {
                writing.roll_back().await?;
                return Err(self.leases.lost(partition, epoch));
            }
            writing.fenced.push(partition);
        }
        Ok(writing)
    }
}

impl Transaction for Writing<'_> {
    type Connection = PgConnection;

    fn connection(&mut self) -> &mut PgConnection {
        self.lent.connection()
    }

    async fn commit(mut self) -> Result<(), Error> {
        let mut in_doubt = InDoubt { leases: self.leases, partitions: std::mem::take(&mut self.fenced) };
        self.lent.connection().execute(Statement::new("COMMIT")).await?;
        in_doubt.partitions.clear();
        self.lent.finish();
        Ok(())
    }

    async fn roll_back(mut self) -> Result<(), Error> {
        self.connection().execute(Statement::new("ROLLBACK")).await?;
        self.lent.finish();
        Ok(())
    }
}

/// Between the question and the answer whether a transaction was carried out. Dropped there, it stays open for the partitions.
struct InDoubt<'d> {
    leases: &'d Leases,
    partitions: Vec<PartitionId>,
}

impl Drop for InDoubt<'_> {
    fn drop(&mut self) {
        for partition in &self.partitions {
            self.leases.unsettle(*partition);
        }
    }
}
