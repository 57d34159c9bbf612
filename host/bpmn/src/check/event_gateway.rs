//! What is behind event-based gateways.

use crate::model::{Element, ElementIndex, ElementKind, Trigger};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// The fewest events behind a gateway: with one there is nothing to decide.
const EVENTS_MIN: usize = 2;

/// Checks all event-based gateways.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    for (index, element) in (0_u32..).zip(elements) {
        let ElementKind::EventBasedGateway(gateway) = &element.kind else { continue };
        let node = outline.node(ElementIndex(index)).node;
        let owner = describe(node);
        if gateway.events.len() < EVENTS_MIN {
            let message = format!("{owner} leads to fewer than {EVENTS_MIN} events");
            let _ = reading.findings.refuse(rule::EVENT_BASED_GATEWAY, node.place(), message);
        }
        for (flow, event) in element.outgoing.iter().zip(&gateway.events) {
            let target = &elements[event.0 as usize];
            let target_name = describe(outline.node(*event).node);
            let reason = if !waits(target) {
                "which waits for no message, timer, signal or condition"
            } else if target.incoming.len() > 1 {
                "which other flows lead to as well"
            } else if !target.boundary_events.is_empty() {
                "which has boundary events"
            } else if target.loop_characteristics.is_some() {
                "which is done several times"
            } else {
                continue;
            };
            let message = format!("{owner} leads to {target_name}, {reason}");
            let place = outline.flow(*flow).node.attribute_place("targetRef");
            let _ = reading.findings.refuse(rule::EVENT_BASED_GATEWAY, place, message);
        }
    }
}

fn waits(element: &Element) -> bool {
    match &element.kind {
        ElementKind::CatchEvent(catch) => catch.triggers.iter().all(Trigger::is_waited_for),
        ElementKind::ReceiveTask(_) => true,
        _ => false,
    }
}
