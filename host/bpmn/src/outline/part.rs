//! Parts of elements: those that describe, those that are read, and those that are refused.

use super::event_definition;
use super::refusal::unsupported_part;
use crate::reading::Reading;
use crate::xml::{ElementType, Node, NodeExt, describe};

/// Children of a scope or flow node that describe or draw and execute nothing.
const PASSIVE: [&str; 30] = [
    "artifact",
    "auditing",
    "categoryValueRef",
    "correlationSubscription",
    "dataInput",
    "dataInputAssociation",
    "dataObject",
    "dataObjectReference",
    "dataOutput",
    "dataOutputAssociation",
    "dataStoreReference",
    "documentation",
    "extensionElements",
    "group",
    "humanPerformer",
    "incoming",
    "inputSet",
    "ioSpecification",
    "laneSet",
    "monitoring",
    "outgoing",
    "outputSet",
    "performer",
    "potentialOwner",
    "property",
    "rendering",
    "resourceRole",
    "supportedInterfaceRef",
    "supports",
    "textAnnotation",
];

/// Refuses parts of a flow node that would change what it does.
pub(super) fn check(reading: &mut Reading<'_>, node: Node<'_>, element_type: ElementType) {
    for (name, part) in node.bpmn_children() {
        if !is_known(name, element_type) {
            refuse(reading, part, name);
        }
    }
}

/// Refuses one part.
pub(super) fn refuse(reading: &mut Reading<'_>, part: Node<'_>, name: &str) {
    unsupported_part(reading, part, &format!("`{name}` in {}", describe(part)), "remove it");
}

/// Whether a child element of this name, in such an element, is read or has no effect.
pub(super) fn is_known(name: &str, element_type: ElementType) -> bool {
    if PASSIVE.contains(&name) || name == "association" {
        return true;
    }
    match name {
        "multiInstanceLoopCharacteristics" | "standardLoopCharacteristics" => element_type.is_activity(),
        "completionCondition" => element_type == ElementType::AdHocSubProcess,
        "activationCondition" => element_type == ElementType::ComplexGateway,
        "script" => element_type == ElementType::ScriptTask,
        _ => element_type.is_event() && event_definition::is_definition(name),
    }
}
