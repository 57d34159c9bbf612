//! Gateways and the conditions of the flows that leave them.

use feel::Expression;

use crate::findings::Reported;
use crate::model::{ComplexGateway, ElementIndex, ElementKind, EventBasedGateway, FlowIndex};
use crate::outline::{Flow, Outline};
use crate::reading::Reading;
use crate::xml::{NodeExt, SourceText, describe};
use crate::{expression, rule};

/// The default flow of a gateway or activity.
pub(crate) fn default(
    reading: &mut Reading<'_>,
    index: ElementIndex,
    outline: &Outline<'_>,
) -> Result<Option<FlowIndex>, Reported> {
    let node = outline.node(index).node;
    let Some(id) = node.value("default") else { return Ok(None) };
    let default = default_flow(outline, index, id);
    if default.is_none() {
        let message = format!("the default flow `{id}` of {} does not leave it", describe(node));
        reading.findings.refuse(rule::DEFAULT_FLOW, node.attribute_place("default"), message)?;
    }
    Ok(default)
}

/// A complex gateway.
pub(crate) fn complex(
    reading: &mut Reading<'_>,
    index: ElementIndex,
    outline: &Outline<'_>,
) -> Result<ElementKind, Reported> {
    let node = outline.node(index).node;
    let default = default(reading, index, outline);
    let activation_condition =
        expression::content(reading, node, "activationCondition", "the activation condition");
    Ok(ElementKind::ComplexGateway(ComplexGateway {
        activation_condition: activation_condition?,
        default: default?,
    }))
}

/// An event-based gateway.
pub(crate) fn event_based(
    reading: &mut Reading<'_>,
    index: ElementIndex,
    outline: &Outline<'_>,
) -> Result<ElementKind, Reported> {
    let gateway = outline.node(index);
    let node = gateway.node;
    if node.value("eventGatewayType") == Some("Parallel") {
        let message = format!(
            "{} waits for all of its events, which is not supported: use a start event with several triggers and \
             `parallelMultiple`",
            describe(node)
        );
        let place = node.attribute_place("eventGatewayType");
        return Err(reading.findings.error(rule::UNSUPPORTED_ELEMENT, place, message));
    }
    let events = gateway.outgoing.iter().map(|flow| outline.flow(*flow).target);
    let events = events.collect::<Result<_, _>>()?;
    Ok(ElementKind::EventBasedGateway(EventBasedGateway { events, instantiate: gateway.instantiates() }))
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
