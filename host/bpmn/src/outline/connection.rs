//! What flows connect, and what boundary events are attached to.

use super::{Definitions, Entry, FlowNode, Outline, event_definition};
use crate::findings::Reported;
use crate::model::{ElementIndex, FlowIndex};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, Node, NodeExt, describe};

impl<'a> Outline<'a> {
    /// Finds the ends of all flows.
    pub(super) fn connect_flows(&mut self, reading: &mut Reading<'_>) {
        for index in 0..self.flows.len() {
            let (node, scope) = (self.flows[index].node, self.flows[index].scope);
            let source = self.end_of_flow(reading, node, scope, "sourceRef", "begins");
            let target = self.end_of_flow(reading, node, scope, "targetRef", "ends");
            if let Ok(source) = source {
                self.nodes[source.0 as usize].outgoing.push(FlowIndex(index as u32));
            }
            if let Ok(target) = target {
                self.nodes[target.0 as usize].incoming.push(FlowIndex(index as u32));
            }
            (self.flows[index].source, self.flows[index].target) = (source, target);
        }
    }

    fn end_of_flow(
        &self,
        reading: &mut Reading<'_>,
        flow: Node<'a>,
        scope: ElementIndex,
        attribute: &str,
        verb: &str,
    ) -> Result<ElementIndex, Reported> {
        let place = flow.attribute_place(attribute);
        let Some(id) = flow.value(attribute) else {
            let message = format!("{} {verb} nowhere: `{attribute}` is missing", describe(flow));
            return Err(reading.findings.error(rule::FLOW_REFERENCE, place, message));
        };
        match self.entries.get(id) {
            Some(Entry::Element(index)) if *index != ElementIndex::PROCESS => {
                if self.node(*index).parent == scope {
                    return Ok(*index);
                }
                let message = format!("{} {verb} at `{id}`, in another scope", describe(flow));
                Err(reading.findings.error(rule::FLOW_SCOPE, place, message))
            }
            Some(Entry::Refused(reported)) => Err(*reported),
            _ => {
                let message =
                    format!("{} {verb} at `{id}`, which is no flow node of this process", describe(flow));
                Err(reading.findings.error(rule::FLOW_REFERENCE, place, message))
            }
        }
    }

    /// Finds the activities of all boundary events.
    pub(super) fn attach_boundary_events(
        &mut self,
        reading: &mut Reading<'_>,
        definitions: &Definitions<'a>,
    ) {
        for index in 0..self.nodes.len() {
            if self.nodes[index].element_type != ElementType::BoundaryEvent {
                continue;
            }
            let attached_to = self.activity_of(reading, index);
            self.nodes[index].attached_to = Some(attached_to);
            let Ok(activity) = attached_to else { continue };
            let event = ElementIndex(index as u32);
            if event_definition::is_for_compensation(self.node(event).node, definitions) {
                self.compensate(reading, activity, event);
            } else {
                self.nodes[activity.0 as usize].boundary_events.push(event);
            }
        }
    }

    fn activity_of(&self, reading: &mut Reading<'_>, index: usize) -> Result<ElementIndex, Reported> {
        const ATTRIBUTE: &str = "attachedToRef";
        let FlowNode { node, parent, .. } = self.nodes[index];
        let mut refuse = |reason: String| {
            let message = format!("{} {reason}", describe(node));
            Err(reading.findings.error(rule::BOUNDARY_ATTACHMENT, node.attribute_place(ATTRIBUTE), message))
        };
        let Some(id) = node.value(ATTRIBUTE) else {
            return refuse("is attached to nothing: `attachedToRef` is missing".to_owned());
        };
        match self.entries.get(id) {
            Some(Entry::Element(activity)) if self.node(*activity).element_type.is_activity() => {
                if self.node(*activity).parent == parent {
                    return Ok(*activity);
                }
                refuse(format!("is attached to `{id}`, in another scope"))
            }
            Some(Entry::Element(other)) if *other != ElementIndex::PROCESS => {
                refuse(format!("is attached to {}, which is no activity", describe(self.node(*other).node)))
            }
            Some(Entry::Refused(reported)) => Err(*reported),
            _ => refuse(format!("is attached to `{id}`, which is no activity of this process")),
        }
    }
}
