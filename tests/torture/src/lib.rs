//! Tortures a real host: kills it, cuts its power, fills its disk, takes its database away, moves its clock, and looks
//! whether what it acknowledged is there and was done once. `README.md` says what each scenario proves, and what not.
//!
//! The host is a process like any other: it is driven over HTTP, and its database is read when it has ended.

mod random;

pub mod check;
mod load;
mod network;
mod shim;

mod place;
mod report;
mod stage;

pub mod scenarios;

pub use report::Report;
pub use scenarios::{Effort, SCENARIOS, Scenario};
