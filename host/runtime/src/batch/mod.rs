//! What operators do to many instances at once.
//!
//! A batch operation is one row: what is done, which instances are meant, and how far it is. One task of the host goes through
//! the instances in the order of their keys, a few at a time, and writes after each few how far it has come; so a restart goes
//! on where the last host stopped. What was carried out and not yet noted then is found changed already, or asked for again.
//!
//! The instances are those that are active and meet the filter when their turn comes, and that were started before the
//! operation.

mod content;
mod run;
mod slice;
mod surroundings;

pub(crate) use content::Content;
pub use content::{BatchAction, BatchFailure, BatchView};
pub(crate) use run::spawn;
pub(crate) use surroundings::Surroundings;
