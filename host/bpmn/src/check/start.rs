//! Where scopes begin and paths end.

use crate::read::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Checks that each scope has one start event, and the flows at start and end events.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    for scope in &outline.nodes {
        if scope.start_events.is_empty() && scope.element_type.is_scope() {
            let message = format!("{} has no start event", describe(scope.node));
            let _ = reading.findings.refuse(rule::START_EVENT, scope.node.place(), message);
        }
        for second in scope.start_events.iter().skip(1) {
            let second = outline.node(*second).node;
            let message = format!("{} is a second start event of {}", describe(second), describe(scope.node));
            let _ = reading.findings.refuse(rule::START_EVENT, second.place(), message);
        }
    }
    for node in &outline.nodes {
        match node.element_type {
            ElementType::StartEvent => {
                for flow in &node.incoming {
                    let flow = outline.flow(*flow).node;
                    let message = format!("{} ends at {}", describe(flow), describe(node.node));
                    let _ = reading.findings.refuse(
                        rule::START_EVENT_INCOMING,
                        flow.attribute_place("targetRef"),
                        message,
                    );
                }
            }
            ElementType::EndEvent => {
                for flow in &node.outgoing {
                    let flow = outline.flow(*flow).node;
                    let message = format!("{} begins at {}", describe(flow), describe(node.node));
                    let place = flow.attribute_place("sourceRef");
                    let _ = reading.findings.refuse(rule::END_EVENT_OUTGOING, place, message);
                }
            }
            _ => {}
        }
    }
}
