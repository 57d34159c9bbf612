//! What throwing events do.

use super::reference;
use crate::findings::Reported;
use crate::model::{ElementIndex, JobTaskElement, Thrown};
use crate::outline::{EventDefinition, event_definitions};
use crate::read::context::Context;
use crate::read::extension::Extensions;
use crate::read::task;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Where an event is, which decides what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThrowPosition {
    /// On the way of a token.
    Intermediate,
    /// Where a token ends.
    End,
}

impl ThrowPosition {
    fn allows(self, kind: &str) -> bool {
        match kind {
            "message" | "signal" | "escalation" | "compensate" => true,
            "error" | "cancel" | "terminate" => self == Self::End,
            "link" => self == Self::Intermediate,
            _ => false,
        }
    }
}

/// Reads what the throwing event at `index` does, in the model's order.
pub(super) fn throws(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    extensions: &Extensions<'_>,
    position: ThrowPosition,
) -> Result<Vec<Thrown>, Reported> {
    let owner = context.outline.node(index).node;
    let definitions = event_definitions(reading, context.definitions, owner)?;
    let is_multiple = definitions.len() > 1;
    let (mut messages, mut ends) = (0, 0);
    let throws: Vec<_> = definitions
        .into_iter()
        .map(|definition| {
            let thrown = thrown(reading, context, index, extensions, definition, position)?;
            match thrown {
                Thrown::Message(_) => messages += 1,
                Thrown::Error { .. } | Thrown::Cancel | Thrown::Terminate => ends += 1,
                _ => {}
            }
            let reason = if messages > 1 {
                "a second message, and an event has one job type: draw an event for each"
            } else if ends > 1 {
                "more than one way to end: remove all but one"
            } else if is_multiple && matches!(thrown, Thrown::Link { .. }) {
                "a link beside other results: draw an event for each"
            } else {
                return Ok(thrown);
            };
            let message = format!("{} has {reason}", describe(owner));
            Err(reading.findings.error(rule::MULTIPLE_EVENT, definition.node.place(), message))
        })
        .collect();
    throws.into_iter().collect()
}

fn thrown(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    extensions: &Extensions<'_>,
    definition: EventDefinition<'_>,
    position: ThrowPosition,
) -> Result<Thrown, Reported> {
    let EventDefinition { kind, node, owner } = definition;
    if !position.allows(kind) {
        let instead = match kind {
            "error" | "cancel" | "terminate" => "only an end event can",
            "link" => "only an intermediate event can",
            _ => "it is about something that events wait for",
        };
        let message = format!("{} cannot be {}: {instead}", describe(owner), definition.label());
        return Err(reading.findings.error(rule::EVENT_POSITION, node.place(), message));
    }
    let definitions = context.definitions;
    match kind {
        "message" => task::job_task(reading, owner, extensions, JobTaskElement::Send).map(Thrown::Message),
        "signal" => Ok(Thrown::Signal { name: reference::signal(reading, definitions, definition)? }),
        "error" => {
            let code = reference::thrown_code(reading, definitions, definition, &reference::ERROR)?;
            Ok(Thrown::Error { code })
        }
        "escalation" => {
            let code = reference::thrown_code(reading, definitions, definition, &reference::ESCALATION)?;
            Ok(Thrown::Escalation { code })
        }
        "cancel" => cancel(reading, context, index, definition),
        "link" => link(reading, context, index, definition),
        "compensate" => compensation(reading, context, index, definition),
        // What else a position allows.
        _ => Ok(Thrown::Terminate),
    }
}

/// Only directly in a transaction there is something to cancel.
fn cancel(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    definition: EventDefinition<'_>,
) -> Result<Thrown, Reported> {
    let scope = context.outline.node(context.outline.node(index).parent);
    if scope.element_type != ElementType::Transaction {
        let message = format!("{} cancels a transaction and is in none", describe(definition.owner));
        return Err(reading.findings.error(rule::CANCEL_EVENT, definition.node.place(), message));
    }
    Ok(Thrown::Cancel)
}

fn link(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    definition: EventDefinition<'_>,
) -> Result<Thrown, Reported> {
    let EventDefinition { node, owner, .. } = definition;
    let Some(name) = node.value("name") else {
        let message = format!("{} is a link without a name", describe(owner));
        return Err(reading.findings.error(rule::LINK_EVENT, node.place(), message));
    };
    match context.outline.link_catch_event(context.outline.node(index).parent, name) {
        Some(target) => Ok(Thrown::Link { target }),
        None => {
            let message = format!(
                "{} leads to the link `{name}`, which no event of this scope catches",
                describe(owner)
            );
            Err(reading.findings.error(rule::LINK_EVENT, node.attribute_place("name"), message))
        }
    }
}

fn compensation(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    definition: EventDefinition<'_>,
) -> Result<Thrown, Reported> {
    let EventDefinition { node, owner, .. } = definition;
    if matches!(node.value("waitForCompletion"), Some("false" | "0")) {
        let message = format!(
            "{} does not wait until all is undone, which is not supported: remove `waitForCompletion`",
            describe(owner)
        );
        reading.findings.refuse(
            rule::UNSUPPORTED_ELEMENT,
            node.attribute_place("waitForCompletion"),
            message,
        )?;
    }
    let Some(id) = node.value("activityRef") else { return Ok(Thrown::Compensation { activity: None }) };
    let place = node.attribute_place("activityRef");
    let mut refuse = |reason: String| {
        let message = format!("{} {reason}", describe(owner));
        Err(reading.findings.error(rule::COMPENSATION_REFERENCE, place.clone(), message))
    };
    let Some(activity) = context.outline.node_by_id(id).transpose()? else {
        return refuse(format!("undoes `{id}`, which is no activity of this process"));
    };
    let target = context.outline.node(activity);
    if !target.element_type.is_activity() || target.is_for_compensation {
        return refuse(format!("undoes {}, which is no activity that can be undone", describe(target.node)));
    }
    if !context.outline.scopes_undone_from(index).any(|scope| scope == target.parent) {
        return refuse(format!("undoes `{id}`, in another scope"));
    }
    Ok(Thrown::Compensation { activity: Some(activity) })
}
