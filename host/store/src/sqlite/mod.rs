//! The store on SQLite: one file, one connection that writes, a few that read.
//!
//! Invariants: a commit is one transaction and is durable when it returns; readers see every commit that has returned,
//! because each read begins after it; nothing holds a transaction open between two calls of the contract.

mod database;
mod open;

mod commit;
mod dialect;
mod due;
mod ended;
mod exchange;

mod bulk;
mod connection;
mod error;
mod file;
mod migrate;
mod readers;
mod script;
mod snapshot;
mod space;
mod table;
mod writer;

#[cfg(test)]
mod tests;

pub use file::DATABASE_FILE;
pub use migrate::SCHEMA_VERSION;
pub use open::{Options, SqliteStore};
pub use snapshot::{Examined, SNAPSHOT_RATE_MIN, examine, snapshot_of_folder};

pub(crate) use error::may_pass;
