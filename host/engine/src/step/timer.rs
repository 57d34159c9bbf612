//! Timers: when they are due, and what happens then.

use bpmn::model::{BoundaryTrigger, ElementKind, TimerDefinition};
use bpmn::timer;
use types::{ElementInstanceKey, SharedStr, TimerKey, Timestamp, Variables};

use super::evaluate::Trouble;
use super::run::Run;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::IncidentKind;

/// When a timer fires.
pub(super) struct Schedule {
    pub(super) due: Timestamp,
    pub(super) fired: u32,
}

impl Run<'_> {
    /// The first time at which a timer fires for an element that is being entered.
    pub(super) fn schedule(
        &self,
        definition: &TimerDefinition,
        scope: ElementInstanceKey,
    ) -> Result<Schedule, Trouble> {
        let due = match definition {
            TimerDefinition::Date(text) => {
                timer::parse_date(&self.timer_text(text, scope)?).map_err(not_usable)?.max(self.at())
            }
            TimerDefinition::Duration(text) => {
                timer::parse_duration(&self.timer_text(text, scope)?).map_err(not_usable)?.after(self.at())
            }
            TimerDefinition::Cycle(text) => {
                let cycle = timer::parse_cycle(&self.timer_text(text, scope)?).map_err(not_usable)?;
                cycle.due(self.at(), 0).ok_or_else(|| {
                    Trouble::new(IncidentKind::ExtractValueError, "the timer's cycle is never due")
                })?
            }
        };
        Ok(Schedule { due, fired: 0 })
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
                    self.repeat(definition, timer.element_instance, timer.element, timer.fired + 1);
                }
                self.enter_boundary(index, scope, Variables::new());
            }
            _ => self.complete(timer.element_instance, None),
        }
        Ok(())
    }

    /// Arms the next repetition of a cycle, where there is one.
    fn repeat(
        &mut self,
        definition: &TimerDefinition,
        activity: ElementInstanceKey,
        element: SharedStr,
        fired: u32,
    ) {
        let TimerDefinition::Cycle(text) = definition else { return };
        let Some(armed_at) = self.state.element(activity).map(|activity| activity.entered_at) else { return };
        let next = self
            .timer_text(text, activity)
            .and_then(|text| timer::parse_cycle(&text).map_err(not_usable))
            .map(|cycle| cycle.due(armed_at, fired));
        match next {
            Ok(Some(due)) => self.create_timer(activity, element, Schedule { due, fired }),
            Ok(None) => {}
            Err(trouble) => self.raise(activity, None, trouble),
        }
    }
}

fn not_usable(error: timer::TimerError) -> Trouble {
    Trouble::new(IncidentKind::ExtractValueError, error.to_string())
}
