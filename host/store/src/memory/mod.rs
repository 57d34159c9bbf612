//! The store in memory, for tests: the same contract without the disk, and faults on demand.
//!
//! It searches by reading the fields of records one by one, which is slow and plain: the contract suite compares SQL with it.

mod faults;
mod store;

mod batch_operations;
mod crossing;
mod decisions;
mod registry;
mod removal;
mod rollouts;
mod rows;
mod search;
mod set_aside;
mod signal;
mod state;
mod values;
mod views;
mod waiting;

pub use faults::{Faults, InjectedFault};
pub use store::MemoryStore;
