//! Runs one job in one WebAssembly component: fresh instance, explicit grants, hard limits.
//!
//! A component is code of strangers. It computes in its own memory, reaches nothing but what [`Policy`] grants,
//! and is stopped at the limits; whatever it does, the host goes on and the [`Report`] says what happened.
//! The parts of that promise:
//! - capability is the linker and the grants: all of WASI is linked with an empty context, and the only way out
//!   is HTTP, which passes the gates of `network`;
//! - a job gets an instance, a memory and a store of its own, so that nothing passes from one job to the next;
//! - time is bounded by epochs, memory by a limiter, everything the host keeps for a guest by named constants.
//!
//! Must never depend on: the store, sqlx, axum, the engine. What a job needs of them it asks through [`Services`].

mod advice;
mod digest;
mod error;
mod grants;
pub mod limits;
mod policy;
mod report;
mod secret;
mod services;

mod cache;
mod compile;
mod component;
mod crash;
mod engine;
mod handler;
mod loaded;
mod outcome;
mod run;

mod bindings;
mod cpu;
mod host;
mod memory;
mod network;
mod text;
mod ticker;

#[cfg(test)]
mod unguarded;

pub use advice::Command;
pub use compile::{ChildCompiler, ChildSettings, CompileLimit, CompileLimits, Compiler, compile_inside};
pub use component::{Component, LoadTurn, check_parts};
pub use digest::{Digest, ParseDigestError};
pub use engine::{COMPONENT_BYTES_MAX, CONCURRENCY, CacheConfig, Config, STACK_BYTES, Sandbox};
pub use error::{Error, HANDLER_EXPORTS};
pub use grants::{Endpoint, Grants, Host, HostGrant, ParseGrantError, Scheme, SecretGrant, SecretName};
pub use limits::Limits;
pub use loaded::{LOADED_BYTES_MAX, LoadStage};
pub use network::Pace;
pub use network::{Resolve, SystemResolver};
pub use policy::Policy;
pub use report::{Answer, Report, RequestRecord};
pub use secret::{SecretString, SecretToken};
pub use services::{Checkpoint, CheckpointError, LogLevel, LogLine, LogSource, Services, Unavailable};
