//! What starts instances of a process by itself: messages, signals, conditions and timers of its start events.
//!
//! Names and times are evaluated once, when the process is deployed, and see no variables.

use bpmn::model::{Element, ElementIndex, ElementKind, EventBasedGateway, Text, TimerDefinition, Trigger};
use bpmn::timer::{self, Cycle, Repetition, TimerError};
use bpmn::{Process, model};
use feel::{EvaluationContext, NoVariables};
use types::{SharedStr, Timestamp};

/// One way in which a process starts by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStart {
    /// The start event, a receive task that starts the process, or an event behind a gateway that does.
    pub element: SharedStr,
    /// Which of the event's triggers it is.
    pub trigger: u16,
    /// What makes it happen.
    pub cause: StartCause,
}

/// What makes a start event happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartCause {
    /// A message with this name.
    Message(SharedStr),
    /// A signal with this name.
    Signal(SharedStr),
    /// A condition that holds.
    Condition,
    /// A timer.
    Timer {
        /// The date, duration or cycle that its definition came to.
        text: SharedStr,
        /// When it is due first; `None` when it never is.
        due: Option<Timestamp>,
    },
}

/// Why a process cannot be deployed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the start of process `{process}` at `{element}` cannot be waited for: {reason}")]
pub struct StartError {
    /// The process.
    pub process: String,
    /// The element.
    pub element: String,
    /// What is wrong.
    pub reason: String,
}

/// All ways in which a process that is deployed at `at` starts by itself, in the model's order.
///
/// # Errors
/// A name or time cannot be evaluated without variables, or is none.
pub fn starts_of(process: &Process, at: Timestamp, seed: u64) -> Result<Vec<ProcessStart>, StartError> {
    let mut starts = Vec::new();
    for (index, element) in process.elements() {
        if element.parent != ElementIndex::PROCESS || index == ElementIndex::PROCESS {
            continue;
        }
        let failed = |reason: String| StartError {
            process: process.id.to_string(),
            element: element.id.to_string(),
            reason,
        };
        match &element.kind {
            ElementKind::StartEvent(start) => {
                add_triggers(&mut starts, element, &start.catch.triggers, at, seed).map_err(failed)?;
            }
            ElementKind::ReceiveTask(task) if task.instantiate => {
                add_message(&mut starts, element, 0, &task.message.name, at, seed).map_err(failed)?;
            }
            ElementKind::EventBasedGateway(EventBasedGateway { events, instantiate: true }) => {
                for event in events {
                    let event = process.element(*event);
                    match &event.kind {
                        ElementKind::CatchEvent(catch) => {
                            add_triggers(&mut starts, event, &catch.triggers, at, seed).map_err(failed)?;
                        }
                        ElementKind::ReceiveTask(task) => {
                            add_message(&mut starts, event, 0, &task.message.name, at, seed)
                                .map_err(failed)?;
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(starts)
}

/// The names of the messages with which a process starts, each once.
pub fn message_names(process: &Process, at: Timestamp, seed: u64) -> Vec<SharedStr> {
    let mut names = Vec::new();
    // What was deployed can be evaluated.
    for start in starts_of(process, at, seed).unwrap_or_default() {
        if let StartCause::Message(name) = start.cause
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// When a timer of a start event is due again that was due at `due`; `None` when that was the last time.
///
/// # Errors
/// `text` is no cycle any longer.
pub fn due_again(
    text: &str,
    previous: Repetition,
    armed_at: Timestamp,
    now: Timestamp,
) -> Result<Option<Repetition>, TimerError> {
    // Dates and durations fire once.
    if timer::parse_date(text).is_ok() || timer::parse_duration(text).is_ok() {
        return Ok(None);
    }
    let cycle: Cycle = timer::parse_cycle(text)?;
    Ok(cycle.after(previous, armed_at, now))
}

fn add_triggers(
    starts: &mut Vec<ProcessStart>,
    element: &Element,
    triggers: &[Trigger],
    at: Timestamp,
    seed: u64,
) -> Result<(), String> {
    for (trigger, index) in triggers.iter().zip(0..) {
        let cause = match trigger {
            Trigger::Message(model::Message { name, .. }) => {
                add_message(starts, element, index, name, at, seed)?;
                continue;
            }
            Trigger::Signal { name } => StartCause::Signal(text(name, "signal name", at, seed)?),
            Trigger::Condition(_) => StartCause::Condition,
            Trigger::Timer(definition) => timer(definition, at, seed)?,
            Trigger::Error { .. }
            | Trigger::Escalation { .. }
            | Trigger::Compensation
            | Trigger::Cancel
            | Trigger::Link { .. } => continue,
        };
        starts.push(ProcessStart { element: SharedStr::from(&element.id), trigger: index, cause });
    }
    Ok(())
}

fn add_message(
    starts: &mut Vec<ProcessStart>,
    element: &Element,
    trigger: u16,
    name: &Text,
    at: Timestamp,
    seed: u64,
) -> Result<(), String> {
    let cause = StartCause::Message(text(name, "message name", at, seed)?);
    starts.push(ProcessStart { element: SharedStr::from(&element.id), trigger, cause });
    Ok(())
}

fn timer(definition: &TimerDefinition, at: Timestamp, seed: u64) -> Result<StartCause, String> {
    let text = text(definition.text(), "timer", at, seed)?;
    let due = timer::first_due(definition, &text, at).map_err(|error| error.to_string())?;
    Ok(StartCause::Timer { text, due })
}

/// What a text comes to without variables: a string, or a temporal value as text.
fn text(text: &Text, what: &str, at: Timestamp, seed: u64) -> Result<SharedStr, String> {
    let expression = match text {
        Text::Static(text) => return Ok(SharedStr::from(text)),
        Text::Expression(expression) => expression,
    };
    let now = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    let context = EvaluationContext::new(now, seed);
    let evaluation = expression.evaluate(&NoVariables, &context).map_err(|error| error.to_string())?;
    let json = evaluation.value.to_json().map_err(|error| error.to_string())?;
    serde_json::from_str::<String>(&json).map(SharedStr::from).map_err(|_| {
        let why = evaluation.warnings.first().map(|warning| format!(" ({})", warning.message));
        format!(
            "the {what} `{}` is no text when it is evaluated without variables{}",
            expression.text(),
            why.unwrap_or_default()
        )
    })
}
