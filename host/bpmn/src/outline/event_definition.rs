//! The definitions of an event: its own, and those that it shares with others.

use super::Definitions;
use crate::findings::Reported;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{Node, NodeExt, SourceText, describe};

/// A reference to an event definition of the file.
const REFERENCE: &str = "eventDefinitionRef";

/// One event definition.
#[derive(Clone, Copy)]
pub(crate) struct EventDefinition<'a> {
    /// What it is, such as `timer`.
    pub(crate) kind: &'a str,
    pub(crate) node: Node<'a>,
    /// The event.
    pub(crate) owner: Node<'a>,
}

impl EventDefinition<'_> {
    /// What a person calls an event of this kind: "a timer event", "an error event".
    pub(crate) fn label(&self) -> String {
        let kind = if self.kind == "compensate" { "compensation" } else { self.kind };
        let article = if kind.starts_with(['e', 'i']) { "an" } else { "a" };
        format!("{article} {kind} event")
    }
}

/// Whether a child element of this name says what an event is about.
pub(crate) fn is_definition(name: &str) -> bool {
    kind(name).is_some() || name == REFERENCE
}

/// Whether `owner` says what it is about.
pub(crate) fn has_definition(owner: Node<'_>) -> bool {
    owner.bpmn_children().any(|(name, _)| is_definition(name))
}

/// The definitions of `owner`, in the model's order.
pub(crate) fn event_definitions<'a>(
    reading: &mut Reading<'_>,
    shared: &Definitions<'a>,
    owner: Node<'a>,
) -> Result<Vec<EventDefinition<'a>>, Reported> {
    let mut found = Vec::new();
    for (name, node) in owner.bpmn_children() {
        if !is_definition(name) {
            continue;
        }
        match resolved(name, node, shared) {
            Some((kind, node)) => found.push(EventDefinition { kind, node, owner }),
            None => {
                let reference = SourceText::of_content(node);
                let message = format!(
                    "{} refers to the event definition `{}`, which does not exist",
                    describe(owner),
                    reference.as_str()
                );
                return Err(reading.findings.error(rule::EVENT_DEFINITION, reference.place(), message));
            }
        }
    }
    Ok(found)
}

/// Whether `owner` sends a message.
pub(crate) fn is_message(owner: Node<'_>, shared: &Definitions<'_>) -> bool {
    has(owner, shared, "message")
}

/// Whether `owner` is about compensation.
pub(crate) fn is_for_compensation(owner: Node<'_>, shared: &Definitions<'_>) -> bool {
    has(owner, shared, "compensate")
}

/// The name of the link of `owner`.
pub(crate) fn link_name<'a>(owner: Node<'a>, shared: &Definitions<'a>) -> Option<&'a str> {
    kinds(owner, shared).find(|(kind, _)| *kind == "link").and_then(|(_, node)| node.value("name"))
}

fn has(owner: Node<'_>, shared: &Definitions<'_>, wanted: &str) -> bool {
    kinds(owner, shared).any(|(kind, _)| kind == wanted)
}

/// The definitions of `owner` that there are.
fn kinds<'a>(owner: Node<'a>, shared: &Definitions<'a>) -> impl Iterator<Item = (&'a str, Node<'a>)> {
    owner.bpmn_children().filter_map(|(name, node)| resolved(name, node, shared))
}

fn resolved<'a>(name: &'a str, node: Node<'a>, shared: &Definitions<'a>) -> Option<(&'a str, Node<'a>)> {
    if name == REFERENCE {
        let (name, node) = shared.get(SourceText::of_content(node).as_str())?;
        return kind(name).map(|kind| (kind, node));
    }
    kind(name).map(|kind| (kind, node))
}

fn kind(name: &str) -> Option<&str> {
    name.strip_suffix("EventDefinition")
}
