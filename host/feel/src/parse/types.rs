//! Names of types, as behind `instance of`.

use super::lexer::{self, TokenKind};
use super::parser::{Parser, Parsing};
use crate::error::ParseError;
use crate::types::{Type, TypeKind, Types};
use crate::vocabulary::Vocabulary;

/// Names of types without parameters, the longer before those that they begin with, and FEEL's name of each.
/// Those in one word are those of earlier DMN versions.
const NAMED: [(&str, &str); 15] = [
    ("years and months duration", "years and months duration"),
    ("yearMonthDuration", "years and months duration"),
    ("year-month-duration", "years and months duration"),
    ("days and time duration", "days and time duration"),
    ("dayTimeDuration", "days and time duration"),
    ("day-time-duration", "days and time duration"),
    ("date and time", "date and time"),
    ("date-time", "date and time"),
    ("date time", "date and time"),
    ("dateTime", "date and time"),
    ("date", "date"),
    ("time", "time"),
    ("number", "number"),
    ("string", "string"),
    ("boolean", "boolean"),
];

impl Type {
    /// Parses a type, which may use those of `types`.
    pub fn parse(text: &str, types: &Types) -> Result<Type, ParseError> {
        let mut parser = Parser::new(text, &Vocabulary { names: &[], types })?;
        let of = parser.type_name()?;
        parser.end()?;
        Ok(of)
    }
}

impl Parser<'_> {
    /// A type.
    pub(super) fn type_name(&mut self) -> Parsing<Type> {
        if !self.is(TokenKind::Word) {
            return Err(self.unexpected("the name of a type"));
        }
        let start = self.token.span.start as usize;
        let ends = NAMED
            .iter()
            .filter_map(|(name, type_name)| Some((lexer::match_name(self.text, start, name)?, *type_name)));
        let own = ends.max_by_key(|(end, _)| *end);
        let word = self.text_of(self.token.span);
        let defined = self.types.beginning_with(word).filter_map(|(name, of)| {
            let end = lexer::match_name(self.text, start, name)?;
            own.is_none_or(|(own_end, _)| end > own_end).then(|| (end, of.clone()))
        });
        if let Some((end, of)) = defined.max_by_key(|(end, _)| *end) {
            self.move_to(end as u32)?;
            return Ok(of);
        }
        if let Some((end, type_name)) = own {
            self.move_to(end as u32)?;
            return Ok(TypeKind::Named(type_name).into());
        }
        match word {
            "Any" => self.advance().map(|_| TypeKind::Any.into()),
            "Null" | "null" => self.advance().map(|_| TypeKind::Null.into()),
            "list" => {
                self.advance()?;
                Ok(TypeKind::List(self.type_parameter()?).into())
            }
            "range" => {
                self.advance()?;
                Ok(TypeKind::Range(self.type_parameter()?).into())
            }
            "context" => {
                self.advance()?;
                self.context_type()
            }
            "function" => {
                self.advance()?;
                self.function_type()
            }
            _ => Err(self.unexpected("the name of a type, such as `number` or `list<string>`")),
        }
    }

    /// `<type>`, or nothing for any.
    fn type_parameter(&mut self) -> Parsing<Type> {
        if !self.accept(TokenKind::Less)? {
            return Ok(TypeKind::Any.into());
        }
        let parameter = self.nested(Parser::type_name)?;
        self.expect(TokenKind::Greater, "`>` after the type")?;
        Ok(parameter)
    }

    fn context_type(&mut self) -> Parsing<Type> {
        let mut entries = Vec::new();
        if self.accept(TokenKind::Less)? {
            loop {
                let (name, _) = self.new_name("the name of an entry")?;
                self.expect(TokenKind::Colon, "`:` after the entry's name")?;
                entries.push((name.into(), self.nested(Parser::type_name)?));
                if !self.accept(TokenKind::Comma)? {
                    break;
                }
            }
            self.expect(TokenKind::Greater, "`,` or `>` after the entry's type")?;
        }
        Ok(TypeKind::Context(entries.into()).into())
    }

    fn function_type(&mut self) -> Parsing<Type> {
        if !self.accept(TokenKind::Less)? {
            return Ok(TypeKind::Function { parameters: None }.into());
        }
        let mut parameters = 0;
        if !self.is(TokenKind::Greater) {
            loop {
                self.nested(Parser::type_name)?;
                parameters += 1;
                if !self.accept(TokenKind::Comma)? {
                    break;
                }
            }
        }
        self.expect(TokenKind::Greater, "`,` or `>` after the parameter's type")?;
        self.expect(TokenKind::Arrow, "`->` and the type of the result")?;
        self.nested(Parser::type_name)?;
        Ok(TypeKind::Function { parameters: Some(parameters) }.into())
    }
}
