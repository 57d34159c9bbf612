//! What a modeller calls the elements of BPMN.

use fermata_xml::{enclosing_element, is_true, shortened};

use super::{Node, NodeExt};

/// The kinds of element that can be executed: the process, and its flow nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElementType {
    Process,
    StartEvent,
    EndEvent,
    IntermediateThrowEvent,
    IntermediateCatchEvent,
    BoundaryEvent,
    ServiceTask,
    SendTask,
    ReceiveTask,
    ScriptTask,
    UserTask,
    BusinessRuleTask,
    ManualTask,
    UndefinedTask,
    CallActivity,
    SubProcess,
    EventSubProcess,
    Transaction,
    AdHocSubProcess,
    ExclusiveGateway,
    ParallelGateway,
    InclusiveGateway,
    ComplexGateway,
    EventBasedGateway,
}

impl ElementType {
    /// What the flow node `node`, whose local name is `name`, is.
    pub(crate) fn of(name: &str, node: Node<'_>) -> Option<Self> {
        Some(match name {
            "startEvent" => Self::StartEvent,
            "endEvent" => Self::EndEvent,
            "intermediateThrowEvent" => Self::IntermediateThrowEvent,
            "intermediateCatchEvent" => Self::IntermediateCatchEvent,
            "boundaryEvent" => Self::BoundaryEvent,
            "serviceTask" => Self::ServiceTask,
            "sendTask" => Self::SendTask,
            "receiveTask" => Self::ReceiveTask,
            "scriptTask" => Self::ScriptTask,
            "userTask" => Self::UserTask,
            "businessRuleTask" => Self::BusinessRuleTask,
            "manualTask" => Self::ManualTask,
            "task" => Self::UndefinedTask,
            "callActivity" => Self::CallActivity,
            "subProcess" if is_true(node, "triggeredByEvent") => Self::EventSubProcess,
            "subProcess" => Self::SubProcess,
            "transaction" => Self::Transaction,
            "adHocSubProcess" => Self::AdHocSubProcess,
            "exclusiveGateway" => Self::ExclusiveGateway,
            "parallelGateway" => Self::ParallelGateway,
            "inclusiveGateway" => Self::InclusiveGateway,
            "complexGateway" => Self::ComplexGateway,
            "eventBasedGateway" => Self::EventBasedGateway,
            _ => return None,
        })
    }

    /// The modeller's name.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::StartEvent => "start event",
            Self::EndEvent => "end event",
            Self::IntermediateThrowEvent => "intermediate throw event",
            Self::IntermediateCatchEvent => "intermediate catch event",
            Self::BoundaryEvent => "boundary event",
            Self::ServiceTask => "service task",
            Self::SendTask => "send task",
            Self::ReceiveTask => "receive task",
            Self::ScriptTask => "script task",
            Self::UserTask => "user task",
            Self::BusinessRuleTask => "business rule task",
            Self::ManualTask => "manual task",
            Self::UndefinedTask => "task",
            Self::CallActivity => "call activity",
            Self::SubProcess => "sub-process",
            Self::EventSubProcess => "event sub-process",
            Self::Transaction => "transaction",
            Self::AdHocSubProcess => "ad-hoc sub-process",
            Self::ExclusiveGateway => "exclusive gateway",
            Self::ParallelGateway => "parallel gateway",
            Self::InclusiveGateway => "inclusive gateway",
            Self::ComplexGateway => "complex gateway",
            Self::EventBasedGateway => "event-based gateway",
        }
    }

    /// Whether other elements can live inside it.
    pub(crate) fn is_scope(self) -> bool {
        matches!(self, Self::Process | Self::EventSubProcess) || self.is_sub_process()
    }

    /// Whether it is a sub-process that a token enters.
    pub(crate) fn is_sub_process(self) -> bool {
        matches!(self, Self::SubProcess | Self::Transaction | Self::AdHocSubProcess)
    }

    /// Whether it is a task.
    pub(crate) fn is_task(self) -> bool {
        matches!(
            self,
            Self::ServiceTask
                | Self::SendTask
                | Self::ReceiveTask
                | Self::ScriptTask
                | Self::UserTask
                | Self::BusinessRuleTask
                | Self::ManualTask
                | Self::UndefinedTask
        )
    }

    /// Whether it is a task, a call activity or a sub-process that a token enters: something that lasts, and that can
    /// have boundary events.
    pub(crate) fn is_activity(self) -> bool {
        self.is_task() || self.is_sub_process() || self == Self::CallActivity
    }

    /// Whether it is an event.
    pub(crate) fn is_event(self) -> bool {
        matches!(
            self,
            Self::StartEvent
                | Self::EndEvent
                | Self::IntermediateThrowEvent
                | Self::IntermediateCatchEvent
                | Self::BoundaryEvent
        )
    }
}

/// The modeller's name of a flow node that is refused, and what can be drawn instead.
pub(crate) fn unsupported_flow_node(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "callChoreography" | "choreographyTask" | "subChoreography" => {
            ("choreography", "use a process with service tasks")
        }
        "implicitThrowEvent" => ("implicit throw event", "use an intermediate throw event"),
        _ => return None,
    })
}

/// What a finding calls the element that `node` is or belongs to: "service task `Task_1`".
pub(crate) fn describe(node: Node<'_>) -> String {
    let element = enclosing_element(node).unwrap_or(node);
    let label = label(element);
    match (element.value("id"), element.value("name")) {
        (Some(id), _) => format!("{label} `{}`", shortened(id)),
        (None, Some(name)) => format!("{label} “{}”", shortened(name)),
        (None, None) => label.to_owned(),
    }
}

fn label(node: Node<'_>) -> &str {
    let Some(name) = node.bpmn_name() else { return node.tag_name().name() };
    if let Some(node_type) = ElementType::of(name, node) {
        return node_type.label();
    }
    if let Some((label, _)) = unsupported_flow_node(name) {
        return label;
    }
    match name {
        "sequenceFlow" => "sequence flow",
        other => other,
    }
}
