//! Which flows need a condition, and which may have one.

use crate::read::{FlowNode, Outline};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Checks conditions and defaults of all flows.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    for node in &outline.nodes {
        if node.element_type == ElementType::ExclusiveGateway {
            exclusive(reading, outline, node);
        } else {
            unconditional(reading, outline, node);
        }
    }
}

fn exclusive(reading: &mut Reading<'_>, outline: &Outline<'_>, gateway: &FlowNode<'_>) {
    let default = gateway.node.value("default");
    for index in &gateway.outgoing {
        let flow = outline.flow(*index);
        match flow.condition() {
            Some(condition) if default == Some(flow.id) => {
                let message =
                    format!("{} is the default and has a condition: remove one", describe(flow.node));
                let _ = reading.findings.refuse(rule::CONDITION_MISPLACED, condition.place(), message);
            }
            None if default != Some(flow.id) && gateway.outgoing.len() > 1 => {
                let owner = describe(gateway.node);
                let message = format!(
                    "{} leaves {owner} without a condition, and is not its default",
                    describe(flow.node)
                );
                let _ = reading.findings.refuse(rule::CONDITION_MISSING, flow.node.place(), message);
            }
            _ => {}
        }
    }
}

fn unconditional(reading: &mut Reading<'_>, outline: &Outline<'_>, node: &FlowNode<'_>) {
    if node.node.value("default").is_some() {
        let message = format!("{} has a default flow: only exclusive gateways choose", describe(node.node));
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
