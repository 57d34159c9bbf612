//! What goes wrong: text that is no FEEL, evaluations that are stopped, and warnings about nulls.

use std::fmt;
use std::ops::Range;

/// The text is no FEEL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What was found and what was expected.
    pub message: String,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
}

/// The evaluation was stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// Too much work.
    #[error("the expression takes more than {steps_max} steps; loop over fewer items")]
    StepsExceeded {
        /// The limit.
        steps_max: u64,
    },
    /// Operations or values nested too deep, most often a function that calls itself without end.
    #[error("the expression nests operations or values deeper than {depth_max} levels")]
    DepthExceeded {
        /// The limit.
        depth_max: u32,
    },
    /// Too large intermediate values.
    #[error("the expression makes values of more than {memory_bytes_max} bytes")]
    MemoryExceeded {
        /// The limit.
        memory_bytes_max: u64,
    },
    /// A function that a model defines could not be carried out.
    #[error("{message}")]
    CallFailed {
        /// Which function, and why.
        message: String,
    },
    /// A condition of `assert(…)` did not hold.
    #[error("assertion failed: {message}")]
    AssertionFailed {
        /// The cause that the expression gives.
        message: String,
    },
}

/// Why a part of an expression is null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The kind of reason.
    pub kind: WarningKind,
    /// The reason with names and values.
    pub message: String,
    /// The bytes of the expression's text that it is about.
    pub span: Range<usize>,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// The kinds of reasons for a null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// No variable has that name.
    NoVariableFound,
    /// A context has no entry of that name.
    NoContextEntryFound,
    /// A value has no property of that name.
    NoPropertyFound,
    /// No function has that name, or none with these parameters.
    NoFunctionFound,
    /// A value of another type was expected.
    InvalidType,
    /// Two values cannot be compared.
    NotComparable,
    /// A function does not accept an argument.
    InvalidArgument,
    /// The result is no finite number.
    OutOfRange,
    /// A position outside of a list.
    NoSuchIndex,
}
