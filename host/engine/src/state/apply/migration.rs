//! The names of another version of the process.

use bpmn::Process;
use bpmn::model::ElementIndex;
use types::{CompensationKey, SharedStr};

use crate::event::Renamed;
use crate::state::wait_index::WaitIndex;
use crate::state::{InstanceState, TokenPlace};

impl InstanceState {
    /// Gives elements and tokens the names that they have in another version of the process.
    pub(super) fn rename(&mut self, renamed: &[Renamed], process: &Process) {
        let new_name = |old: &SharedStr| -> SharedStr {
            renamed.iter().find(|name| name.from == *old).map_or_else(|| old.clone(), |name| name.to.clone())
        };
        let root = self.instance.as_ref().map(|instance| instance.key.root_scope());
        for element in self.elements.values_mut() {
            element.element = if Some(element.key) == root {
                SharedStr::from(&process.id)
            } else {
                self.touched.elements.mark(&element.key, true);
                new_name(&element.element)
            };
            element.index = process.element_by_id(&element.element).unwrap_or(ElementIndex::PROCESS);
        }
        // Their rows name the version.
        for job in self.jobs.keys() {
            self.touched.jobs.mark(job, true);
        }
        for timer in self.timers.values_mut() {
            self.touched.timers.mark(&timer.key, true);
            timer.element = new_name(&timer.element);
        }
        for subscription in self.subscriptions.values_mut() {
            self.touched.subscriptions.mark(&subscription.key, true);
            subscription.element = new_name(&subscription.element);
        }
        self.waits = WaitIndex::of(self.subscriptions.values());
        let compensables: Vec<CompensationKey> = self.compensables.iter().map(|kept| kept.key).collect();
        for key in compensables {
            self.touched.compensables.mark(&key, true);
            self.compensables.change(key, |kept| kept.activity = new_name(&kept.activity));
        }
        if let Some(instance) = &mut self.instance {
            self.touched.instance = true;
            for after in &mut instance.ends_after {
                *after = new_name(after);
            }
        }
        for task in self.user_tasks.values_mut().filter(|task| task.ended_at.is_none()) {
            self.touched.user_tasks.mark(&task.key, true);
            task.element = new_name(&task.element);
        }
        for incident in self.incidents.values_mut().filter(|incident| incident.ended_at.is_none()) {
            self.touched.incidents.mark(&incident.key, true);
            incident.element = new_name(&incident.element);
        }
        let tokens: Vec<(TokenPlace, u32)> =
            self.tokens.iter().map(|(place, count)| (place.clone(), count)).collect();
        self.tokens = Default::default();
        // All of them first: where flows swap their names, a place that is new to one token had another before.
        for (place, _) in &tokens {
            self.touched.tokens.mark(place, true);
        }
        for (place, count) in tokens {
            let renamed = TokenPlace { scope: place.scope, flow: new_name(&place.flow) };
            self.touched.tokens.mark(&renamed, false);
            self.tokens.add(renamed, count, process);
        }
    }
}
