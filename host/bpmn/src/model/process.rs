//! An executable process: its elements and sequence flows, and how they are found.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::upstream::Upstream;
use super::{Element, ElementIndex, ElementKind, FlowIndex, SequenceFlow, StartEvent, Text};

/// An executable process.
#[derive(Debug)]
pub struct Process {
    /// The id in the model.
    pub id: Arc<str>,
    /// The name in the model.
    pub name: Option<Arc<str>>,
    /// `zeebe:versionTag`.
    pub version_tag: Option<Arc<str>>,
    /// `zeebe:jobPriorityDefinition` of the process: the priority of jobs whose element does not say it.
    pub job_priority: Option<Text>,
    /// Embedded forms (`zeebe:userTaskForm`) by their id: the form's JSON text.
    pub forms: BTreeMap<Arc<str>, Arc<str>>,
    pub(crate) elements: Vec<Element>,
    pub(crate) flows: Vec<SequenceFlow>,
    pub(crate) elements_by_id: HashMap<Arc<str>, ElementIndex>,
    pub(crate) flows_by_id: HashMap<Arc<str>, FlowIndex>,
    pub(crate) upstream: Upstream,
}

impl Process {
    /// The element at `index`, which must come from this process.
    pub fn element(&self, index: ElementIndex) -> &Element {
        &self.elements[index.0 as usize]
    }

    /// The sequence flow at `index`, which must come from this process.
    pub fn flow(&self, index: FlowIndex) -> &SequenceFlow {
        &self.flows[index.0 as usize]
    }

    /// The element with this id in the model.
    pub fn element_by_id(&self, id: &str) -> Option<ElementIndex> {
        self.elements_by_id.get(id).copied()
    }

    /// The sequence flow with this id in the model.
    pub fn flow_by_id(&self, id: &str) -> Option<FlowIndex> {
        self.flows_by_id.get(id).copied()
    }

    /// All elements, the process itself first, then in document order.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = (ElementIndex, &Element)> {
        self.elements.iter().enumerate().map(|(index, element)| (ElementIndex(index as u32), element))
    }

    /// All sequence flows in document order.
    pub fn flows(&self) -> impl ExactSizeIterator<Item = (FlowIndex, &SequenceFlow)> {
        self.flows.iter().enumerate().map(|(index, flow)| (FlowIndex(index as u32), flow))
    }

    /// The none start event directly in `scope` (the process or a sub-process).
    pub fn none_start(&self, scope: ElementIndex) -> Option<ElementIndex> {
        self.starts(scope).find(|(_, start)| start.is_none()).map(|(index, _)| index)
    }

    /// All start events directly in `scope`.
    pub fn starts(&self, scope: ElementIndex) -> impl Iterator<Item = (ElementIndex, &StartEvent)> {
        self.element(scope).start_events.iter().filter_map(|index| match &self.element(*index).kind {
            ElementKind::StartEvent(start) => Some((*index, start)),
            _ => None,
        })
    }

    /// Whether a token at `at` could still come to `merge`, an inclusive or complex gateway, over `flow`, one of its
    /// incoming flows, without passing the gateway itself. `at` is an element directly in the gateway's scope.
    pub fn can_still_come(&self, merge: ElementIndex, flow: FlowIndex, at: ElementIndex) -> bool {
        debug_assert_eq!(self.flow(flow).target, merge);
        self.element(at).parent == self.element(merge).parent && self.upstream.holds(flow, at)
    }

    /// As [`Process::can_still_come`], for a token that waits at the end of the flow `on`.
    pub fn can_still_come_from_flow(&self, merge: ElementIndex, flow: FlowIndex, on: FlowIndex) -> bool {
        match self.flow(on).target {
            target if target == merge => on == flow,
            target => self.can_still_come(merge, flow, target),
        }
    }

    /// The start event of an event sub-process: it has exactly one.
    pub fn start_of_event_sub_process(
        &self,
        sub_process: ElementIndex,
    ) -> Option<(ElementIndex, &StartEvent)> {
        self.starts(sub_process).next()
    }
}
