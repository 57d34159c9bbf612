//! The store on PostgreSQL: one database for any number of nodes.
//!
//! A node takes partitions by a lease that it renews (`leases`). What makes this safe is not the lease, whose clock may
//! stand still with its node, but the partition's *epoch*: it grows when the partition is taken, and every commit compares it
//! in the transaction that writes (`write`).
//!
//! Commits of several partitions that are under way at once are joined into one transaction (`writers`): a transaction costs
//! one sync of the log, whatever is in it.
//!
//! Invariants: a commit is one transaction and is durable when it returns; readers see every commit that has returned;
//! a commit locks no row while the database waits for the client, so that a node that stands still holds up nobody (a deployment
//! may, until the database gives it up);
//! after a commit whose answer was lost, nothing is read or written for its partitions before it is certain that it is over.

mod database;
mod open;

mod leases;
mod write;
mod writers;

mod dialect;
mod due;
mod ended;
mod exchange;

mod column;
mod connection;
mod error;
mod migrate;
mod session;
mod shape;
mod text;

#[cfg(test)]
mod tests;

pub use open::{Options, PostgresStore};

pub(crate) use error::may_pass;
