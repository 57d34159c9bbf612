//! One element or sequence flow, whatever its kind.

use std::sync::Arc;

use super::context::Context;
use super::extension::Extensions;
use super::listener::Hears;
use super::{call, event, gateway, listener, mapping, repetition, sub_process, task, user_task};
use crate::findings::Reported;
use crate::model::{
    Element, ElementIndex, ElementKind, FlowIndex, JobTaskElement, Loop, PassThrough, SequenceFlow,
    SubProcess,
};
use crate::outline::FlowNode;
use crate::reading::Reading;
use crate::xml::{ElementType, Node, NodeExt};

/// One element. All of it is read, so that all errors are found at once.
pub(super) fn element(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
) -> Result<Element, Reported> {
    let flow_node = context.outline.node(index);
    let FlowNode { node, element_type, .. } = *flow_node;
    let extensions = Extensions::read(reading, context.definitions, node, element_type);
    let kind = kind(reading, context, index, &extensions);
    if kind.is_ok() && element_type != ElementType::Process {
        extensions.warn_of_ignored(reading);
    }
    let default_flow = match element_type.is_activity() {
        true => gateway::default(reading, index, context.outline),
        false => Ok(None),
    };
    let repetition = repetition::repetition(reading, node);
    let hears = match &repetition {
        _ if element_type == ElementType::Process => Hears::Cancel,
        // Where the loop cannot be read, nothing more is said about its listeners.
        Ok(Some(Loop::MultiInstance(_))) | Err(_) => Hears::BeforeAll,
        Ok(_) => Hears::Usual,
    };
    let listeners = listener::execution_listeners(reading, &extensions, hears);
    let mappings = mapping::mappings(reading, &extensions, element_type);
    let mapping::Mappings { inputs, outputs } = mappings?;
    Ok(Element {
        id: flow_node.id.into(),
        name: name_of(node),
        kind: kind?,
        parent: flow_node.parent,
        incoming: flow_node.incoming.clone(),
        outgoing: flow_node.outgoing.clone(),
        boundary_events: flow_node.boundary_events.clone(),
        start_events: flow_node.start_events.clone(),
        event_sub_processes: flow_node.event_sub_processes.clone(),
        compensation: flow_node.compensation.transpose()?,
        is_for_compensation: flow_node.is_for_compensation,
        default_flow: default_flow?,
        loop_characteristics: repetition?,
        listeners: listeners?,
        inputs,
        outputs,
    })
}

fn kind(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: ElementIndex,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let flow_node = context.outline.node(index);
    let node = flow_node.node;
    match flow_node.element_type {
        ElementType::Process => Ok(ElementKind::Process),
        ElementType::StartEvent => event::start(reading, context, index, extensions),
        ElementType::EndEvent => event::end(reading, context, index, extensions),
        ElementType::IntermediateThrowEvent => event::intermediate_throw(reading, context, index, extensions),
        ElementType::IntermediateCatchEvent => event::intermediate_catch(reading, context, index),
        ElementType::BoundaryEvent => event::boundary(reading, context, index),
        ElementType::ServiceTask => task::job(reading, node, extensions, JobTaskElement::Service),
        ElementType::SendTask => task::job(reading, node, extensions, JobTaskElement::Send),
        ElementType::ReceiveTask => event::receive_task(reading, context, index),
        ElementType::ScriptTask => task::script(reading, node, extensions),
        ElementType::UserTask => {
            user_task::user_task(reading, node, extensions, context.forms).map(ElementKind::UserTask)
        }
        ElementType::BusinessRuleTask => call::business_rule_task(reading, node, extensions),
        ElementType::ManualTask => Ok(ElementKind::PassThroughTask(PassThrough::Manual)),
        ElementType::UndefinedTask => Ok(ElementKind::PassThroughTask(PassThrough::Undefined)),
        ElementType::CallActivity => call::call_activity(reading, node, extensions),
        ElementType::SubProcess => Ok(ElementKind::SubProcess(SubProcess::Embedded)),
        ElementType::EventSubProcess => Ok(ElementKind::SubProcess(SubProcess::Event)),
        ElementType::Transaction => Ok(ElementKind::SubProcess(SubProcess::Transaction)),
        ElementType::AdHocSubProcess => sub_process::ad_hoc(reading, index, context.outline, extensions)
            .map(|ad_hoc| ElementKind::SubProcess(SubProcess::AdHoc(ad_hoc))),
        ElementType::ExclusiveGateway => {
            let default = gateway::default(reading, index, context.outline)?;
            Ok(ElementKind::ExclusiveGateway { default })
        }
        ElementType::ParallelGateway => Ok(ElementKind::ParallelGateway),
        ElementType::InclusiveGateway => {
            let default = gateway::default(reading, index, context.outline)?;
            Ok(ElementKind::InclusiveGateway { default })
        }
        ElementType::ComplexGateway => gateway::complex(reading, index, context.outline),
        ElementType::EventBasedGateway => gateway::event_based(reading, index, context.outline),
    }
}

/// One sequence flow.
pub(super) fn flow(
    reading: &mut Reading<'_>,
    context: &Context<'_, '_>,
    index: FlowIndex,
) -> Result<SequenceFlow, Reported> {
    let flow = context.outline.flow(index);
    let condition = gateway::condition(reading, flow);
    Ok(SequenceFlow {
        id: flow.id.into(),
        name: name_of(flow.node),
        source: flow.source?,
        target: flow.target?,
        condition: condition?,
    })
}

fn name_of(node: Node<'_>) -> Option<Arc<str>> {
    node.value("name").map(Arc::from)
}
