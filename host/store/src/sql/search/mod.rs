//! Searches as SQL.
//!
//! The text of a statement is made of constants only; everything that comes from a caller is bound.

mod batches;
mod columns;
mod condition;
mod decisions;
mod entities;
mod page;
mod sql;
mod waiting;

#[cfg(test)]
pub(crate) use entities::Entity;
#[cfg(test)]
pub(crate) use page::statement_text;
pub(super) use page::{find, search};
