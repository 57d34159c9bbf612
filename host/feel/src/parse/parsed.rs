//! What parsing gives.

use super::ast::{Node, Test};
use crate::findings::{ConnectorAnswer, UnknownFunction};
use crate::functions::LiteralPattern;

/// A parsed expression.
pub(crate) struct Parsed {
    pub(crate) root: Node,
    pub(crate) findings: Findings,
}

/// Parsed unary tests. The input is bound to slot 0.
pub(crate) struct ParsedTests {
    pub(crate) tests: Tests,
    pub(crate) findings: Findings,
}

/// What unary tests ask.
pub(crate) enum Tests {
    /// Nothing: every input will do.
    Any,
    /// One of the tests must hold.
    OneOf(Box<[Test]>),
    /// None of the tests may hold.
    NoneOf(Box<[Test]>),
}

/// What a text mentions.
#[derive(Default)]
pub(crate) struct Findings {
    /// Names that are not bound in the text, each once.
    pub(crate) variables: Box<[Box<str>]>,
    /// Calls of functions that FEEL does not bring.
    pub(crate) unknown_functions: Box<[UnknownFunction]>,
    /// Calls of functions with which an error expression answers.
    pub(crate) connector_answers: Box<[ConnectorAnswer]>,
    /// Regular expressions that are written as literals.
    pub(crate) patterns: Box<[LiteralPattern]>,
}
