//! What an evaluation is given: variables, time, seed and limits.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::json::JsonError;
use crate::value::Value;

/// Variables by name.
pub trait Scope {
    /// The variable called `name`, or `None` where there is none.
    ///
    /// Variables kept as JSON text are handed out with [`Value::from_json`], which borrows the text.
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>>;

    /// Why [`Scope::get`] gives nothing although there is such a variable, for instance because it is a number beyond
    /// what a decimal holds. Asked only after it gave nothing.
    fn unreadable(&self, _name: &str) -> Option<JsonError> {
        None
    }
}

/// A scope without variables.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoVariables;

impl Scope for NoVariables {
    fn get<'s>(&'s self, _name: &str) -> Option<Value<'s>> {
        None
    }
}

/// Time, seed and limits of an evaluation. Equal contexts and variables give equal results.
#[derive(Clone, Debug)]
pub struct EvaluationContext {
    /// What `now()` and `today()` answer.
    pub now: Timestamp,
    /// The zone in which they answer.
    pub time_zone: TimeZone,
    /// Where `random number()` and `uuid()` begin.
    pub seed: u64,
    /// What the evaluation may use up.
    pub limits: Limits,
}

impl EvaluationContext {
    /// An evaluation in UTC within the default limits.
    pub fn new(now: Timestamp, seed: u64) -> EvaluationContext {
        EvaluationContext { now, time_zone: TimeZone::UTC, seed, limits: Limits::default() }
    }
}

/// What one evaluation may use up before it ends with an [`crate::EvaluationError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: operations, items looped over, and text read in units of [`Limits::TEXT_BYTES_PER_STEP`]
    /// and [`Limits::JSON_BYTES_PER_STEP`].
    pub steps_max: u64,
    /// Operations inside each other, calls of functions included.
    pub depth_max: u32,
    /// Bytes of all the strings, lists and contexts that the evaluation makes, kept or not.
    pub memory_bytes_max: u64,
    /// Warnings that are kept; later ones are dropped.
    pub warnings_max: usize,
}

impl Limits {
    /// Default of [`Limits::steps_max`]: some tenths of a second.
    pub const STEPS_MAX: u64 = 5_000_000;
    /// Default of [`Limits::depth_max`]: less than half of a thread's usual 2 MiB of stack.
    pub const DEPTH_MAX: u32 = 256;
    /// Default of [`Limits::memory_bytes_max`].
    pub const MEMORY_BYTES_MAX: u64 = 64 * 1024 * 1024;
    /// Default of [`Limits::warnings_max`].
    pub const WARNINGS_MAX: usize = 20;
    /// Bytes of text that count as one step where text is searched or copied.
    pub const TEXT_BYTES_PER_STEP: usize = 256;
    /// Bytes of JSON that count as one step where a list or an object is looked through.
    pub const JSON_BYTES_PER_STEP: usize = 64;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            steps_max: Self::STEPS_MAX,
            depth_max: Self::DEPTH_MAX,
            memory_bytes_max: Self::MEMORY_BYTES_MAX,
            warnings_max: Self::WARNINGS_MAX,
        }
    }
}
