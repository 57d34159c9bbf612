//! Link throw events: a token goes on at the link catch event.

use crate::model::{Element, ElementKind, Thrown};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// Checks that no flow leaves a link throw event.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    for element in elements {
        let ElementKind::ThrowEvent(event) = &element.kind else { continue };
        if !event.throws.iter().any(|thrown| matches!(thrown, Thrown::Link { .. })) {
            continue;
        }
        for flow in &element.outgoing {
            let flow = outline.flow(*flow).node;
            let message = format!("{} begins at the link throw event `{}`", describe(flow), element.id);
            let _ = reading.findings.refuse(rule::LINK_EVENT, flow.attribute_place("sourceRef"), message);
        }
    }
}
