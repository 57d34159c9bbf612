//! `bpmn:timerEventDefinition`.

use crate::findings::Reported;
use crate::model::{Text, TimerDefinition};
use crate::reading::Reading;
use crate::timer::{parse_cycle, parse_date, parse_duration};
use crate::xml::{Node, NodeExt, SourceText, describe};
use crate::{expression, rule};

/// Whether a timer may be due more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// What it starts goes on beside what waits.
    Yes,
    /// It ends what it waits on, and would repeat if it did not.
    IfNonInterrupting,
    /// A token waits for it once.
    No,
}

/// Reads the timer of `owner`; what is plain text is checked now, expressions when they are evaluated.
pub(crate) fn definition(
    reading: &mut Reading<'_>,
    definition: Node<'_>,
    owner: Node<'_>,
    repeats: Repeats,
) -> Result<TimerDefinition, Reported> {
    let owner = describe(owner);
    let mut times = definition
        .bpmn_children()
        .filter(|(name, _)| matches!(*name, "timeDate" | "timeDuration" | "timeCycle"));
    let Some((name, node)) = times.next() else {
        let message = format!("the timer of {owner} says no time: give a date, a duration or a cycle");
        return Err(reading.findings.error(rule::TIMER_DEFINITION, definition.place(), message));
    };
    if let Some((_, second)) = times.next() {
        let message = format!("the timer of {owner} has more than one time: remove all but one");
        reading.findings.refuse(rule::TIMER_DEFINITION, second.place(), message)?;
    }
    let text = SourceText::of_content(node);
    if text.as_str().is_empty() {
        let message = format!("the timer of {owner} says no time: `{name}` is empty");
        return Err(reading.findings.error(rule::TIMER_DEFINITION, node.place(), message));
    }
    if name == "timeCycle" && repeats != Repeats::Yes {
        let alternative = if repeats == Repeats::No { "" } else { ", or make it non-interrupting" };
        let message = format!("{owner} cannot repeat: give a date or a duration{alternative}");
        reading.findings.refuse(rule::TIMER_CYCLE, text.place(), message)?;
    }
    let place = text.place();
    let text = expression::text(reading, text)?;
    if let Text::Static(time) = &text {
        let checked = match name {
            "timeDate" => parse_date(time).map(drop),
            "timeDuration" => parse_duration(time).map(drop),
            _ => parse_cycle(time).map(drop),
        };
        if let Err(error) = checked {
            let message = format!("the timer of {owner} is wrong: {error}");
            reading.findings.refuse(rule::TIMER_DEFINITION, place, message)?;
        }
    }
    Ok(match name {
        "timeDate" => TimerDefinition::Date(text),
        "timeDuration" => TimerDefinition::Duration(text),
        _ => TimerDefinition::Cycle(text),
    })
}
