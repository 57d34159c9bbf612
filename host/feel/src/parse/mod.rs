//! Text to syntax trees, with names resolved and literals read.
//!
//! Parsing takes time in proportion to the text, and stack in proportion to [`NESTING_MAX`].

mod ast;
mod call;
mod context;
mod control;
pub(crate) mod lexer;
mod limits;
mod literal;
mod name_tree;
mod names;
mod operators;
mod parsed;
mod parser;
mod primary;
mod ranges;
mod tests;
mod types;

pub(crate) use ast::{
    ArithmeticOperator, CompareOperator, EntryName, FunctionNode, Kind, Loop, LoopOver, Node, Parameter,
    RangeNode, Test,
};

pub use limits::{EXPRESSION_BYTES_MAX, NESTING_MAX};
pub(crate) use parsed::{Parsed, ParsedTests, Tests};

use crate::error::ParseError;
use crate::vocabulary::Vocabulary;
use parser::Parser;

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
