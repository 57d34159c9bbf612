//! Timers: when they are due, and what happens then.
//!
//! A repeating timer that could not fire for a while fires once too late; the times that it has missed until then are
//! left out and count as if it had fired. A burst of reminders after a downtime helps nobody.

use bpmn::model::{BoundaryTrigger, ElementKind, Text, TimerDefinition};
use bpmn::timer::{self, Repetition};
use types::{ElementInstanceKey, TimerKey, Timestamp, Variables};

use super::evaluate::Trouble;
use super::run::Run;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{IncidentKind, Timer};

/// When a timer fires.
pub(super) struct Schedule {
    pub(super) due: Timestamp,
    pub(super) fired: u32,
}

impl From<Repetition> for Schedule {
    fn from(repetition: Repetition) -> Self {
        Self { due: repetition.due, fired: repetition.number }
    }
}

impl<'a> Run<'a> {
    /// The first time at which a timer fires for an element that is being entered.
    pub(super) fn schedule(
        &self,
        definition: &TimerDefinition,
        scope: ElementInstanceKey,
    ) -> Result<Schedule, Trouble> {
        let text = self.timer_text(definition.text(), scope)?;
        let due = timer::first_due(definition, &text, self.at()).map_err(not_usable)?;
        match due {
            Some(due) => Ok(Schedule { due, fired: 0 }),
            None => Err(Trouble::new(IncidentKind::ExtractValueError, "the timer's cycle is never due")),
        }
    }

    pub(super) fn trigger_timer(&mut self, key: TimerKey) -> Result<(), Rejection> {
        let Some(timer) = self.state.timer(key) else {
            return Err(Rejection::NotFound { kind: EntityKind::Timer, key: key.0 });
        };
        if timer.due > self.at() {
            return Err(Rejection::InvalidState {
                kind: EntityKind::Timer,
                key: key.0,
                found: "not due yet",
                expected: "due",
            });
        }
        let timer = timer.clone();
        self.emit(Event::TimerTriggered { key });
        let Some(index) = self.process.element_by_id(&timer.element) else { return Ok(()) };
        match &self.process.element(index).kind {
            ElementKind::BoundaryEvent(boundary) => {
                let Some(scope) = self.state.element(timer.element_instance).map(|activity| activity.scope)
                else {
                    return Ok(());
                };
                if boundary.interrupting {
                    self.terminate(timer.element_instance);
                } else if let BoundaryTrigger::Timer(definition) = &boundary.trigger {
                    self.repeat(definition, &timer);
                }
                self.enter_boundary(index, scope, Variables::new());
            }
            _ => self.complete(timer.element_instance, None),
        }
        Ok(())
    }

    /// Arms the next repetition of a cycle, where there is one. A cycle that cannot be read holds the timer.
    fn repeat(&mut self, definition: &TimerDefinition, timer: &Timer) {
        let TimerDefinition::Cycle(text) = definition else { return };
        let (activity, element) = (timer.element_instance, timer.element.clone());
        let previous = Repetition { due: timer.due, number: timer.fired };
        match self.next_repetition(text, activity, previous) {
            Ok(Some(next)) => self.create_timer(activity, element, Schedule::from(next)),
            Ok(None) => {}
            Err(trouble) => {
                self.create_timer(activity, element, Schedule { due: Timer::HELD, fired: timer.fired });
                self.raise(activity, None, trouble);
            }
        }
    }

    /// Arms timers of an activity that an incident holds. They count on from now: when they should have been due
    /// meanwhile, nobody can tell.
    pub(super) fn arm_held_timers(&mut self, activity: ElementInstanceKey) {
        let held: Vec<Timer> =
            self.state.timers_of(activity).filter(|timer| timer.is_held()).cloned().collect();
        for timer in held {
            let Some(TimerDefinition::Cycle(text)) = self.boundary_timer(&timer.element) else { continue };
            let previous = Repetition { due: self.at(), number: timer.fired };
            match self.next_repetition(text, activity, previous) {
                Ok(Some(next)) => self.emit(Event::TimerCreated {
                    key: timer.key,
                    element_instance: activity,
                    element: timer.element,
                    due: next.due,
                    fired: next.number,
                }),
                Ok(None) => self.emit(Event::TimerTriggered { key: timer.key }),
                // Resolving any incident of the activity, but for its job's, tries all its timers: one is enough.
                Err(trouble) if !self.state.incidents_of(activity).any(|other| other.job.is_none()) => {
                    self.raise(activity, None, trouble);
                }
                Err(_) => {}
            }
        }
    }

    fn next_repetition(
        &self,
        text: &Text,
        activity: ElementInstanceKey,
        previous: Repetition,
    ) -> Result<Option<Repetition>, Trouble> {
        let text = self.timer_text(text, activity)?;
        let cycle = timer::parse_cycle(&text).map_err(not_usable)?;
        let entered_at = self.state.element(activity).map_or(previous.due, |activity| activity.entered_at);
        Ok(cycle.after(previous, entered_at, self.at()))
    }

    fn boundary_timer(&self, id: &str) -> Option<&'a TimerDefinition> {
        match &self.process.element(self.process.element_by_id(id)?).kind {
            ElementKind::BoundaryEvent(boundary) => match &boundary.trigger {
                BoundaryTrigger::Timer(definition) => Some(definition),
                BoundaryTrigger::Error { .. } => None,
            },
            _ => None,
        }
    }
}

fn not_usable(error: timer::TimerError) -> Trouble {
    Trouble::new(IncidentKind::ExtractValueError, error.to_string())
}
