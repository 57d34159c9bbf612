//! Operands: literals, names, brackets, and the paths, filters and calls that follow them.

use std::borrow::Cow;

use super::ast::{Kind, Node};
use super::lexer::TokenKind;
use super::limits::NESTING_MAX;
use super::names::is_keyword;
use super::operators::compare_operator;
use super::parser::{Parser, Parsing};
use crate::functions;
use crate::span::Span;
use crate::value::Value;

/// What may stand where a value is expected.
const A_VALUE: &str = "a value";

/// Properties whose names have two words.
const PROPERTIES_OF_TWO_WORDS: [&str; 3] = ["time offset", "start included", "end included"];

impl<'t> Parser<'t> {
    /// An operand with all that follows it directly.
    pub(super) fn postfix(&mut self) -> Parsing<Node> {
        let start = self.token.span.start;
        let mut node = self.operand()?;
        for length in 0.. {
            let kind = match self.token.kind {
                TokenKind::Dot => {
                    self.advance()?;
                    Kind::Path(Box::new(node), self.entry_name()?.into())
                }
                TokenKind::OpenBracket if !self.closes_range()? => {
                    self.advance()?;
                    self.filter(node)?
                }
                TokenKind::OpenParen => self.call(node)?,
                _ => return Ok(node),
            };
            if length == NESTING_MAX {
                let message = format!("more than {NESTING_MAX} paths, filters and calls follow each other");
                return Err(self.error(message, self.token.span));
            }
            node = self.node(kind, start)?;
        }
        Ok(node)
    }

    /// Whether something follows the closing bracket that comes next, so that it begins a range such as `]1..5[`.
    fn begins_range(&self) -> Parsing<bool> {
        use TokenKind::*;
        Ok(!matches!(self.second()?.kind, End | Comma | CloseParen | CloseBracket | CloseBrace))
    }

    /// Whether the bracket that comes next ends a range such as `]1..5[`: nothing follows that a filter could begin with.
    fn closes_range(&self) -> Parsing<bool> {
        use TokenKind::*;
        if !self.at_range_end {
            return Ok(false);
        }
        let second = self.second()?;
        Ok(match second.kind {
            End | CloseParen | CloseBracket | CloseBrace | Comma | Colon | Dot | DotDot | Arrow | Plus
            | Star | StarStar | Slash | Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => {
                true
            }
            Word => {
                let word = self.text_of(second.span);
                is_keyword(word)
                    && !matches!(
                        word,
                        "true" | "false" | "null" | "if" | "for" | "some" | "every" | "function"
                    )
            }
            _ => false,
        })
    }

    fn filter(&mut self, list: Node) -> Parsing<Kind> {
        let mark = self.names.mark();
        self.bind_item(self.token.span)?;
        let condition = self.expression()?;
        self.names.release(mark);
        self.expect(TokenKind::CloseBracket, "`]` after the filter")?;
        Ok(Kind::Filter(Box::new([list, condition])))
    }

