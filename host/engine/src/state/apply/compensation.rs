//! Completed activities that can be undone.

use types::CompensationKey;

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::Compensable;
use crate::state::members::Belonging;

impl InstanceState {
    pub(super) fn apply_to_compensation(&mut self, event: &Event) {
        match event {
            Event::CompensationKept { key, scope, activity, variables } => {
                self.touched.compensables.mark(key, false);
                self.attach(*scope, Belonging::Compensable(*key));
                self.compensables.insert(Compensable {
                    key: *key,
                    scope: *scope,
                    activity: activity.clone(),
                    within: None,
                    variables: variables.clone().unwrap_or_default(),
                    undone_by: None,
                    handler: None,
                });
            }
            Event::CompensationMoved { key, scope, within } => {
                let mut before = *scope;
                self.change_compensable(*key, |kept| {
                    before = std::mem::replace(&mut kept.scope, *scope);
                    kept.within.get_or_insert(*within);
                });
                self.detach(before, Belonging::Compensable(*key));
                if self.compensables.get(*key).is_some() {
                    self.attach(*scope, Belonging::Compensable(*key));
                }
            }
            Event::CompensationStarted { key, undone_by, handler } => self.change_compensable(*key, |kept| {
                kept.undone_by = Some(*undone_by);
                kept.handler = *handler;
            }),
            Event::CompensationReleased { key } => self.change_compensable(*key, |kept| {
                kept.undone_by = None;
                kept.handler = None;
            }),
            Event::CompensationEnded { key } => {
                if let Some(kept) = self.remove_compensable(*key) {
                    self.detach(kept.scope, Belonging::Compensable(*key));
                }
            }
            other => debug_assert!(false, "{other:?} is not about compensation"),
        }
    }

    fn change_compensable(&mut self, key: CompensationKey, change: impl FnOnce(&mut Compensable)) {
        if self.compensables.change(key, change) {
            self.touched.compensables.mark(&key, true);
        }
    }

    pub(super) fn remove_compensable(&mut self, key: CompensationKey) -> Option<Compensable> {
        let compensable = self.compensables.remove(key)?;
        self.touched.compensables.mark(&key, true);
        Some(compensable)
    }
}
