//! What makes SQLite a store.

use std::time::Duration;

use types::PartitionId;

use super::SqliteStore;
use super::commit::{advance_keys, commit};
use super::dialect::{DIALECT, LOAD};
use super::readers::{Readers, Reading};
use super::space::give_back;
use super::writer::Transaction;
use crate::sql::{Database, Dialect, Load, Transaction as _};
use crate::{Batch, Error, Snapshot};

/// How long a search may take. It would keep the log from being reused, and a connection from others.
const SEARCH_TIME_MAX: Duration = Duration::from_secs(10);

impl Database for SqliteStore {
    type Connector = Reading;
    type Transaction<'d> = Transaction<'d>;

    const DIALECT: &'static Dialect = &DIALECT;

    fn load() -> &'static Load {
        &LOAD
    }

    fn readers(&self) -> &Readers {
        &self.readers
    }

    /// A transaction that was given up is rolled back before the next one begins, and reads see none that is open.
    async fn loop_readers(&self, _: Option<PartitionId>) -> Result<&Readers, Error> {
        Ok(&self.loop_readers)
    }

    fn search_time_max(&self) -> Duration {
        SEARCH_TIME_MAX
    }

    /// The lock on the folder has settled it for all partitions.
    async fn claim(&self, _: PartitionId) -> Result<(), Error> {
        Ok(())
    }

    async fn partition_lost(&self) {
        // The folder's lock keeps everybody else away.
        std::future::pending().await
    }

    async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.snapshots.take().await
    }

    async fn close(&self) -> Result<(), Error> {
        Self::close(self).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), Error> {
        commit(&self.writer, batch).await
    }

    async fn begin(&self) -> Result<Transaction<'_>, Error> {
        self.writer.begin().await
    }

    async fn begin_for(
        &self,
        partition: PartitionId,
        next_key_counter: u64,
    ) -> Result<Transaction<'_>, Error> {
        let mut transaction = self.begin().await?;
        advance_keys(transaction.connection(), partition, next_key_counter).await?;
        Ok(transaction)
    }

    /// There is at least the first: also one that has given out no keys has a counter.
    async fn begin_for_all(&self) -> Result<Transaction<'_>, Error> {
        self.begin_for(PartitionId::FIRST, 1).await
    }

    async fn give_back_space(&self) -> Result<(), Error> {
        give_back(&self.writer).await
    }
}
