//! Events.

use std::sync::Arc;

use super::outline::{FlowNode, unsupported};
use super::{Definitions, timer};
use crate::findings::Reported;
use crate::model::{BoundaryEvent, BoundaryTrigger, ElementKind, EndEvent, Text};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, describe};
use crate::{expression, rule};

const ERROR: &str = "errorEventDefinition";
const TIMER: &str = "timerEventDefinition";

/// A start event.
pub(crate) fn start(reading: &mut Reading<'_>, node: Node<'_>) -> Result<ElementKind, Reported> {
    definition(reading, node, &[], "use a none start event, and start the process through the API")?;
    Ok(ElementKind::StartEvent)
}

/// An end event.
pub(crate) fn end(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    definitions: &Definitions<'_>,
) -> Result<ElementKind, Reported> {
    let event = match definition(reading, node, &[ERROR], "use a none or error end event")? {
        None => EndEvent::None,
        Some((_, error)) => EndEvent::Error { code: thrown_code(reading, error, definitions)? },
    };
    Ok(ElementKind::EndEvent(event))
}

/// An intermediate throw event.
pub(crate) fn intermediate_throw(reading: &mut Reading<'_>, node: Node<'_>) -> Result<ElementKind, Reported> {
    definition(reading, node, &[], "use a send task, or a throw event without definition")?;
    Ok(ElementKind::NoneThrowEvent)
}

/// An intermediate catch event.
pub(crate) fn intermediate_catch(reading: &mut Reading<'_>, node: Node<'_>) -> Result<ElementKind, Reported> {
    let instead = "use a timer, or a task whose worker waits";
    let Some((_, definition)) = definition(reading, node, &[TIMER], instead)? else {
        return Err(without_definition(reading, node));
    };
    timer::definition(reading, definition, timer::Waiting::Catch).map(ElementKind::TimerCatchEvent)
}

/// A boundary event.
pub(crate) fn boundary(
    reading: &mut Reading<'_>,
    flow_node: &FlowNode<'_>,
    definitions: &Definitions<'_>,
) -> Result<ElementKind, Reported> {
    let node = flow_node.node;
    let Some((name, definition)) = definition(reading, node, &[ERROR, TIMER], "use an error or a timer")?
    else {
        return Err(without_definition(reading, node));
    };
    let interrupting = !matches!(node.value("cancelActivity"), Some("false" | "0"));
    let trigger = if name == ERROR {
        if !interrupting {
            let message = format!("{} catches an error and must be interrupting", describe(node));
            let place = node.attribute_place("cancelActivity");
            reading.findings.refuse(rule::BOUNDARY_INTERRUPTING, place, message)?;
        }
        BoundaryTrigger::Error { code: caught_code(reading, definition, definitions)? }
    } else {
        let waiting = match interrupting {
            true => timer::Waiting::InterruptingBoundary,
            false => timer::Waiting::NonInterruptingBoundary,
        };
        BoundaryTrigger::Timer(timer::definition(reading, definition, waiting)?)
    };
    let attached_to = match flow_node.attached_to {
        Some(attached_to) => attached_to?,
        None => return Err(without_definition(reading, node)),
    };
    Ok(ElementKind::BoundaryEvent(BoundaryEvent { attached_to, interrupting, trigger }))
}

/// Whether a child element of this name says what an event is about.
pub(crate) fn is_definition(name: &str) -> bool {
    name.ends_with("EventDefinition") || name == "eventDefinitionRef"
}

/// The one definition of an event, when it is one of `supported`.
fn definition<'a>(
    reading: &mut Reading<'_>,
    node: Node<'a>,
    supported: &[&str],
    instead: &str,
) -> Result<Option<(&'a str, Node<'a>)>, Reported> {
    let mut definitions = node.bpmn_children().filter(|(name, _)| is_definition(name));
    let Some((name, definition)) = definitions.next() else { return Ok(None) };
    if let Some((_, second)) = definitions.next() {
        let what = format!("a second event definition of {}", describe(node));
        return Err(unsupported(reading, second, &what, "draw an event for each"));
    }
    if supported.contains(&name) {
        return Ok(Some((name, definition)));
    }
    let what = match name.strip_suffix("EventDefinition") {
        Some("compensate") => format!("compensation {}", describe(node)),
        Some(kind) => format!("{kind} {}", describe(node)),
        None => format!("the shared event definition of {}", describe(node)),
    };
    Err(unsupported(reading, definition, &what, instead))
}

fn without_definition(reading: &mut Reading<'_>, node: Node<'_>) -> Reported {
    let message = format!("{} does not say what it waits for", describe(node));
    reading.findings.error(rule::EVENT_DEFINITION, node.place(), message)
}

fn thrown_code(
    reading: &mut Reading<'_>,
    definition: Node<'_>,
    definitions: &Definitions<'_>,
) -> Result<Text, Reported> {
    let Some(error) = referenced_error(reading, definition, definitions)? else {
        let message =
            format!("{} throws an error and does not say which: `errorRef` is missing", describe(definition));
        return Err(reading.findings.error(
            rule::ERROR_REFERENCE,
            definition.attribute_place("errorRef"),
            message,
        ));
    };
    match error.text_of("errorCode") {
        Some(code) => expression::text(reading, code),
        None => {
            let message = format!("{} throws an {} that has no code", describe(definition), describe(error));
            Err(reading.findings.error(rule::ERROR_CODE, definition.attribute_place("errorRef"), message))
        }
    }
}

/// `None` catches every code.
fn caught_code(
    reading: &mut Reading<'_>,
    definition: Node<'_>,
    definitions: &Definitions<'_>,
) -> Result<Option<Arc<str>>, Reported> {
    let error = referenced_error(reading, definition, definitions)?;
    let Some(code) = error.and_then(|error| error.text_of("errorCode")) else { return Ok(None) };
    if code.as_str().starts_with('=') {
        let message =
            format!("{} catches a code that is an expression: give plain text", describe(definition));
        reading.findings.refuse(rule::ERROR_CODE, definition.attribute_place("errorRef"), message)?;
    }
    expression::plain(reading, code).map(Some)
}

fn referenced_error<'a>(
    reading: &mut Reading<'_>,
    definition: Node<'_>,
    definitions: &Definitions<'a>,
) -> Result<Option<Node<'a>>, Reported> {
    let Some(id) = definition.value("errorRef") else { return Ok(None) };
    if let Some(error) = definitions.errors.get(id) {
        return Ok(Some(*error));
    }
    let message = format!("{} refers to the error `{id}`, which does not exist", describe(definition));
    Err(reading.findings.error(rule::ERROR_REFERENCE, definition.attribute_place("errorRef"), message))
}
