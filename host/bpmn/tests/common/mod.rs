//! Models of `tests/models/accept`, and parts of them as texts.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use fermata_bpmn::model::{Catch, Element, ElementIndex, Text, TimerDefinition, Trigger};
use fermata_bpmn::{Options, Parsed, Process, parse};

/// What a model says.
pub(crate) fn read(model: &str, options: Options<'_>) -> Result<Parsed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/accept").join(model);
    let source = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    Ok(parse(&source, &options))
}

/// The one process of a model.
pub(crate) fn process(model: &str) -> Result<Process> {
    let mut parsed = read(model, Options::new(model))?;
    ensure!(parsed.processes.len() == 1, "{:?}", parsed.diagnostics);
    Ok(parsed.processes.remove(0))
}

/// The index of the element with this id.
pub(crate) fn index(process: &Process, id: &str) -> Result<ElementIndex> {
    process.element_by_id(id).with_context(|| format!("no element `{id}`"))
}

/// The element with this id.
pub(crate) fn element<'p>(process: &'p Process, id: &str) -> Result<&'p Element> {
    Ok(process.element(index(process, id)?))
}

/// A text as the model writes it.
pub(crate) fn written(text: &Text) -> String {
    match text {
        Text::Static(text) => text.to_string(),
        Text::Expression(expression) => format!("={}", expression.text()),
    }
}

/// What makes an event happen, one text each.
pub(crate) fn triggers_of(catch: &Catch) -> Vec<String> {
    let code = |code: &Option<_>| code.as_deref().unwrap_or("any").to_owned();
    let text = |trigger: &Trigger| match trigger {
        Trigger::Timer(TimerDefinition::Date(text)) => format!("date {}", written(text)),
        Trigger::Timer(TimerDefinition::Duration(text)) => format!("duration {}", written(text)),
        Trigger::Timer(TimerDefinition::Cycle(text)) => format!("cycle {}", written(text)),
        Trigger::Message(message) => {
            let key = message.correlation_key.as_ref().map(|key| format!(" by {}", key.text()));
            format!("message {}{}", written(&message.name), key.unwrap_or_default())
        }
        Trigger::Signal { name } => format!("signal {}", written(name)),
        Trigger::Condition(condition) => format!(
            "condition {} on {:?} of {}",
            condition.expression.text(),
            condition.variable_events,
            condition.variable_names.join("+")
        ),
        Trigger::Error { code: found } => format!("error {}", code(found)),
        Trigger::Escalation { code: found } => format!("escalation {}", code(found)),
        Trigger::Compensation => "compensation".to_owned(),
        Trigger::Cancel => "cancel".to_owned(),
        Trigger::Link { name } => format!("link {name}"),
    };
    catch.triggers.iter().map(text).collect()
}
