//! `zeebe:taskHeaders`: constants for a task's worker, some of which say what becomes of a response or failure.

use std::collections::HashSet;
use std::sync::Arc;

use super::extension::Extensions;
use crate::backoff::Backoff;
use crate::expression::Purpose;
use crate::findings::Reported;
use crate::model::{ResponseMapping, Text};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, SourceText, describe};
use crate::{expression, rule, variable};

/// The header that says which versions of a component may do a task's jobs, as a range of semantic versions.
pub const WORKER_VERSION: &str = "workerVersion";

/// Key and value of a header.
pub(crate) type Header = (Arc<str>, Arc<str>);

/// The headers in a `zeebe:taskHeaders`, in the model's order. Those without key or value, which a modeler leaves behind when a line is
/// added and not filled in, are left out.
pub(crate) fn headers(
    reading: &mut Reading<'_>,
    task_headers: Option<Node<'_>>,
) -> Result<Vec<Header>, Reported> {
    worker_version(reading, task_headers)?;
    let mut keys = HashSet::new();
    let mut headers = Vec::new();
    for node in header_nodes(task_headers) {
        match (node.value("key"), node.text_of("value")) {
            (Some(key), Some(value)) if keys.insert(key) => {
                headers.push(expression::plain(reading, value).map(|value| (key.into(), value)));
            }
            (Some(key), Some(_)) => {
                let message = format!("{} has the header `{key}` twice: remove one", describe(node));
                let place = node.attribute_place("key");
                if let Err(reported) = reading.findings.refuse(rule::TASK_HEADER, place, message) {
                    headers.push(Err(reported));
                }
            }
            (key, _) => {
                let missing = if key.is_none() { "key" } else { "value" };
                let message = format!("a header of {} has no {missing} and is left out", describe(node));
                reading.findings.warning(rule::TASK_HEADER, node.attribute_place(missing), message);
            }
        }
    }
    headers.into_iter().collect()
}

/// What the headers say about the response of a connector.
pub(crate) fn response(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
) -> Result<ResponseMapping, Reported> {
    let value = |key| value(extensions, key);
    let result_variable = value("resultVariable").map(|text| result_variable(reading, &text)).transpose();
    let result_expression =
        value("resultExpression").map(|text| expression::lenient(reading, text, Purpose::Value)).transpose();
    let error_expression = value("errorExpression")
        .map(|text| expression::lenient(reading, text, Purpose::ConnectorAnswer))
        .transpose();
    Ok(ResponseMapping {
        result_variable: result_variable?,
        result_expression: result_expression?,
        error_expression: error_expression?,
    })
}

/// How long to wait after a failure that does not say it itself: see [`Backoff`].
pub(crate) fn retry_backoff(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
) -> Result<Option<Text>, Reported> {
    let Some(text) = value(extensions, "retryBackoff") else { return Ok(None) };
    let (place, owner) = (text.place(), describe(text.node));
    let backoff = expression::text(reading, text)?;
    if let Text::Static(duration) = &backoff
        && let Err(error) = Backoff::parse(duration)
    {
        let message = format!("the retry back-off of {owner} is wrong: {error}");
        reading.findings.refuse(rule::RETRY_BACKOFF, place, message)?;
        return Ok(None);
    }
    Ok(Some(backoff))
}

/// Checks the versions that a task asks for, which whoever gives it a component understands.
fn worker_version(reading: &mut Reading<'_>, task_headers: Option<Node<'_>>) -> Result<(), Reported> {
    let header = header_nodes(task_headers).find(|node| node.value("key") == Some(WORKER_VERSION));
    let Some(text) = header.and_then(|node| node.text_of("value")) else { return Ok(()) };
    match semver::VersionReq::parse(text.as_str().trim()) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!(
                "the header `{WORKER_VERSION}` of {} has no range of versions such as `^1.2`: {error}",
                describe(text.node)
            );
            reading.findings.refuse(rule::WORKER_VERSION, text.place(), message)
        }
    }
}

/// The value of the first header with this key.
fn value<'a>(extensions: &Extensions<'a>, key: &str) -> Option<SourceText<'a>> {
    header_nodes(extensions.get("taskHeaders"))
        .find(|node| node.value("key") == Some(key))
        .and_then(|node| node.text_of("value"))
}

fn header_nodes<'a>(task_headers: Option<Node<'a>>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let children = task_headers.into_iter().flat_map(|headers| headers.zeebe_children());
    children.filter(|(name, _)| *name == "header").map(|(_, node)| node)
}

/// The name of the variable that takes a result.
pub(crate) fn result_variable(
    reading: &mut Reading<'_>,
    text: &SourceText<'_>,
) -> Result<Arc<str>, Reported> {
    match variable::name(text.as_str()) {
        Ok(name) => Ok(name),
        Err(reason) => {
            let message =
                format!("the result variable of {} has no valid name: {reason}", describe(text.node));
            reading.findings.refuse(rule::VARIABLE_NAME, text.place(), message)?;
            Ok(text.as_str().into())
        }
    }
}
