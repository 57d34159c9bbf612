//! Incidents.

use types::{ElementInstanceKey, IncidentKey, Timestamp};

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::Incident;
use crate::state::members::Belonging;

impl InstanceState {
    pub(super) fn apply_to_incident(&mut self, event: &Event) {
        match event {
            Event::IncidentCreated { key, element_instance, job, kind, message, at } => {
                let element = self
                    .elements
                    .get(element_instance)
                    .map(|element| element.element.clone())
                    .unwrap_or_default();
                self.touched.incidents.mark(key, false);
                self.attach(*element_instance, Belonging::Incident(*key));
                self.incidents.insert(
                    *key,
                    Incident {
                        key: *key,
                        element_instance: *element_instance,
                        element,
                        job: *job,
                        kind: *kind,
                        message: message.clone(),
                        created_at: *at,
                        ended_at: None,
                    },
                );
                if let Some(instance) = &mut self.instance {
                    self.touched.instance = true;
                    instance.open_incidents += 1;
                }
            }
            Event::IncidentResolved { key, at } => {
                if let Some(element_instance) = self.end_incident(*key, *at) {
                    self.detach(element_instance, Belonging::Incident(*key));
                }
            }
            other => debug_assert!(false, "{other:?} is not about incidents"),
        }
    }

    /// Ends an incident, and gives the element instance that it belongs to; `None` when it had ended before.
    pub(super) fn end_incident(&mut self, key: IncidentKey, at: Timestamp) -> Option<ElementInstanceKey> {
        let incident = self.incidents.get_mut(&key).filter(|incident| incident.ended_at.is_none())?;
        self.touched.incidents.mark(&key, true);
        incident.ended_at = Some(at);
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            instance.open_incidents = instance.open_incidents.saturating_sub(1);
        }
        Some(incident.element_instance)
    }
}
