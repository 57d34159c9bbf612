//! Instances in memory: a bounded cache of rows.

use std::collections::HashMap;

use engine::{Definitions, InstanceState};
use types::ProcessInstanceKey;

use crate::attempts::Ledger;

/// Instances that all partitions keep in memory at most, besides those of the batches at work.
const INSTANCES_CACHED_MAX: usize = 4_096;

/// What the instances in memory of all partitions may take, in bytes, roughly.
const BYTES_CACHED_MAX: usize = 128 << 20;

/// What an instance takes at least, in bytes, roughly.
const BYTES_PER_INSTANCE: usize = 2_000;

/// Instances by key, each with the definitions that its steps need.
pub(super) struct InstanceCache {
    /// How many caches share the bounds.
    share: usize,
    instances: HashMap<ProcessInstanceKey, CachedInstance>,
    /// Grows with every use; the smallest was used longest ago.
    uses: u64,
    bytes: usize,
}

pub(super) struct CachedInstance {
    pub(super) state: InstanceState,
    pub(super) definitions: Definitions,
    /// The attempts at its jobs that are kept, where that is known.
    pub(super) attempts: Option<Ledger>,
    last_use: u64,
    bytes: usize,
}

impl InstanceCache {
    /// One of `share` caches.
    pub(super) fn new(share: usize) -> Self {
        Self { share, instances: HashMap::new(), uses: 0, bytes: 0 }
    }

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
        self.remove(key);
        self.bytes += BYTES_PER_INSTANCE;
        let (last_use, bytes) = (self.uses, BYTES_PER_INSTANCE);
        let instance = CachedInstance { state, definitions, attempts: None, last_use, bytes };
        self.instances.entry(key).insert_entry(instance).into_mut()
    }

    /// An instance takes so many bytes more.
    pub(super) fn grown(&mut self, key: ProcessInstanceKey, bytes: usize) {
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.bytes += bytes;
            self.bytes += bytes;
        }
    }

    pub(super) fn remove(&mut self, key: ProcessInstanceKey) {
        if let Some(instance) = self.instances.remove(&key) {
            self.bytes -= instance.bytes;
        }
    }

    /// Drops what was not used lately, down to half the bounds, except what `keeps`: what is not saved yet.
    pub(super) fn trim(&mut self, keeps: impl Fn(ProcessInstanceKey) -> bool) {
        let (instances_max, bytes_max) = (INSTANCES_CACHED_MAX / self.share, BYTES_CACHED_MAX / self.share);
        if self.instances.len() <= instances_max && self.bytes <= bytes_max {
            return;
        }
        let mut by_use: Vec<(u64, ProcessInstanceKey, usize)> =
            self.instances.iter().map(|(key, instance)| (instance.last_use, *key, instance.bytes)).collect();
        by_use.sort_unstable();
        let (mut count, mut bytes) = (self.instances.len(), self.bytes);
        for (_, key, size) in by_use {
            if count <= instances_max / 2 && bytes <= bytes_max / 2 {
                break;
            }
            if !keeps(key) {
                self.remove(key);
                count -= 1;
                bytes -= size;
            }
        }
    }

    /// Drops everything: memory has moved on from what the rows say.
    pub(super) fn clear(&mut self) {
        self.instances.clear();
        self.bytes = 0;
    }
}
