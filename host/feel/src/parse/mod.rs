//! Text to syntax trees, with names resolved and literals read.
//!
//! Parsing takes time in proportion to the text, and stack in proportion to [`NESTING_MAX`].

mod ast;
mod call;
mod control;
pub(crate) mod lexer;
mod literal;
mod name_tree;
mod names;
mod operators;
mod parser;
mod primary;
mod tests;
mod types;

pub(crate) use ast::{
    ArithmeticOperator, CompareOperator, EntryName, Kind, Loop, LoopOver, Node, RangeNode, Span, Test, Type,
};

use crate::error::ParseError;
use crate::expression::{ConnectorAnswer, UnknownFunction};
use crate::functions::LiteralPattern;
use parser::Parser;

/// Bytes that the text of an expression may have.
pub const EXPRESSION_BYTES_MAX: usize = 256 * 1024;

/// Levels that parentheses, lists, contexts and the like may nest, and that a chain of paths and filters may go on.
pub const NESTING_MAX: usize = 100;

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

/// What unary tests ask.
pub(crate) enum Tests {
    /// Nothing: every input will do.
    Any,
    /// One of the tests must hold.
    OneOf(Box<[Test]>),
    /// None of the tests may hold.
    NoneOf(Box<[Test]>),
}

/// Parses a whole expression.
pub(crate) fn expression(text: &str, names: &[&str]) -> Result<Parsed, ParseError> {
    let mut parser = Parser::new(text, names)?;
    let root = parser.expression()?;
    parser.end()?;
    Ok(Parsed { root, findings: parser.into_findings() })
}

/// Parses a whole cell of unary tests.
pub(crate) fn unary_tests(text: &str, names: &[&str]) -> Result<ParsedTests, ParseError> {
    let mut parser = Parser::new(text, names)?;
    let tests = parser.unary_tests()?;
    Ok(ParsedTests { tests, findings: parser.into_findings() })
}
