//! What the events of a commit come to.

use engine::Event;

use super::Count;

/// What the events of one commit come to, until it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    instances_started: u32,
    instances_completed: u32,
    instances_terminated: u32,
    incidents_opened: u32,
    incidents_resolved: u32,
}

/// What all commits have come to.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) instances_started: Count,
    pub(super) instances_completed: Count,
    pub(super) instances_terminated: Count,
    pub(super) incidents_opened: Count,
    pub(super) incidents_resolved: Count,
}

impl Tally {
    /// Takes in an event.
    pub(crate) fn note(&mut self, event: &Event) {
        let count = match event {
            Event::InstanceCreated { .. } => &mut self.instances_started,
            Event::InstanceCompleted { .. } => &mut self.instances_completed,
            Event::InstanceTerminated { .. } => &mut self.instances_terminated,
            Event::IncidentCreated { .. } => &mut self.incidents_opened,
            Event::IncidentResolved { .. } => &mut self.incidents_resolved,
            _ => return,
        };
        *count += 1;
    }
}

impl Totals {
    pub(super) fn add(&self, tally: Tally) {
        let Tally {
            instances_started,
            instances_completed,
            instances_terminated,
            incidents_opened,
            incidents_resolved,
        } = tally;
        for (total, more) in [
            (&self.instances_started, instances_started),
            (&self.instances_completed, instances_completed),
            (&self.instances_terminated, instances_terminated),
            (&self.incidents_opened, incidents_opened),
            (&self.incidents_resolved, incidents_resolved),
        ] {
            if more > 0 {
                total.add(u64::from(more));
            }
        }
    }
}
