//! What a running component gets from the host: `fermata:host`, and the state behind WASI.

mod attempt;
mod body_error;
mod checkpoint;
mod context;
mod effects;
mod log;
mod output;
mod redact;
mod resources;
mod secrets;
mod state;

pub(crate) use attempt::Attempt;
pub(crate) use checkpoint::{SecretInCheckpoint, TooManyCheckpoints};
pub(crate) use redact::{Cut, Needles};
pub use resources::HOST_BYTES_MAX;
pub(crate) use resources::{BODY_CHUNK_BYTES_MAX, BODY_CHUNKS_MAX, HEADER_BYTES_MAX, RESOURCES_MAX};
pub(crate) use secrets::{SecretUse, Vault};
#[cfg(test)]
pub(crate) use state::offers;
pub(crate) use state::{JobState, linker};
