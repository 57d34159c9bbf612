//! What ad-hoc and event sub-processes may hold, and where.

use crate::model::{Element, ElementIndex, ElementKind, SubProcess, Trigger};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// Checks what is directly in ad-hoc sub-processes, and the starts of event sub-processes.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    for (index, element) in (0_u32..).zip(elements) {
        let index = ElementIndex(index);
        let ElementKind::SubProcess(parent) = &elements[element.parent.0 as usize].kind else { continue };
        match (parent, &element.kind) {
            (SubProcess::AdHoc(_), ElementKind::StartEvent(_) | ElementKind::EndEvent(_)) => {
                let node = outline.node(index).node;
                let message = format!("{} is directly in an ad-hoc sub-process: remove it", describe(node));
                let _ = reading.findings.refuse(rule::AD_HOC_SUB_PROCESS, node.place(), message);
            }
            (SubProcess::Event, ElementKind::StartEvent(_)) => start(reading, outline, elements, index),
            _ => {}
        }
    }
}

/// Checks the start event of an event sub-process against what is around it.
fn start(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element], index: ElementIndex) {
    let element = &elements[index.0 as usize];
    let ElementKind::StartEvent(start) = &element.kind else { return };
    let node = outline.node(index).node;
    let around = elements[element.parent.0 as usize].parent;
    let is_for_compensation =
        start.catch.triggers.iter().any(|trigger| matches!(trigger, Trigger::Compensation));
    if is_for_compensation && around == ElementIndex::PROCESS {
        let message = format!("{} undoes the whole process, which nothing asks for", describe(node));
        let _ = reading.findings.refuse(rule::EVENT_POSITION, node.place(), message);
    }
    let is_in_ad_hoc =
        matches!(elements[around.0 as usize].kind, ElementKind::SubProcess(SubProcess::AdHoc(_)));
    if is_in_ad_hoc && start.is_interrupting && !is_for_compensation {
        let message =
            format!("{} interrupts an ad-hoc sub-process: add `isInterrupting=\"false\"`", describe(node));
        let place = node.attribute_place("isInterrupting");
        let _ = reading.findings.refuse(rule::AD_HOC_SUB_PROCESS, place, message);
    }
}
