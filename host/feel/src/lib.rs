//! FEEL, the expression language of BPMN and DMN models, as Camunda 8 understands it.
//!
//! [`Expression::parse`] runs once, when a model is deployed; [`Expression::evaluate`] then reads variables in place,
//! as the JSON text in which they are kept, and copies nothing that the result does not need.
//! Operations that make no sense answer null and leave a [`Warning`] that says why.
//!
//! Invariants: evaluation is a function of expression, variables, time and seed. A hostile expression ends within the
//! [`Limits`], and no text makes the crate panic.
//!
//! The crate must never depend on a clock, randomness, async code or I/O; it compiles for wasm32.

mod environment;
mod error;
mod evaluate;
mod evaluation;
mod expression;
mod findings;
mod functions;
mod json;
mod number;
mod parse;
mod span;
mod types;
mod unary_tests;
mod value;
mod vocabulary;

pub use environment::{EvaluationContext, Limits, NoVariables, Scope};
pub use error::{EvaluationError, ParseError, Warning, WarningKind};
pub use evaluation::Evaluation;
pub use expression::Expression;
pub use findings::{ConnectorAnswer, InvalidPattern, UnknownFunction};
pub use functions::{FunctionKind, Signature, builtin_signatures};
pub use json::{JSON_BYTES_MAX, JSON_DEPTH_MAX, JsonError, check_json};
pub use number::{Number, Rounding};
pub use parse::{EXPRESSION_BYTES_MAX, NESTING_MAX};
pub use types::{Type, Types};
pub use unary_tests::UnaryTests;
pub use value::{
    Bindings, Context, Date, DateTime, DaysTimeDuration, Entries, Function, Items, List, ModelCall,
    ModelFunction, Range, RangeForm, Text, Time, Value, YearsMonthsDuration, Zone,
};
pub use vocabulary::Vocabulary;
