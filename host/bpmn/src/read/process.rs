//! A process with all its elements.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::extension::Extensions;
use super::outline::{FlowNode, Outline};
use super::{Definitions, event, form, gateway, mapping, task, user_task};
use crate::findings::Reported;
use crate::model::{
    Element, ElementIndex, ElementKind, FlowIndex, JobTaskElement, PassThrough, Process, SequenceFlow,
};
use crate::reading::Reading;
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
    let outline = Outline::read(reading, node, id);
    check::graph(reading, &outline);
    let extensions = Extensions::read(reading, node, ElementType::Process);
    extensions.warn_of_ignored(reading);
    let forms = form::embedded(reading, &extensions);
    let context = Context { definitions, outline: &outline, forms: &forms };

    let elements: Vec<_> = outline.indices().map(|(index, _)| context.element(reading, index)).collect();
    let flows: Vec<_> =
        (0..outline.flows.len()).map(|index| context.flow(reading, FlowIndex(index as u32))).collect();
    let elements = elements.into_iter().collect::<Result<Vec<_>, _>>()?;
    let flows = flows.into_iter().collect::<Result<Vec<_>, _>>()?;
    check::elements(reading, &outline, &elements);

    let elements_by_id: HashMap<_, _> =
        (0_u32..).zip(&elements).map(|(index, element)| (element.id.clone(), ElementIndex(index))).collect();
    let flows_by_id: HashMap<_, _> =
        (0_u32..).zip(&flows).map(|(index, flow)| (flow.id.clone(), FlowIndex(index))).collect();
    Ok(Process {
        id: id.into(),
        name: name_of(node),
        version_tag: extensions.get("versionTag").and_then(|tag| tag.value("value")).map(Arc::from),
        forms,
        elements,
        flows,
        elements_by_id,
        flows_by_id,
    })
}

/// What the elements of a process refer to.
struct Context<'c, 'a> {
    definitions: &'c Definitions<'a>,
    outline: &'c Outline<'a>,
    forms: &'c BTreeMap<Arc<str>, Arc<str>>,
}

impl Context<'_, '_> {
    fn element(&self, reading: &mut Reading<'_>, index: ElementIndex) -> Result<Element, Reported> {
        let flow_node = self.outline.node(index);
        let FlowNode { node, element_type, .. } = *flow_node;
        if element_type == ElementType::Process {
            return Ok(element(flow_node, ElementKind::Process, mapping::Mappings::default()));
        }
        let extensions = Extensions::read(reading, node, element_type);
        let kind = self.kind(reading, index, &extensions);
        if kind.is_ok() {
            extensions.warn_of_ignored(reading);
        }
        let mappings = mapping::mappings(reading, &extensions, element_type);
        Ok(element(flow_node, kind?, mappings?))
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
            ElementType::StartEvent => event::start(reading, node),
            ElementType::EndEvent => event::end(reading, node, self.definitions),
            ElementType::IntermediateThrowEvent => event::intermediate_throw(reading, node),
            ElementType::IntermediateCatchEvent => event::intermediate_catch(reading, node),
            ElementType::BoundaryEvent => event::boundary(reading, flow_node, self.definitions),
            ElementType::ServiceTask => task::job(reading, node, extensions, JobTaskElement::Service),
            ElementType::SendTask => task::job(reading, node, extensions, JobTaskElement::Send),
            ElementType::ScriptTask => task::script(reading, node, extensions),
            ElementType::UserTask => {
                user_task::user_task(reading, node, extensions, self.forms).map(ElementKind::UserTask)
            }
            ElementType::ManualTask => Ok(ElementKind::PassThroughTask(PassThrough::Manual)),
            ElementType::UndefinedTask => Ok(ElementKind::PassThroughTask(PassThrough::Undefined)),
            ElementType::ExclusiveGateway => gateway::exclusive(reading, index, self.outline),
            ElementType::ParallelGateway => Ok(ElementKind::ParallelGateway),
            ElementType::SubProcess => Ok(ElementKind::SubProcess),
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

fn element(flow_node: &FlowNode<'_>, kind: ElementKind, mappings: mapping::Mappings) -> Element {
    Element {
        id: flow_node.id.into(),
        name: name_of(flow_node.node),
        kind,
        parent: flow_node.parent,
        incoming: flow_node.incoming.clone(),
        outgoing: flow_node.outgoing.clone(),
        boundary_events: flow_node.boundary_events.clone(),
        inputs: mappings.inputs,
        outputs: mappings.outputs,
    }
}

fn name_of(node: Node<'_>) -> Option<Arc<str>> {
    node.value("name").map(Arc::from)
}
