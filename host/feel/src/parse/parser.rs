//! The parser's state: where it stands, what it has found, how deep it is.

use std::collections::BTreeSet;

use super::ast::{Kind, Node};
use super::lexer::{self, Token, TokenKind};
use super::limits::{EXPRESSION_BYTES_MAX, NESTING_MAX};
use super::names::Names;
use super::parsed::Findings;
use crate::error::ParseError;
use crate::findings::{ConnectorAnswer, UnknownFunction};
use crate::functions::LiteralPattern;
use crate::span::Span;
use crate::types::Types;
use crate::vocabulary::Vocabulary;

/// Nodes on the longest way down a tree: bounds the stack that dropping and evaluating it takes.
const HEIGHT_MAX: u16 = 2 * NESTING_MAX as u16;

pub(super) type Parsing<T> = Result<T, ParseError>;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    /// The token that comes next.
    pub(super) token: Token,
    /// Where the token before it ended.
    pub(super) previous_end: u32,
    pub(super) names: Names<'t>,
    pub(super) types: &'t Types,
    pub(super) variables: BTreeSet<Box<str>>,
    pub(super) unknown_functions: Vec<UnknownFunction>,
    pub(super) connector_answers: Vec<ConnectorAnswer>,
    pub(super) patterns: Vec<LiteralPattern>,
    /// Whether the end of a range is being parsed, where `[` may close the range.
    pub(super) at_range_end: bool,
    nesting: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, vocabulary: &Vocabulary<'t>) -> Parsing<Parser<'t>> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let message = format!(
                "the expression has {} bytes, more than {EXPRESSION_BYTES_MAX}; keep data in variables",
                text.len()
            );
            return Err(ParseError { message, span: 0..text.len() });
        }
        Ok(Parser {
            text,
            token: lexer::token(text, 0)?,
            previous_end: 0,
            names: Names::new(vocabulary.names),
            types: vocabulary.types,
            variables: BTreeSet::new(),
            unknown_functions: Vec::new(),
            connector_answers: Vec::new(),
            patterns: Vec::new(),
            at_range_end: false,
            nesting: 0,
        })
    }

    pub(super) fn into_findings(self) -> Findings {
        Findings {
            variables: self.variables.into_iter().collect(),
            unknown_functions: self.unknown_functions.into(),
            connector_answers: self.connector_answers.into(),
            patterns: self.patterns.into(),
        }
    }

    /// Steps over the next token.
    pub(super) fn advance(&mut self) -> Parsing<Token> {
        let token = self.token;
        self.move_to(token.span.end)?;
        Ok(token)
    }

    /// Continues behind `end`.
    pub(super) fn move_to(&mut self, end: u32) -> Parsing<()> {
        self.previous_end = end;
        self.token = lexer::token(self.text, end as usize)?;
        Ok(())
    }

    /// The token after the next one.
    pub(super) fn second(&self) -> Parsing<Token> {
        lexer::token(self.text, self.token.span.end as usize)
    }

    pub(super) fn is(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Steps over the next token if it is of this kind.
    pub(super) fn accept(&mut self, kind: TokenKind) -> Parsing<bool> {
        let found = self.is(kind);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Steps over the next token, which must be of this kind.
    pub(super) fn expect(&mut self, kind: TokenKind, expected: &str) -> Parsing<Token> {
        if self.is(kind) { self.advance() } else { Err(self.unexpected(expected)) }
    }

    /// Whether the next token is the keyword `word`.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is(TokenKind::Word) && self.text_of(self.token.span) == word
    }

    pub(super) fn accept_word(&mut self, word: &str) -> Parsing<bool> {
        let found = self.is_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsing<()> {
        if self.accept_word(word)? { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    /// Makes sure that nothing is left.
    pub(super) fn end(&self) -> Parsing<()> {
        if self.is(TokenKind::End) { Ok(()) } else { Err(self.unexpected("an operator or the end")) }
    }

    pub(super) fn text_of(&self, span: Span) -> &'t str {
        &self.text[span.range()]
    }

    /// A node from `start` to the end of the token before the next one.
    pub(super) fn node(&self, kind: Kind, start: u32) -> Parsing<Node> {
        let span = Span { start, end: self.previous_end };
        let height = kind.height();
        if height > HEIGHT_MAX {
            return Err(self.too_deep(span));
        }
        Ok(Node { kind, span, height })
    }

    /// Parses with `parse` one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsing<T>) -> Parsing<T> {
        if self.nesting == NESTING_MAX {
            return Err(self.too_deep(self.token.span));
        }
        self.nesting += 1;
        let at_range_end = std::mem::replace(&mut self.at_range_end, false);
        let parsed = parse(self);
        self.at_range_end = at_range_end;
        self.nesting -= 1;
        parsed
    }

    pub(super) fn unexpected(&self, expected: &str) -> ParseError {
        let found = match self.token.kind {
            TokenKind::End => "the end of the expression".to_owned(),
            _ => format!("`{}`", crate::json::excerpt(self.text_of(self.token.span))),
        };
        self.error(format!("found {found}, expected {expected}"), self.token.span)
    }

    pub(super) fn error(&self, message: String, span: Span) -> ParseError {
        ParseError { message, span: span.range() }
    }

    fn too_deep(&self, span: Span) -> ParseError {
        self.error(format!("nested deeper than {NESTING_MAX} levels"), span)
    }
}
