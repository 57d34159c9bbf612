//! The store on SQLite: one file, one connection that writes, a few that read.
//!
//! Invariants: a commit is one transaction and is durable when it returns; readers see every commit that has returned,
//! because each read begins after it; nothing holds a transaction open between two calls of the contract.

mod open;
mod store;

mod commit;
mod components;
mod definitions;
mod due;
mod load;
mod lookup;
mod search;
mod secrets;

mod bulk;
mod error;
mod migrate;
mod readers;
mod rows;
mod script;
mod table;
mod tables;
mod writer;

#[cfg(test)]
mod tests;

pub use open::{Options, SqliteStore};
