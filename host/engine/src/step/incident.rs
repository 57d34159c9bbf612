//! Raising incidents, and trying again.

use std::borrow::Cow;

use bpmn::model::{ElementKind, SubProcess};
use types::{ElementInstanceKey, IncidentKey, JobKey};

use super::complete::Leave;
use super::excerpt::excerpt;
use super::run::Run;
use super::trouble::Trouble;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{ElementState, Role};

/// Bytes of an incident's message, and of a job's: they are for people, and stand in rows, lists and logs.
pub(super) const MESSAGE_BYTES_MAX: usize = 4 << 10;

impl Run<'_> {
    /// Stops an element instance until an operator has seen to it.
    pub(super) fn raise(&mut self, key: ElementInstanceKey, job: Option<JobKey>, trouble: Trouble) {
        let message = match excerpt(&trouble.message, MESSAGE_BYTES_MAX) {
            Cow::Borrowed(_) => trouble.message,
            Cow::Owned(message) => message.into(),
        };
        let incident = IncidentKey(self.new_key());
        self.emit(Event::IncidentCreated {
            key: incident,
            element_instance: key,
            job,
            kind: trouble.kind,
            message,
            at: self.at(),
        });
    }

    /// The instance ends, and with it what has stopped it as a whole.
    pub(super) fn close_incidents(&mut self, root: ElementInstanceKey) {
        let open: Vec<IncidentKey> = self.state.incidents_of(root).map(|incident| incident.key).collect();
        for key in open {
            self.emit(Event::IncidentResolved { key, at: self.at() });
        }
    }

    pub(super) fn resolve_incident(&mut self, key: IncidentKey) -> Result<(), Rejection> {
        let Some(incident) = self.state.incident(key) else {
            return Err(Rejection::NotFound { kind: EntityKind::Incident, key: key.0 });
        };
        let (element_instance, job) = (incident.element_instance, incident.job);
        if let Some(job) = job {
            let retries = self.state.job(job).map_or(0, |job| job.retries);
            if retries == 0 {
                return Err(Rejection::InvalidState {
                    kind: EntityKind::Job,
                    key: job.0,
                    found: "without retries",
                    expected: "given retries first",
                });
            }
            self.emit(Event::IncidentResolved { key, at: self.at() });
            self.emit(Event::JobReleased { job });
            return Ok(());
        }
        self.emit(Event::IncidentResolved { key, at: self.at() });
        match self.state.element(element_instance).map(|element| element.state) {
            Some(ElementState::Activating) => self.activate(element_instance),
            Some(ElementState::Completing) => self.complete(element_instance, Leave::All),
            Some(ElementState::Active) if Some(element_instance) == self.active_root() => self.go_on(),
            Some(ElementState::Active) => self.try_again(element_instance),
            Some(ElementState::Emptying) => {
                self.arm_held_timers(element_instance);
                self.wait_for_missing(element_instance);
            }
            Some(ElementState::Terminating)
                if self.state.user_tasks_of(element_instance).next().is_some() =>
            {
                self.go_on_with_change(element_instance);
            }
            Some(ElementState::Terminating) => self.go_on_terminating(element_instance),
            None => {}
        }
        Ok(())
    }

    /// An active element is stopped by what it does after it was entered, by its kind.
    fn try_again(&mut self, key: ElementInstanceKey) {
        self.arm_held_timers(key);
        self.wait_for_missing(key);
        let Some((_, element)) = self.element_of(key) else { return };
        if self.state.element(key).is_some_and(|instance| instance.role == Role::Loop) {
            return self.go_on_with_loop(key);
        }
        if self.create_after_all(key) {
            return;
        }
        match &element.kind {
            ElementKind::UserTask(_) => self.go_on_with_change(key),
            ElementKind::SubProcess(SubProcess::AdHoc(sub_process))
                if self.state.jobs_of(key).next().is_none() =>
            {
                self.ask_again(key, sub_process);
            }
            ElementKind::EndEvent(_) => self.throw_again(key),
            ElementKind::CallActivity(called)
                if self.state.element(key).is_some_and(|element| element.called.is_none()) =>
            {
                match self.prepare_call(called, key) {
                    Ok(call) => self.call(key, call),
                    Err(trouble) => self.raise(key, None, trouble),
                }
            }
            ElementKind::DecisionTask(decision) => match self.prepare_decision(decision, key) {
                Ok(decision) => self.ask_for_decision(key, decision),
                Err(trouble) => self.raise(key, None, trouble),
            },
            _ => {}
        }
    }
}
