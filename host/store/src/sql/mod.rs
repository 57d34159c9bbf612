//! What the stores that speak SQL share: which rows there are, what is asked of them, how a search becomes a statement.
//!
//! A store in SQL is a [`Database`]: connections, a way to write a batch, and the few texts in which the engines of SQL
//! differ ([`Dialect`]). All else is here, once: whatever is a [`Database`] is a [`Store`](crate::Store).
//!
//! Invariants: the text of a statement is made of constants of this crate; what comes from a caller is bound.

mod store;

mod attempts;
mod batch_operations;
mod components;
mod decisions;
mod definitions;
mod deployment;
mod due;
mod ended;
mod exchange;
mod files;
mod grants;
mod held;
mod load;
mod lookup;
mod removal;
mod restored;
mod rollouts;
mod search;
mod secrets;
mod set_aside;

mod columns;
mod connection;
mod database;
mod dialect;
mod error;
mod pool;
mod statement;
mod table;
pub(crate) mod tables;
mod values;
mod versions;

pub(crate) use columns::{Columns, Row};
pub(crate) use connection::Connection;
pub(crate) use database::{Database, Transaction};
pub(crate) use dialect::{Dialect, Due, Ended, Exchange};
pub(crate) use load::{Load, TABLES_OF_INSTANCE, tables_of_instance};
pub(crate) use pool::{Connector, Lent, Pool};
#[cfg(test)]
pub(crate) use removal::texts as removal_texts;
#[cfg(test)]
pub(crate) use search::{Entity, statement_text};
pub(crate) use statement::Statement;
pub(crate) use table::{Kind, Shape, Table};
pub(crate) use values::{Value, Values};
