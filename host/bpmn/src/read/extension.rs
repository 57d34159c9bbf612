//! `bpmn:extensionElements`: what Zeebe's extensions say about an element.

use std::collections::HashSet;

use super::outline::unsupported_part;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, Node, NodeExt, describe};

/// Properties describe and have no effect, but for one.
const PROPERTIES: &str = "properties";

/// The property that makes an event that of an inbound connector.
const INBOUND_TYPE: &str = "inbound.type";

/// The extensions of one element that have an effect on it.
pub(crate) struct Extensions<'a> {
    elements: Vec<(&'a str, Node<'a>)>,
    ignored: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Extensions<'a> {
    /// Reads the extensions of `owner`. Those that would change what happens and are not supported are refused.
    pub(crate) fn read(reading: &mut Reading<'_>, owner: Node<'a>, element_type: ElementType) -> Self {
        let mut elements: Vec<(&'a str, Node<'a>)> = Vec::new();
        let mut ignored = Vec::new();
        let mut seen = HashSet::new();
        let blocks = owner.bpmn_children().filter(|(name, _)| *name == "extensionElements");
        for (name, node) in blocks.flat_map(|(_, block)| block.zeebe_children()) {
            if known(element_type).contains(&name) {
                if seen.insert(name) || name == "userTaskForm" {
                    elements.push((name, node));
                } else {
                    let message = format!("{} has `zeebe:{name}` twice: remove one", describe(owner));
                    let _ = reading.findings.refuse(rule::DUPLICATE_EXTENSION, node.place(), message);
                }
            } else if let Some((what, instead)) = refused(name) {
                if node.has_children() {
                    unsupported_part(reading, node, &format!("{what} of {}", describe(owner)), instead);
                }
            } else if name == PROPERTIES {
                refuse_inbound_connector(reading, owner, node, element_type);
            } else {
                ignored.push((name, node));
            }
        }
        Self { elements, ignored }
    }

    /// Warns of extensions that have no effect on such an element.
    pub(crate) fn warn_of_ignored(&self, reading: &mut Reading<'_>) {
        for (name, node) in &self.ignored {
            let message = format!("`zeebe:{name}` has no effect on {}", describe(*node));
            reading.findings.warning(rule::IGNORED_EXTENSION, node.place(), message);
        }
    }

    /// The extension with this name.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.all(name).next()
    }

    /// All extensions with this name.
    pub(crate) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Node<'a>> + use<'_, 'a, 'n> {
        self.elements.iter().filter(move |(other, _)| *other == name).map(|(_, node)| *node)
    }
}

fn known(element_type: ElementType) -> &'static [&'static str] {
    match element_type {
        ElementType::Process => &["versionTag", "userTaskForm"],
        ElementType::StartEvent
        | ElementType::EndEvent
        | ElementType::IntermediateThrowEvent
        | ElementType::IntermediateCatchEvent
        | ElementType::BoundaryEvent
        | ElementType::ManualTask
        | ElementType::UndefinedTask
        | ElementType::SubProcess => &["ioMapping"],
        ElementType::ServiceTask | ElementType::SendTask => &["ioMapping", "taskDefinition", "taskHeaders"],
        ElementType::ScriptTask => &["ioMapping", "taskDefinition", "taskHeaders", "script"],
        ElementType::UserTask => &[
            "ioMapping",
            // Known, and without effect: who works on a user task is not said by a job type.
            "taskDefinition",
            "taskHeaders",
            "userTask",
            "formDefinition",
            "assignmentDefinition",
            "taskSchedule",
            "priorityDefinition",
        ],
        ElementType::ExclusiveGateway | ElementType::ParallelGateway => &[],
    }
}

/// Extensions that would change what any element does.
fn refused(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "executionListeners" => ("an execution listener", "use a service task before or after"),
        "taskListeners" => ("a task listener", "use a service task before or after"),
        "linkedResources" => ("a linked resource", "pass what the worker needs as variable or task header"),
        _ => return None,
    })
}

/// Refuses what makes an event wait for somebody else's message: nothing here would ever deliver one.
fn refuse_inbound_connector(
    reading: &mut Reading<'_>,
    owner: Node<'_>,
    properties: Node<'_>,
    element_type: ElementType,
) {
    let inbound = properties
        .zeebe_children()
        .find(|(name, node)| *name == "property" && node.value("name") == Some(INBOUND_TYPE));
    let Some((_, property)) = inbound else { return };
    let connector = property.value("value").unwrap_or_default();
    let what = format!("the inbound connector `{connector}` of {}", describe(owner));
    let instead = match element_type {
        ElementType::StartEvent => "start the process through the API",
        _ => "use a task whose worker waits",
    };
    unsupported_part(reading, property, &what, instead);
}
