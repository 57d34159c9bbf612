//! `bpmn:conditionalEventDefinition`.

use std::sync::Arc;

use crate::findings::Reported;
use crate::model::{Condition, VariableEvents};
use crate::outline::EventDefinition;
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, SourceText, describe};
use crate::{expression, rule, variable};

/// The condition of an event, and which changes it is looked at for.
pub(super) fn condition(
    reading: &mut Reading<'_>,
    definition: EventDefinition<'_>,
) -> Result<Condition, Reported> {
    let EventDefinition { node, owner, .. } = definition;
    let text = node
        .bpmn_children()
        .find(|(name, _)| *name == "condition")
        .map(|(_, condition)| SourceText::of_content(condition))
        .filter(|text| !text.as_str().is_empty());
    let expression = match text {
        Some(text) => expression::required(reading, text, "the condition"),
        None => {
            let message = format!("{} waits for a condition and has none", describe(owner));
            Err(reading.findings.error(rule::CONDITIONAL_EVENT, node.place(), message))
        }
    };
    let filter = node.extension("conditionalFilter");
    let variable_names = match filter {
        Some(filter) => variable_names(reading, filter, owner),
        None => Ok(Vec::new()),
    };
    let variable_events = match filter {
        Some(filter) => variable_events(reading, filter, owner),
        None => Ok(VariableEvents::All),
    };
    Ok(Condition {
        expression: expression?,
        variable_names: variable_names?,
        variable_events: variable_events?,
    })
}

fn variable_names(
    reading: &mut Reading<'_>,
    filter: Node<'_>,
    owner: Node<'_>,
) -> Result<Vec<Arc<str>>, Reported> {
    let names = filter.value("variableNames").unwrap_or_default();
    let mut read = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if let Err(reason) = variable::name(name) {
            let message = format!("the condition of {} looks at no variable: {reason}", describe(owner));
            reading.findings.refuse(rule::VARIABLE_NAME, filter.attribute_place("variableNames"), message)?;
        }
        read.push(Arc::from(name));
    }
    Ok(read)
}

fn variable_events(
    reading: &mut Reading<'_>,
    filter: Node<'_>,
    owner: Node<'_>,
) -> Result<VariableEvents, Reported> {
    let (mut create, mut update) = (false, false);
    let events = filter.value("variableEvents").unwrap_or_default();
    for event in events.split(',').map(str::trim).filter(|event| !event.is_empty()) {
        match event {
            "create" => create = true,
            "update" => update = true,
            other => {
                let message = format!(
                    "the condition of {} is looked at for `{other}`, which is neither `create` nor `update`",
                    describe(owner)
                );
                let place = filter.attribute_place("variableEvents");
                return Err(reading.findings.error(rule::CONDITIONAL_EVENT, place, message));
            }
        }
    }
    Ok(match (create, update) {
        (true, false) => VariableEvents::Create,
        (false, true) => VariableEvents::Update,
        _ => VariableEvents::All,
    })
}
