//! Messages, signals, errors and escalations that events refer to.

use std::sync::Arc;

use feel::Expression;
use fermata_xml::Rule;

use crate::expression;
use crate::findings::Reported;
use crate::model::{Message, Text};
use crate::outline::{Definitions, EventDefinition};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{Node, NodeExt, describe};

/// What events throw and catch by a code.
pub(super) struct Coded {
    /// The local name of the element that has the code, and what a person calls it.
    name: &'static str,
    reference: &'static str,
    code: &'static str,
    reference_rule: Rule,
    code_rule: Rule,
}

/// BPMN errors.
pub(super) const ERROR: Coded = Coded {
    name: "error",
    reference: "errorRef",
    code: "errorCode",
    reference_rule: rule::ERROR_REFERENCE,
    code_rule: rule::ERROR_CODE,
};

/// Escalations.
pub(super) const ESCALATION: Coded = Coded {
    name: "escalation",
    reference: "escalationRef",
    code: "escalationCode",
    reference_rule: rule::ESCALATION_REFERENCE,
    code_rule: rule::ESCALATION_CODE,
};

/// The message that `holder`, an event definition or receive task of `owner`, waits for.
pub(super) fn message(
    reading: &mut Reading<'_>,
    definitions: &Definitions<'_>,
    holder: Node<'_>,
    owner: Node<'_>,
    needs_key: bool,
) -> Result<Message, Reported> {
    let Some(message) =
        referenced(reading, definitions, holder, owner, "messageRef", "message", rule::MESSAGE_REFERENCE)?
    else {
        return Err(missing_reference(
            reading,
            holder,
            owner,
            "messageRef",
            "message",
            rule::MESSAGE_REFERENCE,
        ));
    };
    let name = match message.text_of("name") {
        Some(name) => expression::text(reading, name),
        None => Err(without_name(reading, holder, owner, "messageRef", message, rule::MESSAGE_REFERENCE)),
    };
    let correlation_key = match needs_key {
        true => correlation_key(reading, message, holder, owner).map(Some),
        false => Ok(None),
    };
    Ok(Message { name: name?, correlation_key: correlation_key? })
}

/// `zeebe:subscription correlationKey` of a message.
fn correlation_key(
    reading: &mut Reading<'_>,
    message: Node<'_>,
    holder: Node<'_>,
    owner: Node<'_>,
) -> Result<Expression, Reported> {
    let subscription = message.extension("subscription");
    if let Some(key) = subscription.and_then(|subscription| subscription.text_of("correlationKey")) {
        return expression::required(reading, key, "the correlation key");
    }
    let text = format!(
        "{} waits for {}, which has no correlation key: give it a `zeebe:subscription` with a `correlationKey`",
        describe(owner),
        describe(message)
    );
    Err(reading.findings.error(rule::CORRELATION_KEY, holder.attribute_place("messageRef"), text))
}

/// The name of the signal that an event throws or catches.
pub(super) fn signal(
    reading: &mut Reading<'_>,
    definitions: &Definitions<'_>,
    definition: EventDefinition<'_>,
) -> Result<Text, Reported> {
    let EventDefinition { node, owner, .. } = definition;
    let signal =
        referenced(reading, definitions, node, owner, "signalRef", "signal", rule::SIGNAL_REFERENCE)?;
    let Some(signal) = signal else {
        return Err(missing_reference(reading, node, owner, "signalRef", "signal", rule::SIGNAL_REFERENCE));
    };
    match signal.text_of("name") {
        Some(name) => expression::text(reading, name),
        None => Err(without_name(reading, node, owner, "signalRef", signal, rule::SIGNAL_REFERENCE)),
    }
}

/// The code that an event throws.
pub(super) fn thrown_code(
    reading: &mut Reading<'_>,
    definitions: &Definitions<'_>,
    definition: EventDefinition<'_>,
    coded: &Coded,
) -> Result<Text, Reported> {
    let EventDefinition { node, owner, .. } = definition;
    let Coded { name, reference, .. } = coded;
    let Some(element) = referenced(reading, definitions, node, owner, reference, name, coded.reference_rule)?
    else {
        return Err(missing_reference(reading, node, owner, reference, name, coded.reference_rule));
    };
    match element.text_of(coded.code) {
        Some(code) => expression::text(reading, code),
        None => {
            let message = format!("{} throws an {} that has no code", describe(owner), describe(element));
            Err(reading.findings.error(coded.code_rule, node.attribute_place(reference), message))
        }
    }
}

/// The code that an event catches; `None` catches every code.
pub(super) fn caught_code(
    reading: &mut Reading<'_>,
    definitions: &Definitions<'_>,
    definition: EventDefinition<'_>,
    coded: &Coded,
) -> Result<Option<Arc<str>>, Reported> {
    let EventDefinition { node, owner, .. } = definition;
    let Coded { name, reference, .. } = coded;
    let element = referenced(reading, definitions, node, owner, reference, name, coded.reference_rule)?;
    let Some(element) = element else { return Ok(None) };
    let Some(code) = element.text_of(coded.code) else {
        let message =
            format!("{} catches every {name}, because {} has no code", describe(owner), describe(element));
        reading.findings.warning(coded.code_rule, node.attribute_place(reference), message);
        return Ok(None);
    };
    if code.as_str().starts_with('=') {
        let message = format!("{} catches a code that is an expression: give plain text", describe(owner));
        reading.findings.refuse(coded.code_rule, node.attribute_place(reference), message)?;
    }
    expression::plain(reading, code).map(Some)
}

/// What the attribute `attribute` of `holder` refers to; `None` when there is no such attribute.
fn referenced<'a>(
    reading: &mut Reading<'_>,
    definitions: &Definitions<'a>,
    holder: Node<'_>,
    owner: Node<'_>,
    attribute: &str,
    wanted: &str,
    rule: Rule,
) -> Result<Option<Node<'a>>, Reported> {
    let Some(id) = holder.value(attribute) else { return Ok(None) };
    match definitions.get(id) {
        Some((name, node)) if name == wanted => Ok(Some(node)),
        _ => {
            let message = format!("{} refers to the {wanted} `{id}`, which does not exist", describe(owner));
            Err(reading.findings.error(rule, holder.attribute_place(attribute), message))
        }
    }
}

fn missing_reference(
    reading: &mut Reading<'_>,
    holder: Node<'_>,
    owner: Node<'_>,
    attribute: &str,
    wanted: &str,
    rule: Rule,
) -> Reported {
    let message = format!("{} does not say which {wanted}: `{attribute}` is missing", describe(owner));
    reading.findings.error(rule, holder.place(), message)
}

fn without_name(
    reading: &mut Reading<'_>,
    holder: Node<'_>,
    owner: Node<'_>,
    attribute: &str,
    referenced: Node<'_>,
    rule: Rule,
) -> Reported {
    let message = format!("{} refers to {}, which has no name", describe(owner), describe(referenced));
    reading.findings.error(rule, holder.attribute_place(attribute), message)
}
