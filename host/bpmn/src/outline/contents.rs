//! What is in a scope: flow nodes, sequence flows, associations, and what is refused.

use super::flow_node::FlowNode;
use super::refusal::unsupported;
use super::{Entry, Flow, Outline, part};
use crate::findings::Reported;
use crate::model::{ElementIndex, FlowIndex};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, Node, NodeExt, describe, is_part, is_true, unsupported_flow_node};

impl<'a> Outline<'a> {
    /// Notes what is in `scope`, which is at `index`, and in the scopes in it.
    pub(super) fn scope(&mut self, reading: &mut Reading<'_>, scope: Node<'a>, index: ElementIndex) {
        let scope_type = self.node(index).element_type;
        for (name, node) in scope.bpmn_children() {
            if name == "sequenceFlow" {
                self.add_flow(reading, node, index);
            } else if let Some(element_type) = ElementType::of(name, node) {
                self.flow_node(reading, node, element_type, index);
            } else if name == "association" {
                let source = node.value("sourceRef").unwrap_or_default();
                self.associations.entry(source).or_default().push(node);
            } else if !part::is_known(name, scope_type) {
                if is_part(name) {
                    part::refuse(reading, node, name);
                } else {
                    let reported = refuse(reading, node, name);
                    self.refused(node, reported);
                }
            }
        }
    }

    fn flow_node(
        &mut self,
        reading: &mut Reading<'_>,
        node: Node<'a>,
        element_type: ElementType,
        scope: ElementIndex,
    ) {
        let Some(id) = node.value("id") else {
            return missing_id(reading, node);
        };
        let index = self.add(node, element_type, id, scope);
        if element_type.is_scope() {
            self.scope(reading, node, index);
        } else {
            part::check(reading, node, element_type);
        }
    }

    /// Notes a flow node, or the process.
    pub(super) fn add(
        &mut self,
        node: Node<'a>,
        element_type: ElementType,
        id: &'a str,
        parent: ElementIndex,
    ) -> ElementIndex {
        let index = ElementIndex(self.nodes.len() as u32);
        self.nodes.push(FlowNode {
            node,
            element_type,
            id,
            parent,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            boundary_events: Vec::new(),
            children: Vec::new(),
            start_events: Vec::new(),
            event_sub_processes: Vec::new(),
            attached_to: None,
            compensation: None,
            is_for_compensation: element_type.is_activity() && is_true(node, "isForCompensation"),
            is_link_target: false,
        });
        let scope = &mut self.nodes[parent.0 as usize];
        if index != ElementIndex::PROCESS {
            scope.children.push(index);
        }
        match element_type {
            ElementType::StartEvent => scope.start_events.push(index),
            ElementType::EventSubProcess => scope.event_sub_processes.push(index),
            _ => {}
        }
        self.entries.entry(id).or_insert(Entry::Element(index));
        index
    }

    fn add_flow(&mut self, reading: &mut Reading<'_>, node: Node<'a>, scope: ElementIndex) {
        let Some(id) = node.value("id") else {
            return missing_id(reading, node);
        };
        let index = FlowIndex(self.flows.len() as u32);
        self.entries.entry(id).or_insert(Entry::Flow(index));
        self.flows.push(Flow { node, id, source: Ok(scope), target: Ok(scope), scope });
    }

    fn refused(&mut self, node: Node<'a>, reported: Reported) {
        if let Some(id) = node.value("id") {
            self.entries.entry(id).or_insert(Entry::Refused(reported));
        }
    }
}

fn refuse(reading: &mut Reading<'_>, node: Node<'_>, name: &str) -> Reported {
    let instead = unsupported_flow_node(name).map_or("remove it", |(_, instead)| instead);
    unsupported(reading, node, &describe(node), instead)
}

fn missing_id(reading: &mut Reading<'_>, node: Node<'_>) {
    let message = format!("{} has no id", describe(node));
    let _ = reading.findings.error(rule::MISSING_ID, node.place(), message);
}
