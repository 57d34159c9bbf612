//! The outcome of an evaluation.

use crate::error::Warning;
use crate::value::Value;

/// What an expression came to.
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    /// The value; null where the expression makes no sense of the variables.
    pub value: Value<'a>,
    /// Why parts of it are null.
    pub warnings: Vec<Warning>,
    /// The steps that it took: see [`crate::Limits::steps_max`].
    pub steps: u64,
    /// The bytes that it made: see [`crate::Limits::memory_bytes_max`].
    pub memory_bytes: u64,
}
