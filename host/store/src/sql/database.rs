//! What makes a store in SQL.

use std::future::Future;
use std::time::Duration;

use types::PartitionId;

use super::connection::Connection;
use super::dialect::Dialect;
use super::load::Load;
use super::pool::{Connector, Pool};
use crate::{Batch, Error, Snapshot};

/// A store in SQL: connections, and a way to write a batch. Whatever is one keeps the whole contract.
pub(crate) trait Database: Send + Sync + 'static {
    type Connector: Connector;
    type Transaction<'d>: Transaction
    where
        Self: 'd;

    const DIALECT: &'static Dialect;

    /// The statement that loads an instance.
    fn load() -> &'static Load;

    /// Connections for searches, and whatever else callers ask to see.
    fn readers(&self) -> &Pool<Self::Connector>;

    /// Connections for the partition loop, which never waits for a search. When this returns, it is certain what has become
    /// of every commit of `partition` that was given up: its rows are what they are.
    fn loop_readers(
        &self,
        partition: Option<PartitionId>,
    ) -> impl Future<Output = Result<&Pool<Self::Connector>, Error>> + Send;

    /// How long a search may take.
    fn search_time_max(&self) -> Duration;

    /// See [`Store::claim`](crate::Store::claim).
    fn claim(&self, partition: PartitionId) -> impl Future<Output = Result<(), Error>> + Send;

    /// See [`Store::partition_lost`](crate::Store::partition_lost).
    fn partition_lost(&self) -> impl Future<Output = ()> + Send;

    /// See [`Store::snapshot`](crate::Store::snapshot).
    fn snapshot(&self) -> impl Future<Output = Result<Snapshot, Error>> + Send;

    /// See [`Store::close`](crate::Store::close).
    fn close(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// See [`Store::commit`](crate::Store::commit).
    fn commit(&self, batch: Batch) -> impl Future<Output = Result<(), Error>> + Send;

    /// Begins a transaction that writes.
    fn begin(&self) -> impl Future<Output = Result<Self::Transaction<'_>, Error>> + Send;

    /// Begins a transaction that writes for a partition. It makes sure that no key below `next_key_counter` is given out
    /// again, and that the partition stays this store's until it ends.
    fn begin_for(
        &self,
        partition: PartitionId,
        next_key_counter: u64,
    ) -> impl Future<Output = Result<Self::Transaction<'_>, Error>> + Send;

    /// Begins a transaction that writes for the whole database: every partition in it is this store's, and stays so until the
    /// transaction ends.
    fn begin_for_all(&self) -> impl Future<Output = Result<Self::Transaction<'_>, Error>> + Send;

    /// Gives back some of the space that removed rows have left, if there is much of it and the engine does not do so itself.
    /// It takes no longer than a commit.
    fn give_back_space(&self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A transaction. Rolled back when it is dropped.
pub(crate) trait Transaction: Send {
    type Connection: Connection;

    /// Where to execute statements.
    fn connection(&mut self) -> &mut Self::Connection;

    /// Returns when all is durable.
    ///
    /// A future that is dropped while it waits here leaves open whether the transaction was carried out.
    fn commit(self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Gives up what was written, and keeps the connection.
    fn roll_back(self) -> impl Future<Output = Result<(), Error>> + Send;
}
