//! Operators by precedence: `or`, `and`, comparisons, sums, products, powers, the sign.

use super::ast::{ArithmeticOperator, CompareOperator, Kind, Node};
use super::lexer::TokenKind;
use super::parser::{Parser, Parsing};
use crate::value::Value;

/// From loose to tight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Power,
    Sign,
}

impl Precedence {
    fn tighter(self) -> Precedence {
        match self {
            Precedence::Or => Precedence::And,
            Precedence::And => Precedence::Comparison,
            Precedence::Comparison => Precedence::Sum,
            Precedence::Sum => Precedence::Product,
            Precedence::Product => Precedence::Power,
            Precedence::Power | Precedence::Sign => Precedence::Sign,
        }
    }
}

impl Parser<'_> {
    /// A complete expression, one level deeper than what surrounds it.
    pub(super) fn expression(&mut self) -> Parsing<Node> {
        self.nested(|parser| parser.operators(Precedence::Or))
    }

    /// Operands joined by operators that bind at least as tight as `loosest`.
    ///
    /// A run of equal operators becomes one node, so that long sums and conditions do not nest.
    pub(super) fn operators(&mut self, loosest: Precedence) -> Parsing<Node> {
        let start = self.token.span.start;
        let mut left = self.sign()?;
        let mut compared = false;
        while let Some(precedence) = self.operator().filter(|precedence| *precedence >= loosest) {
            let kind = match precedence {
                Precedence::Or => Kind::Or(self.connected(left, "or", precedence)?),
                Precedence::And => Kind::And(self.connected(left, "and", precedence)?),
                Precedence::Comparison => {
                    let is_type_test = self.is_word("instance");
                    if compared && !is_type_test {
                        let message = "comparisons cannot be chained; join them with `and`, or use `between`";
                        return Err(self.error(message.to_owned(), self.token.span));
                    }
                    compared |= !is_type_test;
                    self.comparison(left)?
                }
                _ => self.arithmetic(left, precedence)?,
            };
            left = self.node(kind, start)?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<Precedence> {
        use TokenKind::*;
        match self.token.kind {
            Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => Some(Precedence::Comparison),
            Plus | Minus => Some(Precedence::Sum),
            Star | Slash => Some(Precedence::Product),
            StarStar => Some(Precedence::Power),
            Word => match self.text_of(self.token.span) {
                "or" => Some(Precedence::Or),
                "and" => Some(Precedence::And),
                "in" | "between" | "instance" => Some(Precedence::Comparison),
                _ => None,
            },
            _ => None,
        }
    }

    fn connected(&mut self, first: Node, word: &str, precedence: Precedence) -> Parsing<Box<[Node]>> {
        let mut operands = vec![first];
        while self.accept_word(word)? {
            operands.push(self.operators(precedence.tighter())?);
        }
        Ok(operands.into())
    }

    fn arithmetic(&mut self, first: Node, precedence: Precedence) -> Parsing<Kind> {
        let mut rest = Vec::with_capacity(1);
        while let Some((operator, found)) = arithmetic_operator(self.token.kind) {
            if found != precedence {
                break;
            }
            self.advance()?;
            rest.push((operator, self.operators(precedence.tighter())?));
        }
        Ok(Kind::Arithmetic(Box::new(first), rest.into()))
    }

    fn comparison(&mut self, left: Node) -> Parsing<Kind> {
        if let Some(operator) = compare_operator(self.token.kind) {
            self.advance()?;
            let right = self.operators(Precedence::Sum)?;
            return Ok(Kind::Compare(operator, Box::new([left, right])));
        }
        if self.accept_word("between")? {
            let low = self.operators(Precedence::Sum)?;
            self.expect_word("and")?;
            let high = self.operators(Precedence::Sum)?;
            return Ok(Kind::Between(Box::new([left, low, high])));
        }
        if self.accept_word("in")? {
            let tests = self.tests_after_in()?;
            return Ok(Kind::In(Box::new(left), tests));
        }
        self.expect_word("instance")?;
        self.expect_word("of")?;
        let of = self.nested(Parser::type_name)?;
        Ok(Kind::InstanceOf(Box::new(left), Box::new(of)))
    }

    fn sign(&mut self) -> Parsing<Node> {
        if !self.is(TokenKind::Minus) {
            return self.postfix();
        }
        let start = self.advance()?.span.start;
        let range_end = self.at_range_end;
        let operand = self.nested(|parser| {
            parser.at_range_end = range_end;
            parser.sign()
        })?;
        let kind = match operand.kind {
            Kind::Literal(Value::Number(number)) => Kind::Literal(Value::Number(-number)),
            _ => Kind::Negate(Box::new(operand)),
        };
        self.node(kind, start)
    }
}

/// The comparison that a token stands for.
pub(super) fn compare_operator(kind: TokenKind) -> Option<CompareOperator> {
    Some(match kind {
        TokenKind::Equal => CompareOperator::Equal,
        TokenKind::NotEqual => CompareOperator::NotEqual,
        TokenKind::Less => CompareOperator::Less,
        TokenKind::LessOrEqual => CompareOperator::LessOrEqual,
        TokenKind::Greater => CompareOperator::Greater,
        TokenKind::GreaterOrEqual => CompareOperator::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic_operator(kind: TokenKind) -> Option<(ArithmeticOperator, Precedence)> {
    Some(match kind {
        TokenKind::Plus => (ArithmeticOperator::Add, Precedence::Sum),
        TokenKind::Minus => (ArithmeticOperator::Subtract, Precedence::Sum),
        TokenKind::Star => (ArithmeticOperator::Multiply, Precedence::Product),
        TokenKind::Slash => (ArithmeticOperator::Divide, Precedence::Product),
        TokenKind::StarStar => (ArithmeticOperator::Power, Precedence::Power),
        _ => return None,
    })
}
