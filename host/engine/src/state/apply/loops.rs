//! Loops and the paths of ad-hoc sub-processes.

use types::ElementInstanceKey;

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::{LoopProgress, Role};

impl InstanceState {
    pub(super) fn apply_to_loops(&mut self, event: &Event) {
        match event {
            Event::LoopStarted { key, total, items } => {
                self.touched.loops.mark(key, false);
                let (entered, completed, terminated) = (0, 0, 0);
                self.loops.insert(
                    *key,
                    LoopProgress { element_instance: *key, total: *total, entered, completed, terminated },
                );
                if let Some(items) = items {
                    self.touched.loop_values.mark(&(*key, 0), false);
                    self.put_loop_value((*key, 0), items.clone());
                }
            }
            Event::LoopResultKept { key, counter, value } => {
                let place = (*key, *counter);
                self.touched.loop_values.mark(&place, self.loop_values.contains_key(&place));
                self.put_loop_value(place, value.clone());
            }
            Event::LoopClosed { key } => {
                self.change_loop(*key, |progress| progress.total = Some(progress.entered));
            }
            other => debug_assert!(false, "{other:?} is not about loops"),
        }
    }

    pub(super) fn change_loop(&mut self, key: ElementInstanceKey, change: impl FnOnce(&mut LoopProgress)) {
        if let Some(progress) = self.loops.get_mut(&key) {
            self.touched.loops.mark(&key, true);
            change(progress);
        }
    }

    /// Counts the end of an element instance for the loop that it is an item of.
    pub(super) fn count_item(&mut self, key: ElementInstanceKey, count: impl FnOnce(&mut LoopProgress)) {
        if let Some(element) = self.elements.get(&key)
            && let Role::Item { .. } | Role::Path = element.role
        {
            self.change_loop(element.scope, count);
        }
    }

    /// Removes what a loop or an ad-hoc sub-process has, if the element instance is one.
    pub(super) fn remove_loop(&mut self, key: ElementInstanceKey) {
        if self.loops.remove(&key).is_none() {
            return;
        }
        self.touched.loops.mark(&key, true);
        self.loop_indexes.remove(&key);
        let values: Vec<_> =
            self.loop_values.range((key, 0)..=(key, u32::MAX)).map(|(place, _)| *place).collect();
        for place in values {
            self.touched.loop_values.mark(&place, true);
            self.loop_values.remove(&place);
        }
    }
}
