//! What a modeller calls the elements of BPMN.

use super::{Node, NodeExt, is_true};

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
    ScriptTask,
    UserTask,
    ManualTask,
    UndefinedTask,
    ExclusiveGateway,
    ParallelGateway,
    SubProcess,
}

impl ElementType {
    /// The kind of flow node with this local name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "startEvent" => Self::StartEvent,
            "endEvent" => Self::EndEvent,
            "intermediateThrowEvent" => Self::IntermediateThrowEvent,
            "intermediateCatchEvent" => Self::IntermediateCatchEvent,
            "boundaryEvent" => Self::BoundaryEvent,
            "serviceTask" => Self::ServiceTask,
            "sendTask" => Self::SendTask,
            "scriptTask" => Self::ScriptTask,
            "userTask" => Self::UserTask,
            "manualTask" => Self::ManualTask,
            "task" => Self::UndefinedTask,
            "exclusiveGateway" => Self::ExclusiveGateway,
            "parallelGateway" => Self::ParallelGateway,
            "subProcess" => Self::SubProcess,
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
            Self::ScriptTask => "script task",
            Self::UserTask => "user task",
            Self::ManualTask => "manual task",
            Self::UndefinedTask => "task",
            Self::ExclusiveGateway => "exclusive gateway",
            Self::ParallelGateway => "parallel gateway",
            Self::SubProcess => "sub-process",
        }
    }

    /// Whether other elements can live inside it.
    pub(crate) fn is_scope(self) -> bool {
        matches!(self, Self::Process | Self::SubProcess)
    }

    /// Whether it is a task or a sub-process: something that lasts, and that can have boundary events.
    pub(crate) fn is_activity(self) -> bool {
        matches!(
            self,
            Self::ServiceTask
                | Self::SendTask
                | Self::ScriptTask
                | Self::UserTask
                | Self::ManualTask
                | Self::UndefinedTask
                | Self::SubProcess
        )
    }
}

/// The modeller's name of a flow node that is refused, and what can be drawn instead.
pub(crate) fn unsupported_flow_node(name: &str) -> Option<(&'static str, &'static str)> {
    const GATEWAYS: &str = "use exclusive and parallel gateways";
    const JOB: &str = "use a service task";
    Some(match name {
        "inclusiveGateway" => ("inclusive gateway", GATEWAYS),
        "complexGateway" => ("complex gateway", GATEWAYS),
        "eventBasedGateway" => ("event-based gateway", GATEWAYS),
        "receiveTask" => ("receive task", "use a service task whose worker waits, or a user task"),
        "businessRuleTask" => ("business rule task", JOB),
        "callActivity" => ("call activity", "use an embedded sub-process"),
        "transaction" => ("transaction", "use an embedded sub-process"),
        "adHocSubProcess" => ("ad-hoc sub-process", "use an embedded sub-process"),
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

/// The id of the element that `node` is or belongs to.
pub(crate) fn element_id(node: Node<'_>) -> Option<String> {
    enclosing_element(node)?.value("id").map(str::to_owned)
}

/// The flow node, sequence flow, process or root element around `node`.
fn enclosing_element(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|ancestor| {
        ancestor.bpmn_name().is_some_and(|name| name != "extensionElements")
            && ancestor.parent().and_then(|parent| parent.bpmn_name()).is_some_and(is_container)
    })
}

fn is_container(name: &str) -> bool {
    matches!(name, "definitions" | "process" | "subProcess" | "transaction" | "adHocSubProcess")
}

fn label(node: Node<'_>) -> &str {
    let Some(name) = node.bpmn_name() else { return node.tag_name().name() };
    if name == "subProcess" && is_true(node, "triggeredByEvent") {
        return "event sub-process";
    }
    if let Some(node_type) = ElementType::from_name(name) {
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

/// Hostile names do not fill the screen.
fn shortened(text: &str) -> &str {
    const SHOWN_BYTES_MAX: usize = 100;
    match text.char_indices().find(|(at, _)| *at >= SHOWN_BYTES_MAX) {
        Some((at, _)) => &text[..at],
        None => text,
    }
}
