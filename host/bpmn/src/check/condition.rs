//! Which flows need a condition, and which may have one.

use crate::outline::{FlowNode, Outline};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Checks conditions and defaults of all flows.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    for node in &outline.nodes {
        match node.element_type {
            ElementType::ExclusiveGateway | ElementType::InclusiveGateway => {
                default_without_condition(reading, outline, node);
                conditions(reading, outline, node);
            }
            ElementType::ComplexGateway => default_without_condition(reading, outline, node),
            element_type if element_type.is_activity() => default_without_condition(reading, outline, node),
            _ => unconditional(reading, outline, node),
        }
    }
}

/// Checks that the default flow has no condition.
fn default_without_condition(reading: &mut Reading<'_>, outline: &Outline<'_>, node: &FlowNode<'_>) {
    let default = node.node.value("default");
    for index in &node.outgoing {
        let flow = outline.flow(*index);
        if let Some(condition) = flow.condition().filter(|_| default == Some(flow.id)) {
            let message = format!("{} is the default and has a condition: remove one", describe(flow.node));
            let _ = reading.findings.refuse(rule::CONDITION_MISPLACED, condition.place(), message);
        }
    }
}

/// Checks that each flow of a gateway that chooses has a condition, but for the default.
fn conditions(reading: &mut Reading<'_>, outline: &Outline<'_>, gateway: &FlowNode<'_>) {
    let default = gateway.node.value("default");
    for index in &gateway.outgoing {
        let flow = outline.flow(*index);
        if flow.condition().is_none() && default != Some(flow.id) && gateway.outgoing.len() > 1 {
            let owner = describe(gateway.node);
            let message =
                format!("{} leaves {owner} without a condition, and is not its default", describe(flow.node));
            let _ = reading.findings.refuse(rule::CONDITION_MISSING, flow.node.place(), message);
        }
    }
}

fn unconditional(reading: &mut Reading<'_>, outline: &Outline<'_>, node: &FlowNode<'_>) {
    if node.node.value("default").is_some() {
        let message =
            format!("{} has a default flow: only gateways and activities choose", describe(node.node));
        let place = node.node.attribute_place("default");
        let _ = reading.findings.refuse(rule::CONDITION_MISPLACED, place, message);
    }
    for index in &node.outgoing {
        let flow = outline.flow(*index);
        if let Some(condition) = flow.condition() {
            let owner = describe(node.node);
            let message = format!(
                "{} has a condition and leaves {owner}: put an exclusive gateway between",
                describe(flow.node)
            );
            let _ = reading.findings.refuse(rule::CONDITION_MISPLACED, condition.place(), message);
        }
    }
}
