//! A partition: one single-writer loop over the instances that it owns.
//!
//! The loop takes all requests that wait, carries them out in memory, and writes them in one commit.
//! Replies, rejections too, wait for that commit, because what they tell may rest on it.
//! If the commit fails, the loop forgets what it had in memory and reads the rows again.

mod cache;
mod commit;
mod deploy;
mod due;
mod recovery;
mod request;
mod work;

pub(crate) use request::{Ask, CheckedResource, Deployment, DescribedJob, Target};

use std::collections::HashMap;
use std::sync::Arc;

use engine::KeyRange;
use store::Store;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use types::{PartitionId, ProcessInstanceKey, Timestamp};

use crate::clock::Clock;
use crate::definitions::DefinitionCache;
use crate::dispatch::Dispatcher;
use crate::error::Error;
use crate::handle::AwaitedInstance;
use cache::InstanceCache;
use commit::Pending;

/// Requests that one commit takes in at most: bounds what a failed commit loses and how long a reply waits.
const REQUESTS_PER_COMMIT_MAX: usize = 2_000;

/// Journal bytes and variables of one commit, roughly: the rest of the inbox waits for the next.
const BYTES_PER_COMMIT_MAX: usize = 16 << 20;

/// What a partition shares with the rest of the host.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) definitions: Arc<DefinitionCache>,
    pub(crate) dispatcher: Dispatcher,
    /// Rings when jobs may have become available to external workers.
    pub(crate) jobs_available: Arc<Notify>,
    /// Turns true when the host ends.
    pub(crate) shutdown: watch::Receiver<bool>,
}

pub(crate) struct Partition {
    id: PartitionId,
    shared: Arc<Shared>,
    inbox: mpsc::Receiver<Ask>,
    keys: KeyRange,
    cache: InstanceCache,
    awaited: HashMap<ProcessInstanceKey, Vec<oneshot::Sender<Result<AwaitedInstance, Error>>>>,
    next_due: Option<Timestamp>,
    seed: u64,
}

impl Partition {
    /// Finds its place in the rows; `run` then takes up what an earlier process has left.
    pub(crate) async fn open(
        id: PartitionId,
        shared: Arc<Shared>,
        inbox: mpsc::Receiver<Ask>,
        seed: u64,
    ) -> Result<Self, Error> {
        let next = shared.store.next_key_counter(id).await?;
        Ok(Self {
            id,
            shared,
            inbox,
            keys: KeyRange::new(id, next),
            cache: InstanceCache::default(),
            awaited: HashMap::new(),
            next_due: None,
            seed,
        })
    }

    /// Runs until the host ends or all handles are gone.
    pub(crate) async fn run(mut self) {
        let mut shutdown = self.shared.shutdown.clone();
        loop {
            let clock = Arc::clone(&self.shared.clock);
            // Nothing is lost when one of these is dropped half-way: receiving takes a request only when it returns it.
            let first = tokio::select! {
                biased;
                () = ended(&mut shutdown) => return,
                ask = self.inbox.recv() => match ask {
                    Some(ask) => Some(ask),
                    None => return,
                },
                () = sleep_until(&*clock, self.next_due) => None,
            };
            let mut pending = Pending::default();
            if let Some(ask) = first {
                self.take(ask, &mut pending).await;
            }
            while pending.requests < REQUESTS_PER_COMMIT_MAX && pending.bytes < BYTES_PER_COMMIT_MAX {
                match self.inbox.try_recv() {
                    Ok(ask) => self.take(ask, &mut pending).await,
                    Err(_) => break,
                }
            }
            self.take_what_is_due(&mut pending).await;
            self.commit(pending).await;
        }
    }

    /// A seed that no earlier command had.
    fn next_seed(&mut self) -> u64 {
        // SplitMix64: every state gives a different, well-mixed number.
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Something will be due at `time`.
    fn arm(&mut self, time: Timestamp) {
        self.next_due = Some(self.next_due.map_or(time, |due| due.min(time)));
    }
}

async fn ended(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|ending| *ending).await;
}

async fn sleep_until(clock: &dyn Clock, due: Option<Timestamp>) {
    match due {
        Some(due) => clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}
