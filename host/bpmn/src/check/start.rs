//! Where scopes begin.

use crate::model::ElementIndex;
use crate::outline::{FlowNode, Outline, has_definition};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Checks the start events of each scope, and what starts an instance by itself.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    for (index, scope) in outline.indices() {
        match scope.element_type {
            ElementType::Process => process(reading, outline, scope),
            ElementType::EventSubProcess => event_sub_process(reading, outline, scope),
            ElementType::SubProcess | ElementType::Transaction => one(reading, outline, scope),
            _ => instantiating(reading, outline, index, scope),
        }
    }
}

fn process(reading: &mut Reading<'_>, outline: &Outline<'_>, process: &FlowNode<'_>) {
    let is_started_otherwise =
        outline.nodes.iter().any(|node| node.parent == ElementIndex::PROCESS && node.instantiates());
    if process.start_events.is_empty() && !is_started_otherwise {
        without_start(reading, process);
    }
    let nodes = process.start_events.iter().map(|start| outline.node(*start).node);
    for second in nodes.filter(|start| !has_definition(*start)).skip(1) {
        let what = describe(process.node);
        let message = format!("{} is a second start event without trigger of {what}", describe(second));
        let _ = reading.findings.refuse(rule::START_EVENT, second.place(), message);
    }
}

fn event_sub_process(reading: &mut Reading<'_>, outline: &Outline<'_>, scope: &FlowNode<'_>) {
    one(reading, outline, scope);
    let Some(start) = scope.start_events.first().map(|start| outline.node(*start).node) else { return };
    if !has_definition(start) {
        let message = format!("{} does not say what it waits for", describe(start));
        let _ = reading.findings.refuse(rule::START_EVENT, start.place(), message);
    }
}

/// Checks that a scope has one start event.
fn one(reading: &mut Reading<'_>, outline: &Outline<'_>, scope: &FlowNode<'_>) {
    if scope.start_events.is_empty() {
        without_start(reading, scope);
    }
    for second in scope.start_events.iter().skip(1) {
        let second = outline.node(*second).node;
        let message = format!("{} is a second start event of {}", describe(second), describe(scope.node));
        let _ = reading.findings.refuse(rule::START_EVENT, second.place(), message);
    }
}

fn without_start(reading: &mut Reading<'_>, scope: &FlowNode<'_>) {
    let message = format!("{} has no start event", describe(scope.node));
    let _ = reading.findings.refuse(rule::START_EVENT, scope.node.place(), message);
}

fn instantiating(reading: &mut Reading<'_>, outline: &Outline<'_>, index: ElementIndex, node: &FlowNode<'_>) {
    if !node.instantiates() {
        return;
    }
    let what = describe(node.node);
    if node.parent != ElementIndex::PROCESS {
        let message = format!("{what} starts an instance, and is not directly in the process");
        let _ = reading.findings.refuse(rule::INSTANTIATE, node.node.attribute_place("instantiate"), message);
    }
    for flow in &outline.node(index).incoming {
        let flow = outline.flow(*flow).node;
        let message = format!("{} ends at {what}, which starts an instance", describe(flow));
        let _ = reading.findings.refuse(rule::INSTANTIATE, flow.attribute_place("targetRef"), message);
    }
}
