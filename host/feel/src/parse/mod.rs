//! Text to syntax trees, with names resolved and literals read.
//!
//! Parsing takes time in proportion to the text, and stack in proportion to [`NESTING_MAX`].

mod ast;
mod call;
mod context;
mod control;
pub(crate) mod lexer;
mod literal;
mod name_tree;
mod names;
mod operators;
mod parser;
mod primary;
mod ranges;
mod tests;
mod types;

pub(crate) use ast::{
    ArithmeticOperator, CompareOperator, EntryName, FunctionNode, Kind, Loop, LoopOver, Node, Parameter,
    RangeNode, Span, Test,
};

use crate::error::ParseError;
use crate::findings::{ConnectorAnswer, UnknownFunction};
use crate::functions::LiteralPattern;
use crate::types::{Type, Types};
use crate::vocabulary::Vocabulary;
use parser::Parser;

/// Bytes that the text of an expression may have.
pub const EXPRESSION_BYTES_MAX: usize = 256 * 1024;

/// Levels that parentheses, lists, contexts and the like may nest, and that a chain of paths and filters may go on.
pub const NESTING_MAX: usize = 100;

/// Words that the name of a parameter or of a loop's variable has at most, unless it is in backticks.
const NAME_WORDS_MAX: usize = 8;

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
pub(crate) fn expression(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Parsed, ParseError> {
    let mut parser = Parser::new(text, vocabulary)?;
    let root = parser.expression()?;
    parser.end()?;
    Ok(Parsed { root, findings: parser.into_findings() })
}

/// Parses a whole cell of unary tests.
pub(crate) fn unary_tests(text: &str, vocabulary: &Vocabulary<'_>) -> Result<ParsedTests, ParseError> {
    let mut parser = Parser::new(text, vocabulary)?;
    let tests = parser.unary_tests()?;
    Ok(ParsedTests { tests, findings: parser.into_findings() })
}

/// Parses a whole type.
pub(crate) fn type_of(text: &str, types: &Types) -> Result<Type, ParseError> {
    let mut parser = Parser::new(text, &Vocabulary { names: &[], types })?;
    let of = parser.type_name()?;
    parser.end()?;
    Ok(of)
}
