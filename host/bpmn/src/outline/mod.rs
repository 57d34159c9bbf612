//! The first look at a process: which elements there are, what refers to what, and what is refused.

mod definitions;
mod event_definition;
mod flow_node;

mod contents;
mod part;
mod refusal;

mod compensation;
mod connection;
mod link;

use std::collections::HashMap;

pub(crate) use definitions::Definitions;
pub(crate) use event_definition::{EventDefinition, event_definitions, has_definition, is_message};
pub(crate) use flow_node::{Flow, FlowNode};
pub(crate) use refusal::unsupported_part;

use crate::findings::Reported;
use crate::model::{ElementIndex, FlowIndex};
use crate::reading::Reading;
use crate::xml::{ElementType, Node};

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
}

#[derive(Clone, Copy)]
enum Entry {
    Element(ElementIndex),
    Flow(FlowIndex),
    Refused(Reported),
}
