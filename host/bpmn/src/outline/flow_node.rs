//! What a first look tells of a flow node and of a sequence flow.

use crate::findings::Reported;
use crate::model::{Compensation, ElementIndex, FlowIndex};
use crate::xml::{ElementType, Node, NodeExt, is_true};

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
    /// The scope that it is drawn in.
    pub(super) scope: ElementIndex,
}

impl<'a> Flow<'a> {
    /// The flow's `conditionExpression`.
    pub(crate) fn condition(&self) -> Option<Node<'a>> {
        self.node.bpmn_children().find(|(name, _)| *name == "conditionExpression").map(|(_, node)| node)
    }
}
