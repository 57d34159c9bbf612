//! Write Fermata workers and connectors in Rust.
//!
//! A worker is a function from a job to a result. Types carry its input and output:
//!
//! ```
//! use fermata_sdk::{BpmnError, Job, JobError, worker};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Order {
//!     total: u32,
//! }
//!
//! #[derive(Serialize)]
//! struct Rebate {
//!     percent: u32,
//! }
//!
//! fn rebate(job: Job<Order>) -> Result<Rebate, JobError> {
//!     if job.variables.total == 0 {
//!         return Err(BpmnError::new("EMPTY_ORDER", "there is nothing to rebate").into());
//!     }
//!     Ok(Rebate { percent: if job.variables.total > 1_000 { 5 } else { 0 } })
//! }
//!
//! worker!(rebate);
//! # fn main() {}
//! ```
//!
//! - A business error is a [`BpmnError`]; a boundary event of the model may catch it.
//! - Every `std::error::Error` becomes a [`Failure`] through `?`; the job is retried.
//! - [`http`], [`secrets`], [`checkpoint`], [`config`], [`log`], [`time`] and [`random`] ask the host.
//!   Clocks and randomness of `std` may panic inside a component; use those of this crate.
//!
//! The same code compiles natively, where [`testing`] stands in for the host, so that plain `cargo test` tests a worker.

mod answer;
mod backoff;
mod error;
mod guest;
mod host;
mod job;
mod number;
mod outcome;
mod worker;

pub mod checkpoint;
pub mod config;
pub mod context;
pub mod effects;
pub mod http;
pub mod log;
pub mod random;
pub mod secrets;
pub mod time;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use answer::{Activation, Corrections, Direction, Verdict};
pub use error::{BpmnError, Failure, JobError};
pub use job::{Job, JobKind, RawJob, null_as_default};
pub use number::whole_number;
pub use outcome::{IntoOutcome, Outcome};

/// What the macros of this crate expand to. Not for direct use.
#[doc(hidden)]
pub mod macro_support {
    #[cfg(target_family = "wasm")]
    pub use crate::guest::serve;
    pub use crate::guest::{call, no_handler};
    #[cfg(target_family = "wasm")]
    pub use crate::host::bindings;
}

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
