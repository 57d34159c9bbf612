//! Link events: where a throw event leads.

use super::{Definitions, FlowNode, Outline, event_definition};
use crate::model::ElementIndex;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, NodeExt, describe};

impl<'a> Outline<'a> {
    /// Finds the link catch event of each name in each scope.
    pub(super) fn find_link_catch_events(
        &mut self,
        reading: &mut Reading<'_>,
        definitions: &Definitions<'a>,
    ) {
        for index in 0..self.nodes.len() {
            let FlowNode { node, element_type, parent, .. } = self.nodes[index];
            if element_type != ElementType::IntermediateCatchEvent {
                continue;
            }
            let Some(name) = event_definition::link_name(node, definitions) else { continue };
            self.nodes[index].is_link_target = true;
            let index = ElementIndex(index as u32);
            if let Some(first) = self.link_catch_events.get(&(parent, name)) {
                let first = self.node(*first).id;
                let message = format!(
                    "{} catches the link `{name}`, as `{first}` does: name them apart",
                    describe(node)
                );
                let _ = reading.findings.refuse(rule::LINK_EVENT, node.place(), message);
            } else {
                self.link_catch_events.insert((parent, name), index);
            }
        }
    }
}
