//! A host without components, and a client for it.

mod answer;
mod clock;
mod host;
mod platform;
mod rollouts;

pub(crate) use answer::Answer;
pub(crate) use clock::START;
pub(crate) use host::{Host, answer, multipart, text};
