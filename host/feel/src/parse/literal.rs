//! Numbers, strings, dates, times and durations.

use super::ast::{Kind, Node};
use super::lexer::{self, TokenKind};
use super::parser::{Parser, Parsing};
use crate::number::Number;
use crate::value::{self, Value};

impl Parser<'_> {
    /// The literal that begins with the next token.
    pub(super) fn literal(&mut self) -> Parsing<Node> {
        let token = self.advance()?;
        let text = self.text_of(token.span);
        let kind = match token.kind {
            TokenKind::Number => match Number::parse(text) {
                Some(number) => Kind::Literal(Value::Number(number)),
                None => {
                    let message = format!("the number `{}` is out of range", crate::json::excerpt(text));
                    return Err(self.error(message, token.span));
                }
            },
            TokenKind::String { escaped: true } => Kind::Text(lexer::unescape(text).into()),
            TokenKind::String { escaped: false } => Kind::Text(inner(text).into()),
            _ => {
                let string = self.token;
                if !matches!(string.kind, TokenKind::String { .. }) {
                    return Err(self.unexpected("a date, time or duration in quotes after `@`"));
                }
                self.advance()?;
                let text = inner(self.text_of(string.span));
                match value::read_any(text) {
                    Some(value) => Kind::Literal(value),
                    None => Kind::InvalidTemporal(text.into()),
                }
            }
        };
        self.node(kind, token.span.start)
    }
}

fn inner(quoted: &str) -> &str {
    &quoted[1..quoted.len() - 1]
}
