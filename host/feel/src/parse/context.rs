//! Context literals.

use std::borrow::Cow;

use super::ast::{Kind, Node};
use super::lexer::TokenKind;
use super::parser::{Parser, Parsing};

impl<'t> Parser<'t> {
    /// `{name: a, "other name": b}`.
    pub(super) fn context(&mut self) -> Parsing<Node> {
        let start = self.advance()?.span.start;
        let mark = self.names.mark();
        let mut entries = Vec::new();
        if !self.is(TokenKind::CloseBrace) {
            loop {
                let span = self.token.span;
                let (key, name) = self.context_key()?;
                self.expect(TokenKind::Colon, "`:` after the entry's name")?;
                // A function may call itself by the name of its entry.
                let value = if self.is_word("function") && self.second()?.kind == TokenKind::OpenParen {
                    self.nested(|parser| parser.function_literal(Some(name.clone())))?
                } else {
                    self.expression()?
                };
                entries.push((key, value));
                self.bind(name, span)?;
                if !self.accept(TokenKind::Comma)? {
                    break;
                }
            }
        }
        self.names.release(mark);
        self.expect(TokenKind::CloseBrace, "`,` or `}` in the context")?;
        self.node(Kind::Context(entries.into()), start)
    }

    /// An entry's key, and the name by which later entries know it.
    fn context_key(&mut self) -> Parsing<(Box<str>, Cow<'t, str>)> {
        if let TokenKind::String { escaped } = self.token.kind {
            let quoted = self.text_of(self.token.span);
            self.advance()?;
            let inner = &quoted[1..quoted.len() - 1];
            let key = if escaped { super::lexer::unescape(quoted).into() } else { inner.into() };
            return Ok((key, inner.into()));
        }
        if self.is(TokenKind::QuotedName) {
            let (name, _) = self.new_name("the name of an entry")?;
            return Ok((name.into(), name.into()));
        }
        let start = self.token.span.start as usize;
        match self.key_end() {
            Some(end) => self.move_to(end)?,
            // What comes instead of the colon is for the caller to name.
            None if self.is(TokenKind::Word) => self.move_to(self.token.span.end)?,
            None => return Err(self.unexpected("the name of an entry")),
        }
        let name = &self.text[start..self.previous_end as usize];
        let words: Vec<&str> = name.split_whitespace().collect();
        if words.len() == 1 {
            return Ok((name.into(), name.into()));
        }
        let name = words.join(" ");
        Ok((name.as_str().into(), name.into()))
    }

    /// Where a key without quotes ends, if a colon follows. It holds any signs but those that mean something in a context.
    fn key_end(&self) -> Option<u32> {
        const SIGNS: [char; 8] = ['"', '{', '}', ':', ',', '[', ']', '`'];
        let is_word = self.is(TokenKind::Word);
        if is_word && self.second().is_ok_and(|token| token.kind == TokenKind::Colon) {
            return Some(self.token.span.end);
        }
        let start = self.token.span.start as usize;
        let rest = &self.text[start..];
        let length = rest.find(SIGNS).filter(|at| rest[*at..].starts_with(':'))?;
        let key = rest[..length].trim_end();
        let is_key = !key.is_empty() && !key.contains("//") && !key.contains("/*");
        is_key.then_some((start + key.len()) as u32)
    }
}
