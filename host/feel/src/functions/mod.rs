//! The functions that FEEL brings.
//!
//! Each module holds the functions of one subject and ends with their table. Names and parameters are those of
//! Camunda 8; a function that does not accept its arguments answers null and says why.

mod call;
mod registry;

mod aggregate;
mod boolean;
mod connector;
mod context;
mod conversion;
mod distinct;
mod list;
mod numeric;
mod pattern;
mod random;
mod range_text;
mod ranges;
mod sort;
mod string;
mod temporal;

pub(crate) use call::Call;
pub(crate) use connector::is_connector_answer;
pub(crate) use pattern::{LiteralPattern, Patterns, UsedPatterns, pattern_parameters};
pub(crate) use registry::{Builtin, Form, find, find_of_several_words};
pub use registry::{FunctionKind, Signature, builtin_signatures};