    /// The name behind a dot; keywords are names there.
    fn entry_name(&mut self) -> Parsing<Cow<'t, str>> {
        let start = self.token.span.start as usize;
        for property in PROPERTIES_OF_TWO_WORDS {
            if let Some(end) = super::lexer::match_name(self.text, start, property) {
                self.move_to(end as u32)?;
                return Ok(property.into());
            }
        }
        if let Some((name, end)) = self.several_words() {
            self.move_to(end)?;
            return Ok(name);
        }
        if self.is(TokenKind::Word) {
            let token = self.advance()?;
            return Ok(self.text_of(token.span).into());
        }
        Ok(self.new_name("the name of an entry")?.0.into())
    }

    fn operand(&mut self) -> Parsing<Node> {
        let start = self.token.span.start;
        match self.token.kind {
            TokenKind::Number | TokenKind::String { .. } | TokenKind::At => self.literal(),
            TokenKind::Word => self.word(),
            TokenKind::QuotedName => {
                let (name, _) = self.new_name(A_VALUE)?;
                let kind = self.resolve(name);
                self.node(kind, start)
            }
            TokenKind::Question if self.names.is_bound("?") => {
                self.advance()?;
                let kind = self.resolve("?");
                self.node(kind, start)
            }
            TokenKind::Question => {
                let message =
                    "found `?`, which stands for the input of a decision table's cell and means nothing here";
                Err(self.error(message.to_owned(), self.token.span))
            }
            TokenKind::OpenParen => self.parentheses(),
            TokenKind::OpenBracket => self.list_or_range(),
            TokenKind::CloseBracket if self.begins_range()? => self.range_from_outside(),
            TokenKind::OpenBrace => self.context(),
            _ => Err(self.unexpected(A_VALUE)),
        }
    }

    /// A keyword, a function's name or a name.
    fn word(&mut self) -> Parsing<Node> {
        let span = self.token.span;
        let word = self.text_of(span);
        let known = self.several_words();
        // A name that is known may begin with a keyword, such as `some input`.
        if let Some((name, end)) = known.as_ref().filter(|_| is_keyword(word)) {
            let (name, end) = (name.clone(), *end);
            self.move_to(end)?;
            let kind = self.resolve(&name);
            return self.node(kind, span.start);
        }
        let literal = match word {
            "null" => Some(Value::Null),
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        };
        if let Some(literal) = literal {
            self.advance()?;
            return self.node(Kind::Literal(literal), span.start);
        }
        match word {
            "if" => return self.conditional(),
            "for" => return self.iteration(),
            "some" | "every" => return self.quantified(),
            "function" => return self.function_literal(None),
            _ => {}
        }
        if let Some((builtin, end)) = functions::find_of_several_words(self.text, span.start as usize, word)
            && known.as_ref().is_none_or(|(name, known_end)| {
                // A function that is defined in the text hides one that FEEL brings; any other name cannot be called.
                *known_end < end || (*known_end == end && !self.names.is_bound(name))
            })
        {
            self.move_to(end)?;
            return self.call_builtin(builtin, Span { start: span.start, end });
        }
        if let Some((name, end)) = known {
            self.move_to(end)?;
            let kind = self.resolve(&name);
            return self.node(kind, span.start);
        }
        if is_keyword(word) {
            // Camunda knows `and(…)` and `or(…)` as other names of `all` and `any`.
            if let ("and" | "or", TokenKind::OpenParen) = (word, self.second()?.kind) {
                self.advance()?;
                return self.call_named_function(word, span);
            }
            return Err(self.keyword_as_name());
        }
        self.advance()?;
        if self.is(TokenKind::Word)
            && let Some(end) = self.unknown_function()?
        {
            return self.call_unknown_function(span.start, end);
        }
        if self.is(TokenKind::OpenParen) && !self.names.is_bound(word) {
            return self.call_named_function(word, span);
        }
        let kind = self.resolve(word);
        self.node(kind, span.start)
    }

    /// `(a)`, `(a..b)` or `(> a)`.
    fn parentheses(&mut self) -> Parsing<Node> {
        let start = self.advance()?.span.start;
        if let Some(operator) = compare_operator(self.token.kind) {
            return self.open_range(operator, start);
        }
        let inner = self.expression()?;
        if self.is(TokenKind::DotDot) {
            return self.range(inner, false, start);
        }
        self.expect(TokenKind::CloseParen, "`)`")?;
        Ok(inner)
    }

    /// `[a, b]` or `[a..b]`.
    fn list_or_range(&mut self) -> Parsing<Node> {
        let start = self.advance()?.span.start;
        let mut items = Vec::new();
        if !self.is(TokenKind::CloseBracket) {
            let first = self.expression()?;
            if self.is(TokenKind::DotDot) {
                return self.range(first, true, start);
            }
            items.push(first);
            while self.accept(TokenKind::Comma)? {
                items.push(self.expression()?);
            }
        }
        self.expect(TokenKind::CloseBracket, "`,` or `]` in the list")?;
        self.node(Kind::List(items.into()), start)
    }
}
