//! DMN 1.3 and later: decision models, checked when they are deployed and evaluated as often as needed.
//!
//! [`parse`] reads a file into a [`Model`], or says with line, column and a stable rule id why it does not.
//! [`Model::evaluate`] decides; its [`Evaluation`] tells every decision on the way with inputs, matched rules and outputs.
//!
//! Invariants: an evaluation is a function of model, variables, time and seed, and stays within the
//! [`feel::Limits`] as a whole, however many expressions, tables and calls it takes.
//!
//! Must never depend on: the engine, a clock, randomness, async code or I/O.

mod files;
mod import;
mod parse;

mod evaluation;
mod model;

pub mod features;
pub mod rule;

mod evaluate;
mod read;
mod types;

pub use evaluation::{
    Error, EvaluatedDecision, EvaluatedInput, EvaluatedOutput, Evaluation, Failure, MatchedRule, Reason,
    Warning,
};
pub use features::{Feature, Support, features};
pub use fermata_xml::{Diagnostic, RESOURCE_BYTES_MAX, Rule, Severity, render_all};
pub use files::{Files, may_import};
pub use import::{IMPORTS_DEPTH_MAX, ImportError, Resolver};
pub use model::{Decision, DecisionKind, Model, Service};
pub use parse::{Options, Parsed, load, parse};
pub use rule::RULES;
