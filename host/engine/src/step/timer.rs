//! Timers: when they are due, and what happens then.
//!
//! A repeating timer that could not fire for a while fires once too late; the times that it has missed until then are
//! left out and count as if it had fired. A burst of reminders after a downtime helps nobody.

use bpmn::model::{ElementIndex, ElementKind, Text, TimerDefinition, Trigger};
use bpmn::timer::{self, Repetition};
use types::{ElementInstanceKey, SharedStr, TimerKey, Timestamp, Variables};

use super::run::Run;
use super::trouble::Trouble;
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
        if timer.suspended {
            return Err(Rejection::InvalidState {
                kind: EntityKind::Timer,
                key: key.0,
                found: "held with its instance",
                expected: "free to fire",
            });
        }
        let timer = timer.clone();
        self.emit(Event::TimerTriggered { key });
        let Some(event) = self.process.element_by_id(&timer.element) else { return Ok(()) };
        if self.can_repeat(event)
            && let Some(Trigger::Timer(definition)) =
                self.process.element(event).catch().and_then(|catch| catch.trigger(timer.trigger))
        {
            self.repeat(definition, &timer);
        }
        self.happen(timer.element_instance, event, Variables::new());
        Ok(())
    }

    /// Whether an event can happen again while what it belongs to goes on.
    fn can_repeat(&self, event: ElementIndex) -> bool {
        let element = self.process.element(event);
        let is_interrupting = match &element.kind {
            ElementKind::BoundaryEvent(boundary) => boundary.interrupting,
            ElementKind::StartEvent(start) => start.is_interrupting,
            _ => true,
        };
        !is_interrupting && element.catch().is_some_and(|catch| !catch.is_parallel)
    }

    /// Arms the next repetition of a cycle, where there is one. A cycle that cannot be read holds the timer.
    fn repeat(&mut self, definition: &TimerDefinition, timer: &Timer) {
        let TimerDefinition::Cycle(text) = definition else { return };
        let (activity, element) = (timer.element_instance, timer.element.clone());
        let previous = Repetition { due: timer.due, number: timer.fired };
        match self.next_repetition(text, activity, previous) {
            Ok(Some(next)) => self.create_timer(activity, element, timer.trigger, Schedule::from(next)),
            Ok(None) => {}
            Err(trouble) => {
                self.create_timer(
                    activity,
                    element,
                    timer.trigger,
                    Schedule { due: Timer::HELD, fired: timer.fired },
                );
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
            let Some(TimerDefinition::Cycle(text)) = self.timer_of(&timer) else { continue };
            let previous = Repetition { due: self.at(), number: timer.fired };
            match self.next_repetition(text, activity, previous) {
                Ok(Some(next)) => self.emit(Event::TimerCreated {
                    key: timer.key,
                    element_instance: activity,
                    element: timer.element,
                    due: next.due,
                    fired: next.number,
                    trigger: (timer.trigger > 0).then_some(timer.trigger),
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

    fn timer_of(&self, timer: &Timer) -> Option<&'a TimerDefinition> {
        let event = self.process.element(self.process.element_by_id(&timer.element)?);
        match event.catch()?.trigger(timer.trigger)? {
            Trigger::Timer(definition) => Some(definition),
            _ => None,
        }
    }

    pub(super) fn create_timer(
        &mut self,
        element_instance: ElementInstanceKey,
        element: SharedStr,
        trigger: u16,
        schedule: Schedule,
    ) {
        let key = TimerKey(self.new_key());
        self.emit(Event::TimerCreated {
            key,
            element_instance,
            element,
            due: schedule.due,
            fired: schedule.fired,
            trigger: (trigger > 0).then_some(trigger),
        });
    }
}

fn not_usable(error: timer::TimerError) -> Trouble {
    Trouble::new(IncidentKind::ExtractValueError, error.to_string())
}
