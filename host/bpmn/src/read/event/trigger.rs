//! What makes an event happen.

use super::{condition, reference};
use crate::findings::Reported;
use crate::model::{Catch, Trigger};
use crate::outline::{EventDefinition, event_definitions};
use crate::read::context::Context;
use crate::read::timer::{self, Repeats};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{Node, NodeExt, describe, is_true};

/// Where an event is, which decides what may make it happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CatchPosition {
    /// The start of a process.
    ProcessStart,
    /// The start of a sub-process that a token enters.
    SubProcessStart,
    /// The start of an event sub-process.
    EventSubProcessStart { is_interrupting: bool },
    /// On the way of a token.
    Catch,
    /// Behind an event-based gateway that starts an instance.
    InstantiatingCatch,
    /// On the border of an activity.
    Boundary { is_interrupting: bool },
}

impl CatchPosition {
    fn allows(self, kind: &str) -> bool {
        match kind {
            "message" => self != Self::SubProcessStart,
            "timer" | "signal" | "conditional" => {
                !matches!(self, Self::SubProcessStart | Self::InstantiatingCatch)
            }
            "error" | "escalation" | "compensate" => {
                matches!(self, Self::EventSubProcessStart { .. } | Self::Boundary { .. })
            }
            "cancel" => matches!(self, Self::Boundary { .. }),
            "link" => self == Self::Catch,
            _ => false,
        }
    }

    /// What such an event can be instead.
    fn allowed(self) -> &'static str {
        match self {
            Self::ProcessStart => {
                "a process begins without trigger, or by a message, timer, signal or condition"
            }
            Self::SubProcessStart => "a sub-process that a token enters begins at a none start event",
            Self::EventSubProcessStart { .. } => {
                "an event sub-process begins by a message, timer, signal, condition, error, escalation or compensation"
            }
            Self::Catch => "a token waits for a message, timer, signal, condition or link",
            Self::InstantiatingCatch => "behind a gateway that starts an instance there are messages",
            Self::Boundary { .. } => {
                "on an activity there are messages, timers, signals, conditions, errors, escalations, compensation \
                 and, on a transaction, cancellation"
            }
        }
    }
}

/// Reads what makes the event `owner` happen. Nothing when it has no definition.
pub(super) fn catch<'a>(
    reading: &mut Reading<'_>,
    context: &Context<'_, 'a>,
    owner: Node<'a>,
    position: CatchPosition,
) -> Result<Catch, Reported> {
    let definitions = event_definitions(reading, context.definitions, owner)?;
    let is_multiple = definitions.len() > 1;
    let is_parallel = is_multiple && is_true(owner, "parallelMultiple");
    let triggers: Vec<_> = definitions
        .into_iter()
        .map(|definition| {
            let trigger = trigger(reading, context, definition, position)?;
            let cannot_be_one_of_several = matches!(trigger, Trigger::Compensation | Trigger::Link { .. })
                || (is_parallel && !trigger.is_waited_for());
            if is_multiple && cannot_be_one_of_several {
                let message = format!(
                    "{} is {} and another: draw an event for each",
                    describe(owner),
                    definition.label()
                );
                return Err(reading.findings.error(rule::MULTIPLE_EVENT, definition.node.place(), message));
            }
            Ok(trigger)
        })
        .collect();
    Ok(Catch { triggers: triggers.into_iter().collect::<Result<_, _>>()?, is_parallel })
}

fn trigger<'a>(
    reading: &mut Reading<'_>,
    context: &Context<'_, 'a>,
    definition: EventDefinition<'a>,
    position: CatchPosition,
) -> Result<Trigger, Reported> {
    let EventDefinition { kind, node, owner } = definition;
    if !position.allows(kind) {
        let message = format!("{} cannot be {}: {}", describe(owner), definition.label(), position.allowed());
        return Err(reading.findings.error(rule::EVENT_POSITION, node.place(), message));
    }
    let definitions = context.definitions;
    match kind {
        "message" => {
            let needs_key =
                !matches!(position, CatchPosition::ProcessStart | CatchPosition::InstantiatingCatch);
            reference::message(reading, definitions, node, owner, needs_key).map(Trigger::Message)
        }
        "signal" => Ok(Trigger::Signal { name: reference::signal(reading, definitions, definition)? }),
        "timer" => timer::definition(reading, node, owner, repeats(position)).map(Trigger::Timer),
        "conditional" => condition::condition(reading, definition).map(Trigger::Condition),
        "error" => {
            interrupts(reading, definition, position)?;
            let code = reference::caught_code(reading, definitions, definition, &reference::ERROR)?;
            Ok(Trigger::Error { code })
        }
        "escalation" => {
            let code = reference::caught_code(reading, definitions, definition, &reference::ESCALATION)?;
            Ok(Trigger::Escalation { code })
        }
        "cancel" => {
            interrupts(reading, definition, position)?;
            Ok(Trigger::Cancel)
        }
        "link" => match node.value("name") {
            Some(name) => Ok(Trigger::Link { name: name.into() }),
            None => {
                let message = format!("{} is a link without a name", describe(owner));
                Err(reading.findings.error(rule::LINK_EVENT, node.place(), message))
            }
        },
        // What else a position allows.
        _ => Ok(Trigger::Compensation),
    }
}

fn repeats(position: CatchPosition) -> Repeats {
    match position {
        CatchPosition::ProcessStart
        | CatchPosition::Boundary { is_interrupting: false }
        | CatchPosition::EventSubProcessStart { is_interrupting: false } => Repeats::Yes,
        CatchPosition::Boundary { is_interrupting: true }
        | CatchPosition::EventSubProcessStart { is_interrupting: true } => Repeats::IfNonInterrupting,
        _ => Repeats::No,
    }
}

/// Checks that an event which ends what it leaves says so.
fn interrupts(
    reading: &mut Reading<'_>,
    definition: EventDefinition<'_>,
    position: CatchPosition,
) -> Result<(), Reported> {
    let attribute = match position {
        CatchPosition::Boundary { is_interrupting: false } => "cancelActivity",
        CatchPosition::EventSubProcessStart { is_interrupting: false } => "isInterrupting",
        _ => return Ok(()),
    };
    let what = if definition.kind == "error" { "an error" } else { "cancellation" };
    let message = format!("{} catches {what} and must be interrupting", describe(definition.owner));
    let place = definition.owner.attribute_place(attribute);
    reading.findings.refuse(rule::BOUNDARY_INTERRUPTING, place, message)
}
