//! Why a store did not do what it was asked.

use std::time::Duration;

use types::{PartitionId, ProcessInstanceKey};

use crate::CrossingRow;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or its disk is full. Try again later.
    ///
    /// A write that fails like this was carried out or not, because the answer may be what was lost; what is read after it says
    /// which, and that does not change any more.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another process holds the data folder.
    #[error("{path} is in use by another fermata process")]
    Locked {
        /// The data folder.
        path: String,
    },
    /// Another node works on the partition; it may be taken when the other's lease has run out.
    #[error("partition {} belongs to node {owner} for another {} ms", partition.get(), remaining.as_millis())]
    PartitionOwned {
        /// The partition.
        partition: PartitionId,
        /// The node that holds it.
        owner: String,
        /// How long it holds it if it does not renew its lease.
        remaining: Duration,
    },
    /// The partition was never claimed, or another node has taken it: what is in memory may be out of date.
    /// Nothing was written.
    #[error("partition {} is not this node's: it was not claimed, or another node has taken it", partition.get())]
    LeaseLost {
        /// The partition.
        partition: PartitionId,
    },
    /// No database can be reached with the URL that was given.
    #[error("cannot open the database at {database}: {reason}")]
    Connect {
        /// The database, without the password.
        database: String,
        /// What is wrong.
        reason: String,
    },
    /// The database was written by a newer release.
    #[error(
        "the database has schema version {found}, this release knows versions up to {known}: use a newer fermata"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest that this release knows.
        known: i64,
    },
    /// A folder holds no database.
    #[error("there is no database in {folder}")]
    NoDatabase {
        /// The folder.
        folder: String,
    },
    /// The database is read as a whole already.
    #[error("another backup is under way: one is made at a time")]
    SnapshotUnderWay,
    /// The store is not one that is read as a whole.
    #[error("{instead}")]
    NoSnapshots {
        /// What there is instead.
        instead: &'static str,
    },
    /// What is stored makes no sense.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// A row of what crosses instances makes no sense. It can be [set aside](crate::Store::set_aside).
    #[error("{row} cannot be read: {reason}")]
    Unreadable {
        /// The row.
        row: CrossingRow,
        /// What is wrong with it.
        reason: String,
    },
    /// Rows that must exist do not: memory and database disagree. Nothing was written.
    #[error("{table} rows of instance {instance} are not in the database: its state has to be loaded anew")]
    RowsMissing {
        /// The instance.
        instance: ProcessInstanceKey,
        /// The table.
        table: &'static str,
    },
    /// Something with this name exists and is different.
    #[error("{what} `{name}` exists already and differs")]
    Conflict {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A search asks for more than the store answers. The limits are in [`search`](crate::search).
    #[error("the search has {found} {what}, at most {max} are allowed")]
    SearchTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// A search was given up.
    #[error("the search took longer than {seconds} s: narrow its filter")]
    SearchTooSlow {
        /// How long it took, in seconds.
        seconds: u64,
    },
    /// Counting what a host has before it was given up.
    #[error("counting what waits took longer than {seconds} s")]
    OutlookTooSlow {
        /// How long it took, in seconds.
        seconds: u64,
    },
    /// A page's cursor was not made by this search.
    #[error("the page cursor does not belong to this search")]
    InvalidCursor,
}
