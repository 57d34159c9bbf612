//! Searches as SQL.
//!
//! The text of a statement is made of constants only; everything that comes from a caller is bound.

mod columns;
mod condition;
mod entities;
mod page;
mod sql;

#[cfg(test)]
pub(super) use entities::Entity;
#[cfg(test)]
pub(super) use page::statement;
pub(super) use page::{find, search};
