//! Gateways and the conditions of the flows that leave them.

use feel::Expression;

use super::outline::{Flow, Outline};
use crate::findings::Reported;
use crate::model::{ElementIndex, ElementKind, FlowIndex};
use crate::reading::Reading;
use crate::xml::{NodeExt, SourceText, describe};
use crate::{expression, rule};

/// An exclusive gateway.
pub(crate) fn exclusive(
    reading: &mut Reading<'_>,
    index: ElementIndex,
    outline: &Outline<'_>,
) -> Result<ElementKind, Reported> {
    let node = outline.node(index).node;
    let id = node.value("default");
    let default = id.and_then(|id| default_flow(outline, index, id));
    if let (Some(id), None) = (id, default) {
        let message = format!("the default flow `{id}` of {} does not leave it", describe(node));
        reading.findings.refuse(rule::DEFAULT_FLOW, node.attribute_place("default"), message)?;
    }
    Ok(ElementKind::ExclusiveGateway { default })
}

fn default_flow(outline: &Outline<'_>, gateway: ElementIndex, id: &str) -> Option<FlowIndex> {
    outline.flow_by_id(id).filter(|flow| outline.flow(*flow).source == Ok(gateway))
}

/// The condition of a flow.
pub(crate) fn condition(reading: &mut Reading<'_>, flow: &Flow<'_>) -> Result<Option<Expression>, Reported> {
    let Some(node) = flow.condition() else { return Ok(None) };
    let text = SourceText::of_content(node);
    if text.as_str().is_empty() {
        let message = format!("the condition of {} is empty", describe(node));
        reading.findings.refuse(rule::CONDITION_MISSING, node.place(), message)?;
        return Ok(None);
    }
    expression::required(reading, text, "the condition").map(Some)
}
