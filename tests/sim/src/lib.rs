//! Seeded simulation of engine, runtime and store: what no acknowledged command, job or timer may suffer, under faults
//! that a seed chooses.
//!
//! A *history* is what a seed leads to: models, clients, components, a clock that jumps, and a store that fails, delays
//! or tears commits and whose host crashes or is taken over. Time stands still unless everybody waits, and one thread
//! does everything, so the same seed gives the same history again. When it has come to rest, checkers look at what was
//! answered, what was written and what the rows say.
//!
//! The runtime, the engine and the stores are those of the host; nothing in them knows of this.
//!
//! Must never depend on: the server, the API, wasmtime.

mod models;

mod clock;
mod disk;
mod faults;
mod session;
mod tamper;
mod watched;

mod components;
mod host;
mod witness;

mod clients;
mod history;
mod operator;

mod check;
mod evidence;

pub mod campaign;
mod crash_points;

pub use check::{Checker, Violation};
pub use crash_points::{CrashPoints, DoneBy, Stories, every_crash_point};
pub use disk::StoreKind;
pub use faults::{CommitFault, FaultKind};
pub use history::{History, Options, run};
pub use models::{MODELS, Model};
pub use tamper::{Honest, Tamper, Told};
pub use witness::Counts;
