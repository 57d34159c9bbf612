//! Elements that no token can reach.

use crate::model::{Element, ElementIndex, ElementKind, SubProcess, Thrown};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

/// Warns of elements that cannot be reached from where their scope begins.
///
/// What lies in an unreachable sub-process, or in one that begins nowhere, is not listed.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    let (reached, begins) = (reached(outline, elements), begins(outline));
    for (index, node) in outline.indices().skip(1) {
        let scope = node.parent.0 as usize;
        let scope_is_entered = reached[scope] && begins[scope];
        // Those for compensation that lead nowhere are warned of by themselves.
        let is_attached = node
            .attached_to
            .is_some_and(|activity| activity.is_ok_and(|activity| reached[activity.0 as usize]));
        if scope_is_entered && !is_attached && !reached[index.0 as usize] {
            let message = if node.is_for_compensation {
                format!("{} undoes nothing: no compensation boundary event leads to it", describe(node.node))
            } else {
                format!("{} cannot be reached from the start event", describe(node.node))
            };
            reading.findings.warning(rule::UNREACHABLE_ELEMENT, node.node.place(), message);
        }
    }
}

/// Whether each scope begins anywhere.
fn begins(outline: &Outline<'_>) -> Vec<bool> {
    let mut begins: Vec<_> = outline
        .nodes
        .iter()
        .map(|node| !node.start_events.is_empty() || node.element_type == ElementType::AdHocSubProcess)
        .collect();
    for index in instantiating(outline) {
        begins[outline.node(index).parent.0 as usize] = true;
    }
    begins
}

/// The receive tasks and event-based gateways that start an instance.
fn instantiating(outline: &Outline<'_>) -> impl Iterator<Item = ElementIndex> {
    outline.indices().filter(|(_, node)| node.instantiates()).map(|(index, _)| index)
}

fn reached(outline: &Outline<'_>, elements: &[Element]) -> Vec<bool> {
    let mut reached = vec![false; outline.nodes.len()];
    let mut open = vec![ElementIndex::PROCESS];
    open.extend(instantiating(outline));
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut reached[index.0 as usize], true) {
            continue;
        }
        let (node, element) = (outline.node(index), &elements[index.0 as usize]);
        open.extend(&node.boundary_events);
        open.extend(node.outgoing.iter().filter_map(|flow| outline.flow(*flow).target.ok()));
        open.extend(&node.start_events);
        open.extend(&node.event_sub_processes);
        open.extend(
            element.compensation.iter().flat_map(|compensation| [compensation.event, compensation.handler]),
        );
        match &element.kind {
            ElementKind::SubProcess(SubProcess::AdHoc(ad_hoc)) => open.extend(&ad_hoc.activities),
            ElementKind::ThrowEvent(event) => {
                open.extend(event.throws.iter().filter_map(|thrown| match thrown {
                    Thrown::Link { target } => Some(*target),
                    _ => None,
                }))
            }
            _ => {}
        }
    }
    reached
}
