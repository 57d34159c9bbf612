//! That nothing is caught twice in one place.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::model::{Catch, Element, ElementIndex, ElementKind, Text, Trigger};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// Checks the boundary events of each activity, the event sub-processes of each scope, the start events of the
/// process, and what is behind each event-based gateway.
pub(super) fn check(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    for (index, element) in (0_u32..).zip(elements) {
        let index = ElementIndex(index);
        one_place(reading, outline, elements, &element.boundary_events);
        let starts = element
            .event_sub_processes
            .iter()
            .filter_map(|sub_process| outline.node(*sub_process).start_events.first().copied());
        one_place(reading, outline, elements, &starts.collect::<Vec<_>>());
        if index == ElementIndex::PROCESS {
            one_place(reading, outline, elements, &outline.node(index).start_events);
        }
        if let ElementKind::EventBasedGateway(gateway) = &element.kind {
            one_place(reading, outline, elements, &gateway.events);
        }
    }
}

/// What is caught, as far as it is known before an instance runs.
#[derive(PartialEq, Eq, Hash)]
enum Caught {
    Error(Option<Arc<str>>),
    Escalation(Option<Arc<str>>),
    Message(Arc<str>),
    Signal(Arc<str>),
    Cancellation,
}

impl Caught {
    fn of(trigger: &Trigger) -> Option<Self> {
        match trigger {
            Trigger::Error { code } => Some(Self::Error(code.clone())),
            Trigger::Escalation { code } => Some(Self::Escalation(code.clone())),
            Trigger::Message(message) => Self::message(&message.name),
            Trigger::Signal { name: Text::Static(name) } => Some(Self::Signal(name.clone())),
            Trigger::Cancel => Some(Self::Cancellation),
            _ => None,
        }
    }

    fn message(name: &Text) -> Option<Self> {
        match name {
            Text::Static(name) => Some(Self::Message(name.clone())),
            Text::Expression(_) => None,
        }
    }
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(Some(code)) => write!(f, "the error code `{code}`"),
            Self::Error(None) => f.write_str("every error"),
            Self::Escalation(Some(code)) => write!(f, "the escalation code `{code}`"),
            Self::Escalation(None) => f.write_str("every escalation"),
            Self::Message(name) => write!(f, "the message `{name}`"),
            Self::Signal(name) => write!(f, "the signal `{name}`"),
            Self::Cancellation => f.write_str("the cancellation"),
        }
    }
}

fn one_place(
    reading: &mut Reading<'_>,
    outline: &Outline<'_>,
    elements: &[Element],
    events: &[ElementIndex],
) {
    let mut caught: HashMap<Caught, ElementIndex> = HashMap::new();
    for index in events {
        let element = &elements[index.0 as usize];
        for what in caught_by(element) {
            let Some(first) = caught.get(&what).filter(|first| *first != index) else {
                caught.insert(what, *index);
                continue;
            };
            let node = outline.node(*index).node;
            let first = &elements[first.0 as usize].id;
            let message = format!("{} catches {what}, as `{first}` does", describe(node));
            if matches!(what, Caught::Signal(_)) {
                // A signal is for all who wait for it.
                reading.findings.warning(rule::DUPLICATE_CATCH, node.place(), message);
            } else {
                let _ = reading.findings.refuse(rule::DUPLICATE_CATCH, node.place(), message);
            }
        }
    }
}

fn caught_by(element: &Element) -> Vec<Caught> {
    match &element.kind {
        ElementKind::StartEvent(event) => caught_by_one_of(&event.catch),
        ElementKind::BoundaryEvent(event) => caught_by_one_of(&event.catch),
        ElementKind::CatchEvent(catch) => caught_by_one_of(catch),
        ElementKind::ReceiveTask(task) => Caught::message(&task.message.name).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What waits for several things at once may share some of them with others.
fn caught_by_one_of(catch: &Catch) -> Vec<Caught> {
    let triggers = if catch.is_parallel { &[][..] } else { &catch.triggers };
    triggers.iter().filter_map(Caught::of).collect()
}
