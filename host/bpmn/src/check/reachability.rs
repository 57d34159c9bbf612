//! Elements that no token can reach.

use crate::model::ElementIndex;
use crate::read::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// Warns of elements that cannot be reached from their scope's start event.
///
/// What lies in an unreachable sub-process, or in one without start event, is not listed.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    let reached = reached(outline);
    for (index, node) in outline.indices().skip(1) {
        let scope_is_entered =
            reached[node.parent.0 as usize] && !outline.node(node.parent).start_events.is_empty();
        if scope_is_entered && !reached[index.0 as usize] {
            let message = format!("{} cannot be reached from the start event", describe(node.node));
            reading.findings.warning(rule::UNREACHABLE_ELEMENT, node.node.place(), message);
        }
    }
}

fn reached(outline: &Outline<'_>) -> Vec<bool> {
    let mut reached = vec![false; outline.nodes.len()];
    let mut open = vec![ElementIndex::PROCESS];
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut reached[index.0 as usize], true) {
            continue;
        }
        let node = outline.node(index);
        open.extend(&node.boundary_events);
        open.extend(node.outgoing.iter().filter_map(|flow| outline.flow(*flow).target.ok()));
        open.extend(&node.start_events);
    }
    reached
}
