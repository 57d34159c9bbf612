//! Where sequence flows may not begin or end.

use fermata_xml::Rule;

use crate::model::FlowIndex;
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Checks the ends of all flows.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    for node in &outline.nodes {
        if let Some(rule) = not_entered_by_flow(node.element_type) {
            refuse(reading, outline, &node.incoming, End::Target, rule);
        }
        if let Some(rule) = not_left_by_flow(node.element_type) {
            refuse(reading, outline, &node.outgoing, End::Source, rule);
        }
        if node.is_for_compensation {
            refuse(reading, outline, &node.incoming, End::Target, rule::COMPENSATION_HANDLER);
            refuse(reading, outline, &node.outgoing, End::Source, rule::COMPENSATION_HANDLER);
        }
        if node.is_link_target {
            refuse(reading, outline, &node.incoming, End::Target, rule::LINK_EVENT);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Source,
    Target,
}

fn not_entered_by_flow(element_type: ElementType) -> Option<Rule> {
    match element_type {
        ElementType::StartEvent => Some(rule::START_EVENT_INCOMING),
        ElementType::BoundaryEvent => Some(rule::BOUNDARY_INCOMING),
        ElementType::EventSubProcess => Some(rule::EVENT_SUB_PROCESS_FLOW),
        _ => None,
    }
}

fn not_left_by_flow(element_type: ElementType) -> Option<Rule> {
    match element_type {
        ElementType::EndEvent => Some(rule::END_EVENT_OUTGOING),
        ElementType::EventSubProcess => Some(rule::EVENT_SUB_PROCESS_FLOW),
        _ => None,
    }
}

fn refuse(reading: &mut Reading<'_>, outline: &Outline<'_>, flows: &[FlowIndex], end: End, rule: Rule) {
    for flow in flows {
        let flow = outline.flow(*flow);
        let (node, verb, attribute) = match end {
            End::Source => (flow.source, "begins", "sourceRef"),
            End::Target => (flow.target, "ends", "targetRef"),
        };
        let Ok(node) = node else { continue };
        let message = format!("{} {verb} at {}", describe(flow.node), describe(outline.node(node).node));
        let _ = reading.findings.refuse(rule, flow.node.attribute_place(attribute), message);
    }
}
