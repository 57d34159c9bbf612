//! Listeners: jobs that run beside what the model draws.

use std::collections::HashSet;

use super::extension::Extensions;
use super::{header, task};
use crate::findings::Reported;
use crate::model::{ExecutionListener, ListenerEvent, TaskListener, TaskListenerEvent, Text};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, describe};
use crate::{expression, rule};

/// What an element's execution listeners can hear besides `start` and `end`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    /// Nothing.
    Usual,
    /// `beforeAll`, as a multi-instance activity.
    BeforeAll,
    /// `cancel`, as a process.
    Cancel,
}

/// `zeebe:executionListeners` of an element, in the model's order.
pub(super) fn execution_listeners(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
    hears: Hears,
) -> Result<Vec<ExecutionListener>, Reported> {
    let mut seen = HashSet::new();
    let listeners: Vec<_> = children(extensions, "executionListeners", "executionListener")
        .map(|node| {
            let (event, job_type) = (node.value("eventType"), node.value("type"));
            if let (Some(event), Some(job_type)) = (event, job_type)
                && !seen.insert((event, job_type))
            {
                let message = format!(
                    "{} has two listeners of type `{job_type}` for `{event}`: remove one",
                    describe(node)
                );
                let place = node.attribute_place("type");
                reading.findings.refuse(rule::DUPLICATE_LISTENER, place, message)?;
            }
            execution_listener(reading, node, hears)
        })
        .collect();
    listeners.into_iter().collect()
}

fn execution_listener(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    hears: Hears,
) -> Result<ExecutionListener, Reported> {
    let on = match (node.value("eventType"), hears) {
        (Some("start"), _) => Ok(ListenerEvent::Start),
        (Some("end"), _) => Ok(ListenerEvent::End),
        (Some("beforeAll"), Hears::BeforeAll) => Ok(ListenerEvent::BeforeAll),
        (Some("cancel"), Hears::Cancel) => Ok(ListenerEvent::Cancel),
        (other, Hears::Usual) => Err(wrong_event(reading, node, other, "`start` and `end`")),
        (other, Hears::BeforeAll) => Err(wrong_event(reading, node, other, "`start`, `end` and `beforeAll`")),
        (other, Hears::Cancel) => Err(wrong_event(reading, node, other, "`start`, `end` and `cancel`")),
    };
    let job_type = job_type(reading, node);
    let retries = task::retries(reading, Some(node));
    let task_headers = node.zeebe_children().find(|(name, _)| *name == "taskHeaders").map(|(_, node)| node);
    let headers = header::headers(reading, task_headers);
    Ok(ExecutionListener { on: on?, job_type: job_type?, retries: retries?, headers: headers? })
}

/// `zeebe:taskListeners` of a user task, whose events have other names in older models, in the model's order.
pub(super) fn task_listeners(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
) -> Result<Vec<TaskListener>, Reported> {
    let listeners: Vec<_> = children(extensions, "taskListeners", "taskListener")
        .map(|node| task_listener(reading, node))
        .collect();
    listeners.into_iter().collect()
}

fn task_listener(reading: &mut Reading<'_>, node: Node<'_>) -> Result<TaskListener, Reported> {
    let on = match node.value("eventType") {
        Some("creating" | "create") => Ok(TaskListenerEvent::Creating),
        Some("assigning" | "assignment") => Ok(TaskListenerEvent::Assigning),
        Some("updating" | "update") => Ok(TaskListenerEvent::Updating),
        Some("completing" | "complete") => Ok(TaskListenerEvent::Completing),
        Some("canceling" | "cancel") => Ok(TaskListenerEvent::Canceling),
        other => {
            let events = "`creating`, `assigning`, `updating`, `completing` and `canceling`";
            Err(wrong_event(reading, node, other, events))
        }
    };
    let job_type = job_type(reading, node);
    let retries = task::retries(reading, Some(node));
    Ok(TaskListener { on: on?, job_type: job_type?, retries: retries? })
}

/// Task listeners hear what the engine does with a task: on a task that is a job they have no effect.
pub(super) fn warn_of_task_listeners(
    reading: &mut Reading<'_>,
    owner: Node<'_>,
    extensions: &Extensions<'_>,
) {
    if let Some(node) = children(extensions, "taskListeners", "taskListener").next() {
        let message =
            format!("{} has task listeners, which have no effect without `zeebe:userTask`", describe(owner));
        reading.findings.warning(rule::LISTENER, node.place(), message);
    }
}

fn children<'a>(
    extensions: &Extensions<'a>,
    container: &str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let children = extensions.get(container).into_iter().flat_map(|container| container.zeebe_children());
    children.filter(move |(other, _)| *other == name).map(|(_, node)| node)
}

fn job_type(reading: &mut Reading<'_>, node: Node<'_>) -> Result<Text, Reported> {
    match node.text_of("type") {
        Some(text) => expression::text(reading, text),
        None => {
            let message = format!("a listener of {} has no job type: give it a `type`", describe(node));
            Err(reading.findings.error(rule::LISTENER, node.attribute_place("type"), message))
        }
    }
}

fn wrong_event(reading: &mut Reading<'_>, node: Node<'_>, event: Option<&str>, expected: &str) -> Reported {
    let owner = describe(node);
    let message = match event {
        Some(event @ "beforeAll") => {
            format!(
                "a listener of {owner} hears `{event}`, which only a multi-instance activity has: there are {expected}"
            )
        }
        Some(event @ "cancel") => {
            format!("a listener of {owner} hears `{event}`, which only a process has: there are {expected}")
        }
        Some(event) => {
            format!("a listener of {owner} hears `{event}`, which is not supported: there are {expected}")
        }
        None => format!("a listener of {owner} has no `eventType`: there are {expected}"),
    };
    reading.findings.error(rule::LISTENER, node.attribute_place("eventType"), message)
}
