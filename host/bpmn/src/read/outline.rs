//! The first look at a process: which elements there are, what refers to what, and what is refused.

use std::collections::HashMap;

use crate::findings::Reported;
use crate::model::{ElementIndex, FlowIndex};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, Node, NodeExt, describe, is_true, unsupported_flow_node};

/// A process's elements and flows, with their indices in the process that is read from it.
pub(crate) struct Outline<'a> {
    /// The process, then its flow nodes in document order.
    pub(crate) nodes: Vec<FlowNode<'a>>,
    /// Sequence flows in document order.
    pub(crate) flows: Vec<Flow<'a>>,
    entries: HashMap<&'a str, Entry>,
}

/// A flow node, or the process itself.
pub(crate) struct FlowNode<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) element_type: ElementType,
    pub(crate) id: &'a str,
    pub(crate) parent: ElementIndex,
    pub(crate) incoming: Vec<FlowIndex>,
    pub(crate) outgoing: Vec<FlowIndex>,
    pub(crate) boundary_events: Vec<ElementIndex>,
    /// Start events directly in this scope; none in what is no scope.
    pub(crate) start_events: Vec<ElementIndex>,
    /// The activity that a boundary event is attached to; `None` for all else.
    pub(crate) attached_to: Option<Result<ElementIndex, Reported>>,
}

/// A sequence flow.
pub(crate) struct Flow<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) id: &'a str,
    pub(crate) source: Result<ElementIndex, Reported>,
    pub(crate) target: Result<ElementIndex, Reported>,
    scope: ElementIndex,
}

impl<'a> Flow<'a> {
    /// The flow's `conditionExpression`.
    pub(crate) fn condition(&self) -> Option<Node<'a>> {
        self.node.bpmn_children().find(|(name, _)| *name == "conditionExpression").map(|(_, node)| node)
    }
}

#[derive(Clone, Copy)]
enum Entry {
    Element(ElementIndex),
    Flow(FlowIndex),
    Refused(Reported),
}

/// Children of a scope or flow node that describe or draw and execute nothing.
const PASSIVE: [&str; 31] = [
    "artifact",
    "association",
    "auditing",
    "categoryValueRef",
    "correlationSubscription",
    "dataInput",
    "dataInputAssociation",
    "dataObject",
    "dataObjectReference",
    "dataOutput",
    "dataOutputAssociation",
    "dataStoreReference",
    "documentation",
    "extensionElements",
    "group",
    "humanPerformer",
    "incoming",
    "inputSet",
    "ioSpecification",
    "laneSet",
    "monitoring",
    "outgoing",
    "outputSet",
    "performer",
    "potentialOwner",
    "property",
    "rendering",
    "resourceRole",
    "supportedInterfaceRef",
    "supports",
    "textAnnotation",
];

impl<'a> Outline<'a> {
    /// The outline of `process`, whose id is `id`.
    pub(crate) fn read(reading: &mut Reading<'_>, process: Node<'a>, id: &'a str) -> Self {
        let mut outline = Self { nodes: Vec::new(), flows: Vec::new(), entries: HashMap::new() };
        outline.add(process, ElementType::Process, id, ElementIndex::PROCESS);
        outline.scope(reading, process, ElementIndex::PROCESS);
        outline.connect_flows(reading);
        outline.attach_boundary_events(reading);
        outline
    }

