//! The tests behind `in`, and unary tests.

use super::Tests;
use super::ast::Test;
use super::lexer::TokenKind;
use super::operators::{Precedence, compare_operator};
use super::parser::{Parser, Parsing};
use crate::span::Span;

/// The slot of `?`, where there is one.
const INPUT: usize = 0;

impl Parser<'_> {
    /// The right side of `in`: one test, or several in parentheses.
    pub(super) fn tests_after_in(&mut self) -> Parsing<Box<[Test]>> {
        if !self.is(TokenKind::OpenParen) {
            return Ok(Box::new([self.test(Precedence::Sum)?]));
        }
        let start = self.advance()?.span.start;
        let first = self.nested(|parser| parser.test(Precedence::Or))?;
        if self.is(TokenKind::DotDot)
            && let Test::Value { node, mentions_input } = first
        {
            let node = self.range(node, false, start)?;
            return Ok(Box::new([Test::Value { node, mentions_input }]));
        }
        let mut tests = vec![first];
        while self.accept(TokenKind::Comma)? {
            tests.push(self.nested(|parser| parser.test(Precedence::Or))?);
        }
        self.expect(TokenKind::CloseParen, "`,` or `)` after the test")?;
        Ok(tests.into())
    }

    /// A whole cell of a decision table.
    pub(super) fn unary_tests(&mut self) -> Parsing<Tests> {
        self.bind("?".into(), Span { start: 0, end: 0 })?;
        if self.is(TokenKind::Minus) && self.second()?.kind == TokenKind::End {
            return Ok(Tests::Any);
        }
        if self.is_word("not") && self.second()?.kind == TokenKind::OpenParen {
            let (begin, mark) = (self.token.span.start, self.names.mark());
            if let Some(tests) = self.negated_tests()? {
                return Ok(Tests::NoneOf(tests));
            }
            self.move_to(begin)?;
            self.names.release(mark);
            self.unknown_functions.clear();
            self.connector_answers.clear();
            self.patterns.clear();
        }
        let tests = self.test_list()?;
        self.end()?;
        Ok(Tests::OneOf(tests))
    }

    /// `not(…)` around the whole cell; `None` if the cell goes on or the parentheses hold something else.
    fn negated_tests(&mut self) -> Parsing<Option<Box<[Test]>>> {
        self.advance()?;
        self.advance()?;
        let Ok(tests) = self.test_list() else {
            return Ok(None);
        };
        if !self.accept(TokenKind::CloseParen)? || !self.is(TokenKind::End) {
            return Ok(None);
        }
        Ok(Some(tests))
    }

    fn test_list(&mut self) -> Parsing<Box<[Test]>> {
        let mut tests = vec![self.test(Precedence::Or)?];
        while self.accept(TokenKind::Comma)? {
            tests.push(self.test(Precedence::Or)?);
        }
        Ok(tests.into())
    }

    fn test(&mut self, loosest: Precedence) -> Parsing<Test> {
        if let Some(operator) = compare_operator(self.token.kind) {
            self.advance()?;
            return Ok(Test::Compare(operator, self.operators(Precedence::Sum)?));
        }
        let has_input = self.names.is_bound("?");
        let used_before = has_input && self.names.take_used(INPUT);
        let node = self.operators(loosest)?;
        let mentions_input = has_input && self.names.take_used(INPUT);
        if used_before || mentions_input {
            self.names.set_used(INPUT);
        }
        Ok(Test::Value { node, mentions_input })
    }
}
