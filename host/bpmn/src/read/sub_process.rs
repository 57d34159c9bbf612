//! Ad-hoc sub-processes.

use super::extension::Extensions;
use super::repetition::Output;
use super::task;
use crate::findings::Reported;
use crate::model::{AdHoc, ElementIndex, JobTaskElement};
use crate::outline::{FlowNode, Outline};
use crate::reading::Reading;
use crate::xml::{NodeExt, describe};
use crate::{expression, rule};

/// An ad-hoc sub-process.
pub(super) fn ad_hoc(
    reading: &mut Reading<'_>,
    index: ElementIndex,
    outline: &Outline<'_>,
    extensions: &Extensions<'_>,
) -> Result<AdHoc, Reported> {
    let node = outline.node(index).node;
    let children = outline.node(index).children.iter().copied();
    let activities: Vec<_> = children.filter(|child| is_activated_by_itself(outline.node(*child))).collect();
    if activities.is_empty() {
        let message = format!("{} has no activity that could be activated", describe(node));
        let _ = reading.findings.refuse(rule::AD_HOC_SUB_PROCESS, node.place(), message);
    }
    let extension = extensions.get("adHoc");
    let active_elements = extension
        .and_then(|extension| extension.text_of("activeElementsCollection"))
        .map(|text| expression::required(reading, text, "the collection of active elements"))
        .transpose();
    let completion_condition =
        expression::content(reading, node, "completionCondition", "the completion condition");
    let output = Output::read(reading, extension, node, rule::AD_HOC_SUB_PROCESS);
    let job = match extensions.get("taskDefinition") {
        Some(_) => task::job_task(reading, node, extensions, JobTaskElement::AdHocSubProcess).map(Some),
        None => Ok(None),
    };
    let Output { collection, element } = output?;
    Ok(AdHoc {
        activities,
        active_elements: active_elements?,
        completion_condition: completion_condition?,
        cancels_remaining: !matches!(node.value("cancelRemainingInstances"), Some("false" | "0")),
        output_collection: collection,
        output_element: element,
        job: job?.map(Box::new),
    })
}

/// Whether nothing else leads to a child of an ad-hoc sub-process.
fn is_activated_by_itself(child: &FlowNode<'_>) -> bool {
    child.is_entered_by_flow() && child.incoming.is_empty()
}