    /// The flow node at `index`, or the process.
    pub(crate) fn node(&self, index: ElementIndex) -> &FlowNode<'a> {
        &self.nodes[index.0 as usize]
    }

    /// The sequence flow at `index`.
    pub(crate) fn flow(&self, index: FlowIndex) -> &Flow<'a> {
        &self.flows[index.0 as usize]
    }

    /// The sequence flow with this id.
    pub(crate) fn flow_by_id(&self, id: &str) -> Option<FlowIndex> {
        match self.entries.get(id) {
            Some(Entry::Flow(index)) => Some(*index),
            _ => None,
        }
    }

    /// The process and all flow nodes.
    pub(crate) fn indices(&self) -> impl Iterator<Item = (ElementIndex, &FlowNode<'a>)> {
        self.nodes.iter().enumerate().map(|(index, node)| (ElementIndex(index as u32), node))
    }

    fn scope(&mut self, reading: &mut Reading<'_>, scope: Node<'a>, index: ElementIndex) {
        for (name, node) in scope.bpmn_children() {
            if name == "sequenceFlow" {
                self.add_flow(reading, node, index);
            } else if let Some(element_type) = ElementType::from_name(name) {
                self.flow_node(reading, node, element_type, index);
            } else if !PASSIVE.contains(&name) && loop_marker(name).is_none() {
                let reported = refuse(reading, name, node);
                self.refused(node, reported);
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
        if element_type == ElementType::SubProcess && is_true(node, "triggeredByEvent") {
            let reported = unsupported(reading, node, &describe(node), "use boundary events");
            return self.refused(node, reported);
        }
        if is_true(node, "isForCompensation") {
            let what = format!("compensation by {}", describe(node));
            let instead = "undo the work in tasks behind an error boundary event";
            let reported = unsupported(reading, node, &what, instead);
            return self.refused(node, reported);
        }
        check_parts(reading, node, element_type);
        let index = self.add(node, element_type, id, scope);
        if element_type == ElementType::SubProcess {
            self.scope(reading, node, index);
        }
    }

    fn add(
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
            start_events: Vec::new(),
            attached_to: None,
        });
        if element_type == ElementType::StartEvent {
            self.nodes[parent.0 as usize].start_events.push(index);
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

    fn connect_flows(&mut self, reading: &mut Reading<'_>) {
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

    fn attach_boundary_events(&mut self, reading: &mut Reading<'_>) {
        for index in 0..self.nodes.len() {
            if self.nodes[index].element_type == ElementType::BoundaryEvent {
                let attached_to = self.activity_of(reading, index);
                if let Ok(activity) = attached_to {
                    self.nodes[activity.0 as usize].boundary_events.push(ElementIndex(index as u32));
                }
                self.nodes[index].attached_to = Some(attached_to);
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

/// Refuses an element that would change what happens.
pub(crate) fn unsupported(reading: &mut Reading<'_>, node: Node<'_>, what: &str, instead: &str) -> Reported {
    let message = format!("{what} is not supported: {instead}");
    reading.findings.error(rule::UNSUPPORTED_ELEMENT, node.place(), message)
}

/// Refuses a part of an element that would change what the element does. Without the part the element can be run.
pub(crate) fn unsupported_part(reading: &mut Reading<'_>, part: Node<'_>, what: &str, instead: &str) {
    let message = format!("{what} is not supported: {instead}");
    let _ = reading.findings.refuse(rule::UNSUPPORTED_ELEMENT, part.place(), message);
}

fn refuse(reading: &mut Reading<'_>, name: &str, node: Node<'_>) -> Reported {
    let instead = unsupported_flow_node(name).map_or("remove it", |(_, instead)| instead);
    unsupported(reading, node, &describe(node), instead)
}

fn missing_id(reading: &mut Reading<'_>, node: Node<'_>) {
    let message = format!("{} has no id", describe(node));
    let _ = reading.findings.error(rule::MISSING_ID, node.place(), message);
}

/// Refuses parts of a flow node that would change what it does.
fn check_parts(reading: &mut Reading<'_>, node: Node<'_>, element_type: ElementType) {
    for (name, part) in node.bpmn_children() {
        if let Some(marker) = loop_marker(name) {
            let what = format!("the {marker} marker of {}", describe(node));
            unsupported_part(reading, part, &what, "remove it, or draw a loop with an exclusive gateway");
        } else if !is_known_part(name, element_type) {
            unsupported_part(reading, part, &format!("`{name}` in {}", describe(node)), "remove it");
        }
    }
}

fn is_known_part(name: &str, element_type: ElementType) -> bool {
    PASSIVE.contains(&name)
        || match element_type {
            // The children of a sub-process are elements of their own.
            ElementType::SubProcess => true,
            ElementType::ScriptTask => name == "script",
            ElementType::StartEvent
            | ElementType::EndEvent
            | ElementType::IntermediateThrowEvent
            | ElementType::IntermediateCatchEvent
            | ElementType::BoundaryEvent => super::event::is_definition(name),
            _ => false,
        }
}

fn loop_marker(name: &str) -> Option<&'static str> {
    match name {
        "multiInstanceLoopCharacteristics" => Some("multi-instance"),
        "standardLoopCharacteristics" => Some("loop"),
        _ => None,
    }
}
