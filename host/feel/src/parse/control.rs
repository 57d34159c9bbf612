//! `if`, `for`, `some`, `every` and function literals.

use super::ast::{Kind, Loop, LoopOver, Node};
use super::lexer::TokenKind;
use super::parser::{Parser, Parsing};

impl Parser<'_> {
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
            let (name, span) = self.new_name("the name of the loop's variable")?;
            self.expect_word("in")?;
            let first = self.expression()?;
            iterators.push(if self.accept(TokenKind::DotDot)? {
                LoopOver::Numbers(first, self.expression()?)
            } else {
                LoopOver::List(first)
            });
            self.bind(name.into(), span)?;
            if !self.accept(TokenKind::Comma)? {
                return Ok(iterators.into());
            }
        }
    }

    /// `function(a, b: number) c`.
    pub(super) fn function_literal(&mut self) -> Parsing<Node> {
        let start = self.advance()?.span.start;
        let mark = self.names.mark();
        let mut parameters: Vec<Box<str>> = Vec::new();
        self.expect(TokenKind::OpenParen, "`(` after `function`")?;
        if !self.is(TokenKind::CloseParen) {
            loop {
                let (name, span) = self.new_name("the name of a parameter")?;
                if self.accept(TokenKind::Colon)? {
                    self.nested(Parser::type_name)?;
                }
                self.bind(name.into(), span)?;
                parameters.push(name.into());
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
        self.node(Kind::Function(parameters.into(), Box::new(body)), start)
    }
}
