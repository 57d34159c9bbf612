//! A process with all its elements.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::extension::Extensions;
use super::listener::Hears;
use super::outline::{FlowNode, Outline};
use super::{
    Definitions, call, event, form, gateway, listener, mapping, repetition, sub_process, task, user_task,
};
use crate::findings::Reported;
use crate::model::{
    Element, ElementIndex, ElementKind, FlowIndex, JobTaskElement, Loop, PassThrough, Process, SequenceFlow,
    SubProcess,
};
use crate::reading::Reading;
use crate::upstream::Upstream;
use crate::xml::{ElementType, Node, NodeExt, describe};
use crate::{check, rule};

/// Reads an executable process.
pub(crate) fn process(
    reading: &mut Reading<'_>,
    definitions: &Definitions<'_>,
    node: Node<'_>,
) -> Result<Process, Reported> {
    let Some(id) = node.value("id") else {
        let message = format!("{} has no id", describe(node));
        return Err(reading.findings.error(rule::MISSING_ID, node.place(), message));
    };
    let outline = Outline::read(reading, definitions, node, id);
    check::graph(reading, &outline);
    let extensions = Extensions::read(reading, definitions, node, ElementType::Process);
    extensions.warn_of_ignored(reading);
    let version_tag = version_tag(reading, &extensions);
    let job_priority = task::priority(reading, &extensions);
    let forms = form::embedded(reading, &extensions);
    let context = Context { definitions, outline: &outline, forms: &forms };

    let elements: Vec<_> = outline.indices().map(|(index, _)| context.element(reading, index)).collect();
    let flows: Vec<_> =
        (0..outline.flows.len()).map(|index| context.flow(reading, FlowIndex(index as u32))).collect();
    let elements = elements.into_iter().collect::<Result<Vec<_>, _>>()?;
    let flows = flows.into_iter().collect::<Result<Vec<_>, _>>()?;
    check::elements(reading, &outline, &elements, &flows);
    let upstream = Upstream::find(&elements, &flows).map_err(|too_many| {
        let merge = outline.node(too_many.merge).node;
        let message = format!("{} merges more than can be kept in mind", describe(merge));
        reading.findings.error(rule::MERGE_LIMIT, merge.place(), message)
    })?;

    let elements_by_id: HashMap<_, _> =
        (0_u32..).zip(&elements).map(|(index, element)| (element.id.clone(), ElementIndex(index))).collect();
    let flows_by_id: HashMap<_, _> =
        (0_u32..).zip(&flows).map(|(index, flow)| (flow.id.clone(), FlowIndex(index))).collect();
    Ok(Process {
        id: id.into(),
        name: name_of(node),
        version_tag: version_tag?,
        job_priority: job_priority?,
        forms,
        elements,
        flows,
        elements_by_id,
        flows_by_id,
        upstream,
    })
}

/// `zeebe:versionTag` of the process.
fn version_tag(reading: &mut Reading<'_>, extensions: &Extensions<'_>) -> Result<Option<Arc<str>>, Reported> {
    let Some(tag) = extensions.get("versionTag") else { return Ok(None) };
    let value = tag.value("value");
    if value.is_none() {
        let message = format!("the version tag of {} is empty", describe(tag));
        reading.findings.refuse(rule::VERSION_TAG, tag.attribute_place("value"), message)?;
    }
    Ok(value.map(Arc::from))
}

/// What the elements of a process refer to.
pub(super) struct Context<'c, 'a> {
    pub(super) definitions: &'c Definitions<'a>,
    pub(super) outline: &'c Outline<'a>,
    pub(super) forms: &'c BTreeMap<Arc<str>, Arc<str>>,
}

impl Context<'_, '_> {
    fn element(&self, reading: &mut Reading<'_>, index: ElementIndex) -> Result<Element, Reported> {
        let flow_node = self.outline.node(index);
        let FlowNode { node, element_type, .. } = *flow_node;
        let extensions = Extensions::read(reading, self.definitions, node, element_type);
        let kind = self.kind(reading, index, &extensions);
        if kind.is_ok() && element_type != ElementType::Process {
            extensions.warn_of_ignored(reading);
        }
        let default_flow = match element_type.is_activity() {
            true => gateway::default(reading, index, self.outline),
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
        &self,
        reading: &mut Reading<'_>,
        index: ElementIndex,
        extensions: &Extensions<'_>,
    ) -> Result<ElementKind, Reported> {
        let flow_node = self.outline.node(index);
        let node = flow_node.node;
        match flow_node.element_type {
            ElementType::Process => Ok(ElementKind::Process),
            ElementType::StartEvent => event::start(reading, self, index, extensions),
            ElementType::EndEvent => event::end(reading, self, index, extensions),
            ElementType::IntermediateThrowEvent => {
                event::intermediate_throw(reading, self, index, extensions)
            }
            ElementType::IntermediateCatchEvent => event::intermediate_catch(reading, self, index),
            ElementType::BoundaryEvent => event::boundary(reading, self, index),
            ElementType::ServiceTask => task::job(reading, node, extensions, JobTaskElement::Service),
            ElementType::SendTask => task::job(reading, node, extensions, JobTaskElement::Send),
            ElementType::ReceiveTask => event::receive_task(reading, self, index),
            ElementType::ScriptTask => task::script(reading, node, extensions),
            ElementType::UserTask => {
                user_task::user_task(reading, node, extensions, self.forms).map(ElementKind::UserTask)
            }
            ElementType::BusinessRuleTask => call::business_rule_task(reading, node, extensions),
            ElementType::ManualTask => Ok(ElementKind::PassThroughTask(PassThrough::Manual)),
            ElementType::UndefinedTask => Ok(ElementKind::PassThroughTask(PassThrough::Undefined)),
            ElementType::CallActivity => call::call_activity(reading, node, extensions),
            ElementType::SubProcess => Ok(ElementKind::SubProcess(SubProcess::Embedded)),
            ElementType::EventSubProcess => Ok(ElementKind::SubProcess(SubProcess::Event)),
            ElementType::Transaction => Ok(ElementKind::SubProcess(SubProcess::Transaction)),
            ElementType::AdHocSubProcess => sub_process::ad_hoc(reading, index, self.outline, extensions)
                .map(|ad_hoc| ElementKind::SubProcess(SubProcess::AdHoc(ad_hoc))),
            ElementType::ExclusiveGateway => {
                let default = gateway::default(reading, index, self.outline)?;
                Ok(ElementKind::ExclusiveGateway { default })
            }
            ElementType::ParallelGateway => Ok(ElementKind::ParallelGateway),
            ElementType::InclusiveGateway => {
                let default = gateway::default(reading, index, self.outline)?;
                Ok(ElementKind::InclusiveGateway { default })
            }
            ElementType::ComplexGateway => gateway::complex(reading, index, self.outline),
            ElementType::EventBasedGateway => gateway::event_based(reading, index, self.outline),
        }
    }

    fn flow(&self, reading: &mut Reading<'_>, index: FlowIndex) -> Result<SequenceFlow, Reported> {
        let flow = self.outline.flow(index);
        let condition = gateway::condition(reading, flow);
        Ok(SequenceFlow {
            id: flow.id.into(),
            name: name_of(flow.node),
            source: flow.source?,
            target: flow.target?,
            condition: condition?,
        })
    }
}

fn name_of(node: Node<'_>) -> Option<Arc<str>> {
    node.value("name").map(Arc::from)
}
