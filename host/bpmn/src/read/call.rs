//! What calls other definitions: call activities and business rule tasks.

use super::extension::Extensions;
use super::{binding, header, task};
use crate::findings::Reported;
use crate::model::{CalledDecision, CalledProcess, ElementKind, JobTaskElement, Text};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, describe};
use crate::{expression, rule};

/// The longest business id, in characters, as in Camunda.
const BUSINESS_ID_CHARACTERS_MAX: usize = 255;

/// A call activity.
pub(super) fn call_activity(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let Some(called) = extensions.get("calledElement") else {
        let message = format!("{} does not say which process: add `zeebe:calledElement`", describe(node));
        return Err(reading.findings.error(rule::CALLED_ELEMENT, node.place(), message));
    };
    let process_id = match called.text_of("processId") {
        Some(id) => expression::text(reading, id),
        None => {
            let message = format!(
                "{} does not say which process: add `processId` to its `zeebe:calledElement`",
                describe(node)
            );
            let place = called.attribute_place("processId");
            Err(reading.findings.error(rule::CALLED_ELEMENT, place, message))
        }
    };
    let binding = binding::of_call(reading, called);
    let business_id = business_id(reading, called);
    let is_not_false = |attribute| !matches!(called.value(attribute), Some("false" | "0"));
    Ok(ElementKind::CallActivity(CalledProcess {
        process_id: process_id?,
        binding: binding?,
        propagates_parent_variables: is_not_false("propagateAllParentVariables"),
        propagates_child_variables: is_not_false("propagateAllChildVariables"),
        business_id: business_id?,
    }))
}

fn business_id(reading: &mut Reading<'_>, called: Node<'_>) -> Result<Option<Text>, Reported> {
    let Some(text) = called.text_of("businessId") else { return Ok(None) };
    let place = text.place();
    let business_id = expression::text(reading, text)?;
    if let Text::Static(id) = &business_id {
        let characters = id.chars().count();
        if characters > BUSINESS_ID_CHARACTERS_MAX {
            let message = format!(
                "the business id of {} has {characters} characters, the limit is {BUSINESS_ID_CHARACTERS_MAX}",
                describe(called)
            );
            reading.findings.refuse(rule::CALLED_ELEMENT, place, message)?;
        }
    }
    Ok(Some(business_id))
}

/// A business rule task: a decision, or work for a job worker.
pub(super) fn business_rule_task(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    extensions: &Extensions<'_>,
) -> Result<ElementKind, Reported> {
    let owner = describe(node);
    let called = match (extensions.get("calledDecision"), extensions.get("taskDefinition")) {
        (Some(called), None) => called,
        (None, Some(_)) => return task::job(reading, node, extensions, JobTaskElement::BusinessRule),
        (Some(_), Some(definition)) => {
            let message = format!("{owner} has both a decision and a job type: remove one");
            return Err(reading.findings.error(rule::CALLED_DECISION, definition.place(), message));
        }
        (None, None) => {
            let message =
                format!("{owner} has no decision: add `zeebe:calledDecision` or `zeebe:taskDefinition`");
            return Err(reading.findings.error(rule::CALLED_DECISION, node.place(), message));
        }
    };
    let incomplete = |reading: &mut Reading<'_>, attribute: &str, what: &str| {
        let message = format!("{owner} has no {what}: add `{attribute}` to its `zeebe:calledDecision`");
        reading.findings.error(rule::CALLED_DECISION, called.attribute_place(attribute), message)
    };
    let decision_id = match called.text_of("decisionId") {
        Some(id) => expression::text(reading, id),
        None => Err(incomplete(reading, "decisionId", "decision id")),
    };
    let result_variable = match called.text_of("resultVariable") {
        Some(text) => header::result_variable(reading, &text),
        None => Err(incomplete(reading, "resultVariable", "result variable")),
    };
    let binding = binding::of_call(reading, called);
    Ok(ElementKind::DecisionTask(CalledDecision {
        decision_id: decision_id?,
        result_variable: result_variable?,
        binding: binding?,
    }))
}
