//! Raising incidents, and trying again.

use types::{ElementInstanceKey, IncidentKey, JobKey};

use super::evaluate::Trouble;
use super::run::Run;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::ElementState;

impl Run<'_> {
    /// Stops an element instance until an operator has seen to it.
    pub(super) fn raise(&mut self, key: ElementInstanceKey, job: Option<JobKey>, trouble: Trouble) {
        let incident = IncidentKey(self.new_key());
        self.emit(Event::IncidentCreated {
            key: incident,
            element_instance: key,
            job,
            kind: trouble.kind,
            message: trouble.message,
            at: self.at(),
        });
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
            Some(ElementState::Completing) => self.complete(element_instance, None),
            Some(ElementState::Active) => self.throw_again(element_instance),
            None => {}
        }
        Ok(())
    }
}
