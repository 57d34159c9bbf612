//! The first look at a process: which elements there are, what refers to what, and what is refused.

mod compensation;
mod connection;
mod part;

use std::collections::HashMap;

use super::{Definitions, event};
use crate::findings::Reported;
use crate::model::{Compensation, ElementIndex, FlowIndex};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, Node, NodeExt, describe, is_part, is_true, unsupported_flow_node};

/// A process's elements and flows, with their indices in the process that is read from it.
pub(crate) struct Outline<'a> {
    /// The process, then its flow nodes in document order.
    pub(crate) nodes: Vec<FlowNode<'a>>,
    /// Sequence flows in document order.
    pub(crate) flows: Vec<Flow<'a>>,
    entries: HashMap<&'a str, Entry>,
    /// `bpmn:association` by the id that it begins at, in document order.
    associations: HashMap<&'a str, Vec<Node<'a>>>,
    /// The link catch event of each name in each scope.
    link_catch_events: HashMap<(ElementIndex, &'a str), ElementIndex>,
}

/// A flow node, or the process itself.
pub(crate) struct FlowNode<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) element_type: ElementType,
    pub(crate) id: &'a str,
    pub(crate) parent: ElementIndex,
    pub(crate) incoming: Vec<FlowIndex>,
    pub(crate) outgoing: Vec<FlowIndex>,
    /// Boundary events, but for those of compensation.
    pub(crate) boundary_events: Vec<ElementIndex>,
    /// All that is directly in this scope; nothing in what is no scope.
    pub(crate) children: Vec<ElementIndex>,
    /// Start events directly in this scope.
    pub(crate) start_events: Vec<ElementIndex>,
    /// Event sub-processes directly in this scope.
    pub(crate) event_sub_processes: Vec<ElementIndex>,
    /// The activity that a boundary event is attached to; `None` for all else.
    pub(crate) attached_to: Option<Result<ElementIndex, Reported>>,
    /// What undoes this activity.
    pub(crate) compensation: Option<Result<Compensation, Reported>>,
    /// `isForCompensation`.
    pub(crate) is_for_compensation: bool,
    /// Whether it is a link catch event.
    pub(crate) is_link_target: bool,
}

impl FlowNode<'_> {
    /// Whether it begins an instance by itself, as a start event does: `instantiate`.
    pub(crate) fn instantiates(&self) -> bool {
        matches!(self.element_type, ElementType::ReceiveTask | ElementType::EventBasedGateway)
            && is_true(self.node, "instantiate")
    }

    /// Whether it is entered by nothing but a sequence flow.
    pub(crate) fn is_entered_by_flow(&self) -> bool {
        !self.is_for_compensation
            && !self.is_link_target
            && !matches!(
                self.element_type,
                ElementType::Process
                    | ElementType::StartEvent
                    | ElementType::BoundaryEvent
                    | ElementType::EventSubProcess
            )
    }
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

impl<'a> Outline<'a> {
    /// The outline of `process`, whose id is `id`.
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        definitions: &Definitions<'a>,
        process: Node<'a>,
        id: &'a str,
    ) -> Self {
        let mut outline = Self {
            nodes: Vec::new(),
            flows: Vec::new(),
            entries: HashMap::new(),
            associations: HashMap::new(),
            link_catch_events: HashMap::new(),
        };
        outline.add(process, ElementType::Process, id, ElementIndex::PROCESS);
        outline.scope(reading, process, ElementIndex::PROCESS);
        outline.connect_flows(reading);
        outline.attach_boundary_events(reading, definitions);
        outline.find_link_catch_events(reading, definitions);
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

    /// The flow node with this id; an error when it was refused, `None` when there is none.
    pub(crate) fn node_by_id(&self, id: &str) -> Option<Result<ElementIndex, Reported>> {
        match self.entries.get(id)? {
            Entry::Element(index) => (*index != ElementIndex::PROCESS).then_some(Ok(*index)),
            Entry::Refused(reported) => Some(Err(*reported)),
            Entry::Flow(_) => None,
        }
    }

    /// The link catch event with this name in `scope`.
    pub(crate) fn link_catch_event(&self, scope: ElementIndex, name: &str) -> Option<ElementIndex> {
        self.link_catch_events.get(&(scope, name)).copied()
    }

    /// Whether an event-based gateway that starts an instance leads to the node at `index`.
    pub(crate) fn is_behind_instantiating_gateway(&self, index: ElementIndex) -> bool {
        self.sources(index).any(|source| {
            let source = self.node(source);
            source.element_type == ElementType::EventBasedGateway && source.instantiates()
        })
    }

    /// Where the flows begin that end at the node at `index`.
    pub(crate) fn sources(&self, index: ElementIndex) -> impl Iterator<Item = ElementIndex> {
        self.node(index).incoming.iter().filter_map(|flow| self.flow(*flow).source.ok())
    }

    /// The scopes whose activities an event at `index` can undo: its own and, from within event sub-processes, those
    /// around them.
    pub(crate) fn scopes_undone_from(&self, index: ElementIndex) -> impl Iterator<Item = ElementIndex> {
        std::iter::successors(Some(self.node(index).parent), |scope| {
            let scope = self.node(*scope);
            (scope.element_type == ElementType::EventSubProcess).then_some(scope.parent)
        })
    }

    /// The process and all flow nodes.
    pub(crate) fn indices(&self) -> impl Iterator<Item = (ElementIndex, &FlowNode<'a>)> {
        self.nodes.iter().enumerate().map(|(index, node)| (ElementIndex(index as u32), node))
    }

    fn scope(&mut self, reading: &mut Reading<'_>, scope: Node<'a>, index: ElementIndex) {
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

    fn find_link_catch_events(&mut self, reading: &mut Reading<'_>, definitions: &Definitions<'a>) {
        for index in 0..self.nodes.len() {
            let FlowNode { node, element_type, parent, .. } = self.nodes[index];
            if element_type != ElementType::IntermediateCatchEvent {
                continue;
            }
            let Some(name) = event::link_name(node, definitions) else { continue };
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

fn refuse(reading: &mut Reading<'_>, node: Node<'_>, name: &str) -> Reported {
    let instead = unsupported_flow_node(name).map_or("remove it", |(_, instead)| instead);
    unsupported(reading, node, &describe(node), instead)
}

fn missing_id(reading: &mut Reading<'_>, node: Node<'_>) {
    let message = format!("{} has no id", describe(node));
    let _ = reading.findings.error(rule::MISSING_ID, node.place(), message);
}
