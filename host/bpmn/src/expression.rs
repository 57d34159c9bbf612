//! Texts and expressions of the model.

use std::ops::Range;
use std::sync::Arc;

use feel::Expression;

use crate::findings::{Occasion, Reported};
use crate::model::Text;
use crate::reading::Reading;
use crate::rule;
use crate::secrets::Syntax;
use crate::xml::{Node, NodeExt, SourceText, describe};

/// What an expression is for, which decides what it may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A value.
    Value,
    /// What becomes of a connector's response or failure.
    ConnectorAnswer,
}

/// An expression after a leading `=`, otherwise text that stands for itself.
pub(crate) fn text(reading: &mut Reading<'_>, text: SourceText<'_>) -> Result<Text, Reported> {
    if text.as_str().starts_with('=') {
        parse(reading, text, 1, Purpose::Value).map(Text::Expression)
    } else {
        plain(reading, text).map(Text::Static)
    }
}

/// Text that stands for itself, `=` or not.
pub(crate) fn plain(reading: &mut Reading<'_>, text: SourceText<'_>) -> Result<Arc<str>, Reported> {
    let text = reading.secrets.replace(text, Syntax::Plain, &mut reading.findings)?;
    Ok(text.as_str().into())
}

/// An expression, which must begin with `=`. `what` names it in the message: "the condition".
pub(crate) fn required(
    reading: &mut Reading<'_>,
    text: SourceText<'_>,
    what: &str,
) -> Result<Expression, Reported> {
    if text.as_str().starts_with('=') {
        return parse(reading, text, 1, Purpose::Value);
    }
    let message = format!(
        "{what} of {} is plain text: begin it with `=` to make it an expression",
        describe(text.node)
    );
    Err(reading.findings.error(rule::EXPRESSION_REQUIRED, text.place(), message))
}

/// The expression in the child element `name` of `node`; `None` without such an element, or when it is empty.
pub(crate) fn content(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    name: &str,
    what: &str,
) -> Result<Option<Expression>, Reported> {
    let child = node.bpmn_children().find(|(other, _)| *other == name);
    let text = child.map(|(_, child)| SourceText::of_content(child)).filter(|text| !text.as_str().is_empty());
    text.map(|text| required(reading, text, what)).transpose()
}

/// An expression, with or without a leading `=`.
pub(crate) fn lenient(
    reading: &mut Reading<'_>,
    text: SourceText<'_>,
    purpose: Purpose,
) -> Result<Expression, Reported> {
    let start = usize::from(text.as_str().starts_with('='));
    parse(reading, text, start, purpose)
}

/// Parses what follows `start`.
fn parse(
    reading: &mut Reading<'_>,
    text: SourceText<'_>,
    start: usize,
    purpose: Purpose,
) -> Result<Expression, Reported> {
    let text = reading.secrets.replace(text, Syntax::Feel, &mut reading.findings)?;
    match Expression::parse(&text.as_str()[start..]) {
        Ok(expression) => {
            // Whoever loads a model again has heard it when the model was deployed.
            if reading.findings.occasion() == Occasion::Deployment {
                warn(reading, &text, start, &expression, purpose);
            }
            Ok(expression)
        }
        Err(error) => {
            let place = text.place_of(error.span.start + start..error.span.end + start);
            let message =
                format!("the expression of {} is not valid FEEL: {}", describe(text.node), error.message);
            Err(reading.findings.error(rule::FEEL_SYNTAX, place, message))
        }
    }
}

/// Warns of calls that come to nothing whatever the variables hold.
fn warn(
    reading: &mut Reading<'_>,
    text: &SourceText<'_>,
    start: usize,
    expression: &Expression,
    purpose: Purpose,
) {
    let owner = describe(text.node);
    let place = |span: &Range<usize>| text.place_of(span.start + start..span.end + start);
    for function in expression.unknown_functions() {
        let message = format!(
            "an expression of {owner} calls `{}`, and no function of that name takes such arguments",
            function.name
        );
        reading.findings.warning(rule::FEEL_UNKNOWN_FUNCTION, place(&function.span), message);
    }
    if purpose != Purpose::ConnectorAnswer {
        for answer in expression.connector_answers() {
            let message = format!(
                "an expression of {owner} calls `{}`, which has an effect in an `errorExpression` only",
                answer.name
            );
            reading.findings.warning(rule::FEEL_MISPLACED_FUNCTION, place(&answer.span), message);
        }
    }
    let patterns = expression.patterns().min(reading.patterns_left);
    reading.patterns_left -= patterns;
    for pattern in expression.invalid_patterns(patterns) {
        let message =
            format!("an expression of {owner} has a pattern that matches nothing: {}", pattern.reason);
        reading.findings.warning(rule::FEEL_PATTERN, place(&pattern.span), message);
    }
}
