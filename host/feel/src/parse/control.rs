//! `if`, `for`, `some`, `every` and function literals.

use std::borrow::Cow;

use super::ast::{FunctionNode, Kind, Loop, LoopOver, Node, Parameter};
use super::lexer::TokenKind;
use super::limits::NAME_WORDS_MAX;
use super::names::is_keyword;
use super::parser::{Parser, Parsing};
use crate::span::Span;

impl<'t> Parser<'t> {
    /// `if a then b else c`; a chain of `else if` does not nest.
    pub(super) fn conditional(&mut self) -> Parsing<Node> {
        let start = self.token.span.start;
        let mut branches = Vec::with_capacity(1);
        while self.accept_word("if")? {
            let condition = self.expression()?;
            self.expect_word("then")?;
            let result = self.expression()?;
            self.expect_word("else")?;
            branches.push((condition, result));
        }
        let otherwise = self.expression()?;
        self.node(Kind::If(branches.into(), Box::new(otherwise)), start)
    }

    /// `for a in b, c in 1..2 return d`.
    pub(super) fn iteration(&mut self) -> Parsing<Node> {
        let span = self.advance()?.span;
        let mark = self.names.mark();
        self.bind("partial".into(), span)?;
        let iterators = self.iterators()?;
        self.expect_word("return")?;
        let body = self.expression()?;
        let partial = self.names.is_used(mark);
        self.names.release(mark);
        self.node(Kind::For(Box::new(Loop { iterators, body, partial })), span.start)
    }

    /// `some a in b satisfies c` and `every a in b satisfies c`.
    pub(super) fn quantified(&mut self) -> Parsing<Node> {
        let some = self.is_word("some");
        let start = self.advance()?.span.start;
        let mark = self.names.mark();
        let iterators = self.iterators()?;
        self.expect_word("satisfies")?;
        let body = self.expression()?;
        self.names.release(mark);
        let looped = Box::new(Loop { iterators, body, partial: false });
        self.node(if some { Kind::Some(looped) } else { Kind::Every(looped) }, start)
    }

    fn iterators(&mut self) -> Parsing<Box<[LoopOver]>> {
        let mut iterators = Vec::with_capacity(1);
        loop {
            let (name, span) = self.name_of_words("the name of the loop's variable")?;
            self.expect_word("in")?;
            let first = self.expression()?;
            iterators.push(if self.accept(TokenKind::DotDot)? {
                LoopOver::Numbers(first, self.expression()?)
            } else {
                LoopOver::List(first)
            });
            self.bind(name, span)?;
            if !self.accept(TokenKind::Comma)? {
                return Ok(iterators.into());
            }
        }
    }

    /// `function(a, b: number) c`, which the body may call by `own_name`.
    pub(super) fn function_literal(&mut self, own_name: Option<Cow<'t, str>>) -> Parsing<Node> {
        let token = self.advance()?;
        let mark = self.names.mark();
        let knows_itself = own_name.is_some();
        if let Some(name) = own_name {
            self.bind(name, token.span)?;
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        self.expect(TokenKind::OpenParen, "`(` after `function`")?;
        if !self.is(TokenKind::CloseParen) {
            loop {
                let (name, span) = self.name_of_words("the name of a parameter")?;
                let of =
                    if self.accept(TokenKind::Colon)? { Some(self.nested(Parser::type_name)?) } else { None };
                parameters.push(Parameter { name: (&*name).into(), of });
                self.bind(name, span)?;
                if !self.accept(TokenKind::Comma)? {
                    break;
                }
            }
        }
        self.expect(TokenKind::CloseParen, "`,` or `)` after the parameter")?;
        if self.is_word("external") {
            let message = "external functions are not supported; call a job worker instead";
            return Err(self.error(message.to_owned(), self.token.span));
        }
        let body = self.expression()?;
        self.names.release(mark);
        let function = FunctionNode { parameters: parameters.into(), body, knows_itself };
        self.node(Kind::Function(Box::new(function)), token.span.start)
    }

    /// A name that is defined here: a few words, or anything in backticks.
    fn name_of_words(&mut self, expected: &str) -> Parsing<(Cow<'t, str>, Span)> {
        let is_free = self.is(TokenKind::Word);
        let (first, span) = self.new_name(expected)?;
        let mut name = Cow::Borrowed(first);
        for _ in 1..NAME_WORDS_MAX {
            let word = self.text_of(self.token.span);
            if !is_free || !self.is(TokenKind::Word) || is_keyword(word) {
                break;
            }
            self.advance()?;
            name = Cow::Owned(format!("{name} {word}"));
        }
        Ok((name, Span { start: span.start, end: self.previous_end }))
    }
}
