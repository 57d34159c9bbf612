//! What boundary events are attached to, and where they lead.

use crate::model::{BoundaryEvent, Catch, Element, ElementIndex, ElementKind, SubProcess, Trigger};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// Checks all boundary events.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    for (index, event) in (0_u32..).zip(elements) {
        let ElementKind::BoundaryEvent(BoundaryEvent { attached_to, catch, .. }) = &event.kind else {
            continue;
        };
        let node = outline.node(ElementIndex(index)).node;
        let activity = &elements[attached_to.0 as usize];
        if is_for_compensation(catch) {
            for flow in &event.outgoing {
                let flow = outline.flow(*flow).node;
                let message = format!(
                    "{} begins at {}: what undoes the work is associated with it",
                    describe(flow),
                    describe(node)
                );
                let _ = reading.findings.refuse(
                    rule::BOUNDARY_OUTGOING,
                    flow.attribute_place("sourceRef"),
                    message,
                );
            }
        } else if event.outgoing.is_empty() {
            let message = format!("{} leads nowhere: its path ends when it happens", describe(node));
            reading.findings.warning(rule::BOUNDARY_OUTGOING, node.place(), message);
        }
        let is_transaction = matches!(activity.kind, ElementKind::SubProcess(SubProcess::Transaction));
        if !is_transaction && has(catch, |trigger| matches!(trigger, Trigger::Cancel)) {
            let message =
                format!("{} catches that a transaction is cancelled, and is on none", describe(node));
            let _ =
                reading.findings.refuse(rule::CANCEL_EVENT, node.attribute_place("attachedToRef"), message);
        }
        let has_inside = matches!(activity.kind, ElementKind::SubProcess(_) | ElementKind::CallActivity(_));
        if !has_inside && has(catch, |trigger| matches!(trigger, Trigger::Escalation { .. })) {
            let message = format!(
                "{} catches an escalation, and nothing in `{}` can throw one",
                describe(node),
                activity.id
            );
            let place = node.attribute_place("attachedToRef");
            reading.findings.warning(rule::ESCALATION_ATTACHMENT, place, message);
        }
    }
}

fn is_for_compensation(catch: &Catch) -> bool {
    has(catch, |trigger| matches!(trigger, Trigger::Compensation))
}

fn has(catch: &Catch, is_wanted: impl Fn(&Trigger) -> bool) -> bool {
    catch.triggers.iter().any(is_wanted)
}
