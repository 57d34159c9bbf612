//! Events: what makes them happen, and what they do.

mod condition;
mod reference;
mod thrown;
mod trigger;

use super::context::Context;
use super::extension::Extensions;
use super::form;
use crate::findings::Reported;
use crate::model::{
    BoundaryEvent, Catch, ElementIndex, ElementKind, Message, ReceiveTask, StartEvent, Throw,
    UserTaskImplementation,
};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe, is_true};

use thrown::ThrowPosition;
use trigger::CatchPosition;

/// A start event.
pub(super) fn start(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let node = context.outline.node(index).node;
    let is_interrupting = !matches!(node.value("isInterrupting"), Some("false" | "0"));
    let position = match context.outline.node(context.outline.node(index).parent).element_type {
        ElementType::Process => CatchPosition::ProcessStart,
        ElementType::EventSubProcess => CatchPosition::EventSubProcessStart { is_interrupting },
        _ => CatchPosition::SubProcessStart,
    };
    let catch = trigger::catch(reading, context, node, position);
    let form = form::form(reading, node, extensions, UserTaskImplementation::Job, context.forms);
    Ok(ElementKind::StartEvent(StartEvent { catch: catch?, is_interrupting, form: form? }))
}

/// An end event.
pub(super) fn end(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let throws = thrown::throws(reading, context, index, extensions, ThrowPosition::End)?;
    Ok(ElementKind::EndEvent(Throw { throws }))
}

/// An intermediate throw event.
pub(super) fn intermediate_throw(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let throws = thrown::throws(reading, context, index, extensions, ThrowPosition::Intermediate)?;
    Ok(ElementKind::ThrowEvent(Throw { throws }))
}

/// An intermediate catch event.
pub(super) fn intermediate_catch(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
) -> Result<ElementKind, Reported> {
    let position = match context.outline.is_behind_instantiating_gateway(index) {
        true => CatchPosition::InstantiatingCatch,
        false => CatchPosition::Catch,
    };
    waiting(reading, context, index, position).map(ElementKind::CatchEvent)
}

/// A boundary event.
pub(super) fn boundary(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
) -> Result<ElementKind, Reported> {
    let flow_node = context.outline.node(index);
    let interrupting = !matches!(flow_node.node.value("cancelActivity"), Some("false" | "0"));
    let position = CatchPosition::Boundary { is_interrupting: interrupting };
    let catch = waiting(reading, context, index, position)?;
    match flow_node.attached_to {
        Some(attached_to) => {
            Ok(ElementKind::BoundaryEvent(BoundaryEvent { attached_to: attached_to?, interrupting, catch }))
        }
        None => Err(without_definition(reading, context, index)),
    }
}

/// A receive task.
pub(super) fn receive_task(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
) -> Result<ElementKind, Reported> {
    let node = context.outline.node(index).node;
    let instantiate = is_true(node, "instantiate");
    let needs_key = !instantiate && !context.outline.is_behind_instantiating_gateway(index);
    let Message { name, correlation_key } =
        reference::message(reading, context.definitions, node, node, needs_key)?;
    Ok(ElementKind::ReceiveTask(ReceiveTask { message: Message { name, correlation_key }, instantiate }))
}

/// What an event waits for, which has to be something.
fn waiting(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    position: CatchPosition,
) -> Result<Catch, Reported> {
    let catch = trigger::catch(reading, context, context.outline.node(index).node, position)?;
    if catch.triggers.is_empty() { Err(without_definition(reading, context, index)) } else { Ok(catch) }
}

fn without_definition(reading: &mut Reading<'_>, context: &Context<'_, '_>, index: ElementIndex) -> Reported {
    let node = context.outline.node(index).node;
    let message = format!("{} does not say what it waits for", describe(node));
    reading.findings.error(rule::EVENT_DEFINITION, node.place(), message)
}
