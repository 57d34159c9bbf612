//! Ranges: `[a..b)`, `]a..b[`, and those of one operator such as `(>= a)`.

use super::CompareOperator;
use super::ast::{Kind, Node, RangeNode};
use super::lexer::TokenKind;
use super::operators::Precedence;
use super::parser::{Parser, Parsing};
use crate::value::RangeForm;

impl Parser<'_> {
    /// `]a..b]`.
    pub(super) fn range_from_outside(&mut self) -> Parsing<Node> {
        let start = self.advance()?.span.start;
        let first = self.expression()?;
        self.range(first, false, start)
    }

    /// The rest of a range after its start.
    pub(super) fn range(&mut self, start_node: Node, start_included: bool, start: u32) -> Parsing<Node> {
        self.expect(TokenKind::DotDot, "`..` in the range")?;
        let end = self.nested(|parser| {
            parser.at_range_end = true;
            parser.operators(Precedence::Sum)
        })?;
        let end_included = match self.token.kind {
            TokenKind::CloseBracket => true,
            TokenKind::CloseParen | TokenKind::OpenBracket => false,
            _ => return Err(self.unexpected("`]`, `)` or `[` at the end of the range")),
        };
        self.advance()?;
        let range = RangeNode {
            form: RangeForm::Interval,
            start: Some(start_node),
            start_included,
            end: Some(end),
            end_included,
        };
        self.node(Kind::Range(Box::new(range)), start)
    }

    /// A range with one bound, such as `(>= 5)`.
    pub(super) fn open_range(&mut self, operator: CompareOperator, start: u32) -> Parsing<Node> {
        self.advance()?;
        let bound = self.nested(|parser| parser.operators(Precedence::Sum))?;
        self.expect(TokenKind::CloseParen, "`)` after the range")?;
        let form = match operator {
            CompareOperator::Equal => RangeForm::Equal,
            CompareOperator::NotEqual => RangeForm::NotEqual,
            _ => RangeForm::Interval,
        };
        let included = matches!(
            operator,
            CompareOperator::Equal | CompareOperator::LessOrEqual | CompareOperator::GreaterOrEqual
        );
        let is_upper = matches!(operator, CompareOperator::Less | CompareOperator::LessOrEqual);
        let (first, last) = if is_upper { (None, Some(bound)) } else { (Some(bound), None) };
        let range = RangeNode {
            form,
            start_included: included && first.is_some(),
            start: first,
            end_included: included && (last.is_some() || form == RangeForm::Equal),
            end: last,
        };
        self.node(Kind::Range(Box::new(range)), start)
    }
}
