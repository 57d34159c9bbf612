//! Instances in memory: a bounded cache of rows.

use std::collections::HashMap;

use engine::{Definitions, InstanceState};
use types::ProcessInstanceKey;

/// Instances kept in memory at most, besides those of the batch at work.
const INSTANCES_CACHED_MAX: usize = 4_096;

/// Instances by key, each with the definitions that its steps need.
#[derive(Default)]
pub(super) struct InstanceCache {
    instances: HashMap<ProcessInstanceKey, CachedInstance>,
    /// Grows with every use; the smallest was used longest ago.
    uses: u64,
}

pub(super) struct CachedInstance {
    pub(super) state: InstanceState,
    pub(super) definitions: Definitions,
    last_use: u64,
}

impl InstanceCache {
    pub(super) fn get(&mut self, key: ProcessInstanceKey) -> Option<&mut CachedInstance> {
        let instance = self.instances.get_mut(&key)?;
        self.uses += 1;
        instance.last_use = self.uses;
        Some(instance)
    }

    pub(super) fn insert(
        &mut self,
        key: ProcessInstanceKey,
        state: InstanceState,
        definitions: Definitions,
    ) -> &mut CachedInstance {
        self.uses += 1;
        let instance = CachedInstance { state, definitions, last_use: self.uses };
        self.instances.entry(key).insert_entry(instance).into_mut()
    }

    pub(super) fn remove(&mut self, key: ProcessInstanceKey) {
        self.instances.remove(&key);
    }

    /// Drops what was not used lately, down to half the bound. Only between batches: nothing in it is unsaved then.
    pub(super) fn trim(&mut self) {
        if self.instances.len() <= INSTANCES_CACHED_MAX {
            return;
        }
        let mut uses: Vec<u64> = self.instances.values().map(|instance| instance.last_use).collect();
        let surplus = uses.len() - INSTANCES_CACHED_MAX / 2;
        let (_, oldest_kept, _) = uses.select_nth_unstable(surplus);
        let oldest_kept = *oldest_kept;
        self.instances.retain(|_, instance| instance.last_use >= oldest_kept);
    }

    /// Drops everything: memory has moved on from what the rows say.
    pub(super) fn clear(&mut self) {
        self.instances.clear();
    }
}
