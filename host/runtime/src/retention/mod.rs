//! Removes instances that have ended, when they were kept for the time that is set for their process.
//!
//! One task for all partitions of the host. What is due is read from the rows, so nothing is kept in memory and nothing is
//! forgotten. Instances go in small batches with pauses between them, and the more of those the more others have to do.
//! With an [`Archive`] the history of a batch is durable there before the batch is removed.
//!
//! Invariants: what is active is never removed, and what its archive has not taken neither; a fault is tried again later.

mod run;

mod archive;
mod batch;
mod error;
mod policy;
mod surroundings;
mod sweep;
mod traffic;

pub use archive::{Archive, ArchiveError};
pub use policy::Retention;
pub(crate) use run::spawn;
pub(crate) use surroundings::Surroundings;
