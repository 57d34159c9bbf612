//! Boundary events: their flows, and that no two catch the same.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{BoundaryEvent, BoundaryTrigger, Element, ElementKind};
use crate::read::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Checks that no flow ends at a boundary event.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    for node in outline.nodes.iter().filter(|node| node.element_type == ElementType::BoundaryEvent) {
        for flow in &node.incoming {
            let flow = outline.flow(*flow).node;
            let message = format!("{} ends at {}", describe(flow), describe(node.node));
            let place = flow.attribute_place("targetRef");
            let _ = reading.findings.refuse(rule::BOUNDARY_INCOMING, place, message);
        }
    }
}

/// Checks that boundary events lead somewhere, and that those of an activity catch different errors.
pub(super) fn check_elements(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    for activity in elements {
        let mut caught: HashMap<Option<Arc<str>>, &str> = HashMap::new();
        for index in &activity.boundary_events {
            let event = &elements[index.0 as usize];
            if event.outgoing.is_empty() {
                let node = outline.node(*index).node;
                let message = format!("{} leads nowhere: its path ends when it happens", describe(node));
                reading.findings.warning(rule::BOUNDARY_OUTGOING, node.place(), message);
            }
            let ElementKind::BoundaryEvent(BoundaryEvent {
                trigger: BoundaryTrigger::Error { code }, ..
            }) = &event.kind
            else {
                continue;
            };
            if let Some(first) = caught.insert(code.clone(), &event.id) {
                let node = outline.node(*index).node;
                let what = code
                    .as_ref()
                    .map_or_else(|| "every error".to_owned(), |code| format!("the error code `{code}`"));
                let message = format!("{} catches {what}, as `{first}` does", describe(node));
                let _ = reading.findings.refuse(rule::DUPLICATE_CATCH, node.place(), message);
            }
        }
    }
}
