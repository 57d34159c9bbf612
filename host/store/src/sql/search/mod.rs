//! Searches as SQL.
//!
//! The text of a statement is made of constants only; everything that comes from a caller is bound.

mod columns;
mod condition;
mod entities;
mod page;
mod sql;

#[cfg(test)]
pub(crate) use entities::Entity;
#[cfg(test)]
pub(crate) use page::statement_text;
pub(super) use page::{find, search};
