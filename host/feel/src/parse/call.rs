//! Calls of functions, with arguments by position or by name.

use super::ast::{Kind, Node};
use super::lexer::{self, TokenKind};
use super::limits::NAME_WORDS_MAX;
use super::names::is_keyword;
use super::parser::{Parser, Parsing};
use crate::findings::{ConnectorAnswer, UnknownFunction};
use crate::functions::{self, Builtin, Form, LiteralPattern};
use crate::span::Span;
use crate::value::Value;

/// Words that are looked through for the name of a function that FEEL does not bring.
const FUNCTION_WORDS_MAX: usize = 8;

enum Arguments {
    Positional(Vec<Node>),
    Named(Vec<(Box<str>, Node)>),
}

impl<'t> Parser<'t> {
    /// The call of whatever `callee` comes to.
    pub(super) fn call(&mut self, callee: Node) -> Parsing<Kind> {
        let callee = Box::new(callee);
        Ok(match self.arguments()? {
            Arguments::Positional(arguments) => Kind::Call(callee, arguments.into()),
            Arguments::Named(arguments) => Kind::CallNamed(callee, arguments.into()),
        })
    }

    /// The call of a function named by one word that is not bound here; the parenthesis comes next.
    pub(super) fn call_named_function(&mut self, name: &'t str, span: Span) -> Parsing<Node> {
        match functions::find(name) {
            Some(builtin) => self.call_builtin(builtin, span),
            None => {
                let arguments = self.arguments()?;
                self.call_unknown(name, span, arguments)
            }
        }
    }

    /// The call of a function that FEEL brings, named at `span`; the parenthesis comes next.
    pub(super) fn call_builtin(&mut self, builtin: &'static Builtin, span: Span) -> Parsing<Node> {
        let (form, arguments) = match self.arguments()? {
            Arguments::Positional(arguments) if builtin.takes(arguments.len()) => (None, arguments),
            Arguments::Named(arguments) => match in_order(builtin, arguments) {
                Ok((form, arguments)) => (Some(form), arguments),
                Err(arguments) => return self.call_unknown(builtin.name, span, Arguments::Named(arguments)),
            },
            arguments => return self.call_unknown(builtin.name, span, arguments),
        };
        if functions::is_connector_answer(builtin) {
            self.connector_answers.push(ConnectorAnswer { name: builtin.name, span: span.range() });
        }
        self.note_pattern(builtin, &arguments);
        self.node(Kind::CallBuiltin(builtin, form, arguments.into()), span.start)
    }

    /// Remembers a regular expression that is a literal, so that it can be checked before it is used.
    fn note_pattern(&mut self, builtin: &Builtin, arguments: &[Node]) {
        let Some((pattern, flags)) = functions::pattern_parameters(builtin) else { return };
        let literal = |at: usize| match arguments.get(at).map(|node| &node.kind) {
            Some(Kind::Text(text)) => Some(&**text),
            None | Some(Kind::Literal(Value::Null)) => Some(""),
            Some(_) => None,
        };
        let (Some(node), Some(text), Some(flags)) =
            (arguments.get(pattern), literal(pattern), literal(flags))
        else {
            return;
        };
        self.patterns.push(LiteralPattern::new(text, flags, node.span));
    }

    /// A call that has a value only if a variable holds the function.
    fn call_unknown(&mut self, name: &str, span: Span, arguments: Arguments) -> Parsing<Node> {
        self.unknown_functions.push(UnknownFunction { name: name.to_owned(), span: span.range() });
        let callee = Box::new(Node { kind: Kind::Variable(name.into()), span, height: 1 });
        let kind = match arguments {
            Arguments::Positional(arguments) => Kind::Call(callee, arguments.into()),
            Arguments::Named(arguments) => Kind::CallNamed(callee, arguments.into()),
        };
        self.node(kind, span.start)
    }

    /// Where a name of several words that no function has ends, if it is called here. Its first word has been read.
    pub(super) fn unknown_function(&self) -> Parsing<Option<u32>> {
        let mut token = self.token;
        for _ in 1..FUNCTION_WORDS_MAX {
            if token.kind != TokenKind::Word || is_keyword(self.text_of(token.span)) {
                break;
            }
            let next = lexer::token(self.text, token.span.end as usize)?;
            if next.kind == TokenKind::OpenParen {
                return Ok(Some(token.span.end));
            }
            token = next;
        }
        Ok(None)
    }

    /// The call of a function that FEEL does not bring; its name has several words and ends at `end`.
    pub(super) fn call_unknown_function(&mut self, start: u32, end: u32) -> Parsing<Node> {
        let span = Span { start, end };
        let words: Vec<&str> = self.text_of(span).split_whitespace().collect();
        self.move_to(end)?;
        let arguments = self.arguments()?;
        self.call_unknown(&words.join(" "), span, arguments)
    }

    fn arguments(&mut self) -> Parsing<Arguments> {
        self.expect(TokenKind::OpenParen, "`(`")?;
        if self.accept(TokenKind::CloseParen)? {
            return Ok(Arguments::Positional(Vec::new()));
        }
        let arguments = if self.parameter_end()?.is_some() {
            let mut arguments = vec![self.named_argument()?];
            while self.accept(TokenKind::Comma)? {
                arguments.push(self.named_argument()?);
            }
            Arguments::Named(arguments)
        } else {
            let mut arguments = vec![self.expression()?];
            while self.accept(TokenKind::Comma)? {
                arguments.push(self.expression()?);
            }
            Arguments::Positional(arguments)
        };
        self.expect(TokenKind::CloseParen, "`,` or `)` after the argument")?;
        Ok(arguments)
    }

    fn named_argument(&mut self) -> Parsing<(Box<str>, Node)> {
        let start = self.token.span.start as usize;
        let Some(end) = self.parameter_end()? else {
            return Err(self.unexpected("the name of a parameter and `:`"));
        };
        let words: Vec<&str> = self.text[start..end as usize].split_whitespace().collect();
        let name = words.join(" ");
        let name = name.trim_matches('`');
        self.move_to(end)?;
        self.expect(TokenKind::Colon, "`:`")?;
        Ok((name.into(), self.expression()?))
    }

    /// Where the name of a parameter ends, if one and a colon come next.
    fn parameter_end(&self) -> Parsing<Option<u32>> {
        let mut token = self.token;
        for _ in 0..NAME_WORDS_MAX {
            if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
                return Ok(None);
            }
            let end = token.span.end;
            token = lexer::token(self.text, end as usize)?;
            if token.kind == TokenKind::Colon {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }
}

type Named = (Box<str>, Node);

/// Named arguments in the order of a signature that has all the names; what is left out is null.
fn in_order(builtin: &Builtin, arguments: Vec<Named>) -> Result<(Form, Vec<Node>), Vec<Named>> {
    let names: Vec<&str> = arguments.iter().map(|(name, _)| &**name).collect();
    let repeated = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    let Some(form) = builtin.form_with(&names).filter(|_| !repeated) else {
        return Err(arguments);
    };
    let mut ordered: Vec<Option<Node>> = form.parameters().iter().map(|_| None).collect();
    let mut end = Span { start: 0, end: 0 };
    for (name, node) in arguments {
        end = node.span;
        if let Some(at) = form.parameters().iter().position(|parameter| **parameter == *name) {
            ordered[at] = Some(node);
        }
    }
    let missing = || Node { kind: Kind::Literal(Value::Null), span: end, height: 1 };
    Ok((form, ordered.into_iter().map(|node| node.unwrap_or_else(missing)).collect()))
}
