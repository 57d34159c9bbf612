//! A process with all its elements.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::Context;
use super::extension::Extensions;
use super::{element, form, task};
use crate::findings::Reported;
use crate::model::{ElementIndex, FlowIndex, Process, Upstream};
use crate::outline::{Definitions, Outline};
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
    let outline = Outline::read(reading, definitions, node, id);
    check::graph(reading, &outline);
    let extensions = Extensions::read(reading, definitions, node, ElementType::Process);
    extensions.warn_of_ignored(reading);
    let version_tag = version_tag(reading, &extensions);
    let job_priority = task::priority(reading, &extensions);
    let forms = form::embedded(reading, &extensions);
    let context = Context { definitions, outline: &outline, forms: &forms };

    let elements: Vec<_> =
        outline.indices().map(|(index, _)| element::element(reading, &context, index)).collect();
    let flows: Vec<_> = (0..outline.flows.len())
        .map(|index| element::flow(reading, &context, FlowIndex(index as u32)))
        .collect();
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
        name: node.value("name").map(Arc::from),
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
