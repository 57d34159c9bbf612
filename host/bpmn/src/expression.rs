//! Texts and expressions of the model.

use std::sync::Arc;

use feel::Expression;

use crate::findings::Reported;
use crate::model::Text;
use crate::reading::Reading;
use crate::rule;
use crate::secrets::Syntax;
use crate::xml::{SourceText, describe};

/// An expression after a leading `=`, otherwise text that stands for itself.
pub(crate) fn text(reading: &mut Reading<'_>, text: SourceText<'_>) -> Result<Text, Reported> {
    if text.as_str().starts_with('=') {
        parse(reading, text, 1, &[]).map(Text::Expression)
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
        return parse(reading, text, 1, &[]);
    }
    let message = format!(
        "{what} of {} is plain text: begin it with `=` to make it an expression",
        describe(text.node)
    );
    Err(reading.findings.error(rule::EXPRESSION_REQUIRED, text.place(), message))
}

/// An expression, with or without a leading `=`, that may call `functions` besides those of FEEL.
pub(crate) fn lenient(
    reading: &mut Reading<'_>,
    text: SourceText<'_>,
    functions: &[&str],
) -> Result<Expression, Reported> {
    let start = usize::from(text.as_str().starts_with('='));
    parse(reading, text, start, functions)
}

/// Parses what follows `start`.
fn parse(
    reading: &mut Reading<'_>,
    text: SourceText<'_>,
    start: usize,
    functions: &[&str],
) -> Result<Expression, Reported> {
    let text = reading.secrets.replace(text, Syntax::Feel, &mut reading.findings)?;
    match Expression::parse(&text.as_str()[start..]) {
        Ok(expression) => {
            for function in expression.unknown_functions() {
                if functions.contains(&&*function.name) {
                    continue;
                }
                let place = text.place_of(function.span.start + start..function.span.end + start);
                let owner = describe(text.node);
                let message = format!(
                    "an expression of {owner} calls `{}`, and no function of that name takes such arguments",
                    function.name
                );
                reading.findings.warning(rule::FEEL_UNKNOWN_FUNCTION, place, message);
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
