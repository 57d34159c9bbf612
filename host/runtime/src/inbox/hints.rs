//! Which partitions have sent something: a hint to look at the rows. It takes no place, so that none is lost.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use types::PartitionId;

/// The senders that were not heard of yet.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    senders: Mutex<BTreeSet<PartitionId>>,
    rung: Notify,
}

impl Hints {
    pub(crate) fn add(&self, sender: PartitionId) {
        self.lock().insert(sender);
        self.rung.notify_one();
    }

    /// Returns when there are some.
    pub(crate) async fn come(&self) {
        while self.lock().is_empty() {
            self.rung.notified().await;
        }
    }

    pub(crate) fn take(&self) -> BTreeSet<PartitionId> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<PartitionId>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
