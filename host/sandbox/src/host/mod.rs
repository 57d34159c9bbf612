//! What a running component gets from the host: `fermata:host`, and the state behind WASI.

mod attempt;
mod checkpoint;
mod context;
mod effects;
mod log;
mod output;
mod secrets;
mod state;

pub(crate) use attempt::Attempt;
pub(crate) use secrets::{SecretUse, Vault};
pub(crate) use state::{JobState, linker};
