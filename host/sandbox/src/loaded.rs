//! Compiled components in memory: those that were used last, within a budget.
//!
//! Code is a private copy in memory and not a mapping of the cache's file: it was proved with the host's key, and
//! a file can be changed afterwards by whoever may write to it. So it counts, and a host with many components keeps
//! those that have work. Taking code from the cache costs a job about as long as the job itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::{Component, Digest};

/// Compiled code that is kept in memory by default, in bytes.
pub const LOADED_BYTES_MAX: u64 = 512 << 20;

/// Code that is there, or that somebody is fetching: others wait for it instead of fetching it again.
pub(crate) type Slot = Arc<OnceCell<Component>>;

/// Compiled components in memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    bytes_max: u64,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_digest: HashMap<Digest, Entry>,
    /// What all of them take.
    bytes: u64,
    /// Grows with every use.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    slot: Slot,
    /// Zero until its code is there.
    bytes: u64,
    used_at: u64,
}

impl Loaded {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { bytes_max, entries: Mutex::default() }
    }

    /// The slot of a component, which counts as a use of it.
    pub(crate) fn slot(&self, digest: &Digest) -> Slot {
        let mut entries = self.entries();
        entries.clock += 1;
        let used_at = entries.clock;
        let new = || Entry { slot: Slot::default(), bytes: 0, used_at };
        let entry = entries.by_digest.entry(*digest).or_insert_with(new);
        entry.used_at = used_at;
        Arc::clone(&entry.slot)
    }

    /// Counts what has come into a slot, and lets go of what was not used for the longest time.
    /// Jobs that run on it keep it until they end.
    pub(crate) fn settle(&self, digest: &Digest) {
        let mut unloaded = Vec::new();
        let mut entries = self.entries();
        entries.count(digest);
        while entries.bytes > self.bytes_max
            && let Some(entry) = entries.remove_oldest(digest)
        {
            unloaded.push(entry);
        }
        drop(entries);
        // Giving memory back takes a while, and others need not wait for it.
        drop(unloaded);
    }

    /// Takes out a slot that nothing has come into.
    pub(crate) fn give_up(&self, digest: &Digest) {
        let mut entries = self.entries();
        if entries.by_digest.get(digest).is_some_and(|entry| !entry.slot.initialized()) {
            entries.by_digest.remove(digest);
        }
    }

    /// Whether code can come without other code having to go: half of the budget is left to what jobs ask for.
    pub(crate) fn has_room(&self) -> bool {
        self.entries().bytes < self.bytes_max / 2
    }

    /// What is loaded, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.entries().bytes
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn count(&mut self, digest: &Digest) {
        if let Some(entry) = self.by_digest.get_mut(digest)
            && let Some(component) = entry.slot.get()
        {
            let bytes = component.code_bytes();
            self.bytes += bytes - entry.bytes;
            entry.bytes = bytes;
        }
    }

    /// The one that was not used for the longest time, other than `spared`. Slots without code take nothing.
    fn remove_oldest(&mut self, spared: &Digest) -> Option<Entry> {
        let loaded = self.by_digest.iter().filter(|(digest, entry)| entry.bytes > 0 && *digest != spared);
        let oldest = loaded.min_by_key(|(_, entry)| entry.used_at).map(|(digest, _)| *digest)?;
        let entry = self.by_digest.remove(&oldest)?;
        self.bytes -= entry.bytes;
        Some(entry)
    }
}
