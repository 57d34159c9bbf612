//! Names of types, as behind `instance of`.

use super::ast::Type;
use super::lexer::{self, TokenKind};
use super::parser::{Parser, Parsing};

/// Names of types without parameters, the longer before those that they begin with, and FEEL's name of each.
const NAMED: [(&str, &str); 11] = [
    ("years and months duration", "years and months duration"),
    ("year-month-duration", "years and months duration"),
    ("days and time duration", "days and time duration"),
    ("day-time-duration", "days and time duration"),
    ("date and time", "date and time"),
    ("date-time", "date and time"),
    ("date", "date"),
    ("time", "time"),
    ("number", "number"),
    ("string", "string"),
    ("boolean", "boolean"),
];

impl Parser<'_> {
    /// A type.
    pub(super) fn type_name(&mut self) -> Parsing<Type> {
        if !self.is(TokenKind::Word) {
            return Err(self.unexpected("the name of a type"));
        }
        let start = self.token.span.start as usize;
        for (name, type_name) in NAMED {
            if let Some(end) = lexer::match_name(self.text, start, name) {
                self.move_to(end as u32)?;
                return Ok(Type::Named(type_name));
            }
        }
        let word = self.text_of(self.token.span);
        match word {
            "Any" => self.advance().map(|_| Type::Any),
            "Null" | "null" => self.advance().map(|_| Type::Null),
            "list" => {
                self.advance()?;
                Ok(Type::List(Box::new(self.type_parameter()?)))
            }
            "range" => {
                self.advance()?;
                Ok(Type::Range(Box::new(self.type_parameter()?)))
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
            return Ok(Type::Any);
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
        Ok(Type::Context(entries.into()))
    }

    fn function_type(&mut self) -> Parsing<Type> {
        if !self.accept(TokenKind::Less)? {
            return Ok(Type::Function { parameters: None });
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
        Ok(Type::Function { parameters: Some(parameters) })
    }
}
