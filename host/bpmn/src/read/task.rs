//! Tasks that workers do, and script tasks.

use super::extension::Extensions;
use super::{header, linked};
use crate::findings::Reported;
use crate::model::{ElementKind, JobTask, JobTaskElement, ScriptTask, Text};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, describe};
use crate::{expression, rule};

/// Camunda's number of attempts when the model says none.
const DEFAULT_RETRIES: &str = "3";

/// A task that a job worker does.
pub(crate) fn job(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    extensions: &Extensions<'_>,
    element: JobTaskElement,
) -> Result<ElementKind, Reported> {
    job_task(reading, node, extensions, element).map(ElementKind::JobTask)
}

/// Work for a job worker.
pub(crate) fn job_task(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    extensions: &Extensions<'_>,
    element: JobTaskElement,
) -> Result<JobTask, Reported> {
    let definition = extensions.get("taskDefinition");
    let job_type = match definition.and_then(|definition| definition.text_of("type")) {
        Some(text) => expression::text(reading, text),
        None => {
            let message =
                format!("{} has no job type: give its `zeebe:taskDefinition` a `type`", describe(node));
            let place =
                definition.map_or_else(|| node.place(), |definition| definition.attribute_place("type"));
            Err(reading.findings.error(rule::TASK_DEFINITION, place, message))
        }
    };
    let retries = retries(reading, definition);
    let priority = priority(reading, extensions);
    let headers = header::headers(reading, extensions.get("taskHeaders"));
    let response = header::response(reading, extensions);
    let retry_backoff = header::retry_backoff(reading, extensions);
    let linked_resources = linked::resources(reading, node, extensions);
    Ok(JobTask {
        element,
        job_type: job_type?,
        retries: retries?,
        priority: priority?,
        retry_backoff: retry_backoff?,
        headers: headers?,
        linked_resources: linked_resources?,
        response: response?,
    })
}

/// `zeebe:jobPriorityDefinition`.
pub(crate) fn priority(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
) -> Result<Option<Text>, Reported> {
    let definition = extensions.get("jobPriorityDefinition");
    let Some(text) = definition.and_then(|definition| definition.text_of("priority")) else {
        return Ok(None);
    };
    let (place, owner) = (text.place(), describe(text.node));
    let priority = expression::text(reading, text)?;
    if let Text::Static(number) = &priority
        && number.parse::<i32>().is_err()
    {
        let message = format!("`{number}` is no priority for the jobs of {owner}: give a whole number");
        reading.findings.refuse(rule::JOB_PRIORITY, place, message)?;
        // Models that were accepted with it have run without.
        return Ok(None);
    }
    Ok(Some(priority))
}

/// The number of attempts that a task definition or listener gives its jobs.
pub(crate) fn retries(reading: &mut Reading<'_>, definition: Option<Node<'_>>) -> Result<Text, Reported> {
    let Some(text) = definition.and_then(|definition| definition.text_of("retries")) else {
        return Ok(Text::Static(DEFAULT_RETRIES.into()));
    };
    let (place, owner) = (text.place(), describe(text.node));
    let retries = expression::text(reading, text)?;
    // Camunda's clients read retries as signed 32-bit integers.
    if let Text::Static(number) = &retries
        && !number.parse().is_ok_and(|number: i32| number >= 0)
    {
        let message = format!("`{number}` is no number of retries for {owner}: give a whole number from 0");
        reading.findings.refuse(rule::RETRIES, place, message)?;
    }
    Ok(retries)
}

/// A script task: a FEEL expression, or work for a job worker.
pub(crate) fn script(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let owner = describe(node);
    let script = match (extensions.get("script"), extensions.get("taskDefinition")) {
        (Some(script), None) => script,
        (None, Some(_)) => return job(reading, node, extensions, JobTaskElement::Script),
        (Some(_), Some(definition)) => {
            let message = format!("{owner} has both a FEEL expression and a job type: remove one");
            return Err(reading.findings.error(rule::SCRIPT_TASK, definition.place(), message));
        }
        (None, None) => {
            let message = format!("{owner} has no script: add `zeebe:script` or `zeebe:taskDefinition`");
            return Err(reading.findings.error(rule::SCRIPT_TASK, node.place(), message));
        }
    };
    let expression = match script.text_of("expression") {
        Some(text) => expression::required(reading, text, "the script"),
        None => Err(incomplete(reading, script, "expression", "expression")),
    };
    let result_variable = match script.text_of("resultVariable") {
        Some(text) => header::result_variable(reading, &text),
        None => Err(incomplete(reading, script, "resultVariable", "result variable")),
    };
    Ok(ElementKind::ScriptTask(ScriptTask { expression: expression?, result_variable: result_variable? }))
}

fn incomplete(reading: &mut Reading<'_>, script: Node<'_>, attribute: &str, what: &str) -> Reported {
    let message = format!("{} has no {what}: add `{attribute}` to its `zeebe:script`", describe(script));
    reading.findings.error(rule::SCRIPT_TASK, script.attribute_place(attribute), message)
}
