//! Where new keys come from.

use types::{Key, PartitionId};

/// The keys of one partition that are still to be given out.
#[derive(Clone, Debug)]
pub struct KeyRange {
    partition: PartitionId,
    next: u64,
}

impl KeyRange {
    /// Continues after all counters below `next`; the first counter of a partition is 1.
    pub fn new(partition: PartitionId, next: u64) -> Self {
        Self { partition, next: next.max(1) }
    }

    /// A key that was never given out before.
    pub fn next_key(&mut self) -> Key {
        let key = Key::new(self.partition, self.next);
        self.next += 1;
        key
    }

    /// The counter of the next key: what has to be durable before any key below it is seen outside.
    pub fn next_counter(&self) -> u64 {
        self.next
    }

    /// The partition whose keys these are.
    pub fn partition(&self) -> PartitionId {
        self.partition
    }
}
