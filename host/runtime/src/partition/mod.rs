//! A partition: one single-writer loop over the instances that it owns.
//!
//! The loop takes all requests that wait, carries them out in memory, and writes them in one commit.
//! While that commit is under way the next batch is carried out; it is written when the first one is durable.
//! Replies, rejections too, wait for the commits of all that they may rest on.
//! If a commit fails, the loop forgets what it had in memory, the next batch included, and reads the rows again.

mod activate;
mod aftermath;
mod awaited;
mod business_ids;
mod cache;
mod commit;
mod conditions;
mod correlations;
mod decision;
mod deploy;
mod deploy_decisions;
mod deploy_files;
mod description;
mod due;
mod files;
mod lines;
mod mail;
mod message_starts;
mod outgoing;
mod paused;
mod pending;
mod recovery;
mod reply;
mod set_aside;
mod signal;
mod start_timers;
mod starts;
mod task_changes;
mod work;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use engine::KeyRange;
use store::{JobRef, Store};
use tokio::sync::{Notify, watch};
use types::{PartitionId, ProcessInstanceKey, Timestamp};

use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::decisions::DecisionCache;
use crate::definitions::DefinitionCache;
use crate::dispatch::Dispatcher;
use crate::error::Error;
use crate::figures::Figures;
use crate::inbox::{Ask, Inboxes, Letters, Undelivered};
use crate::suspension::Suspension;
use crate::withheld::Withheld;
use awaited::Awaited;
use business_ids::BusinessIds;
pub(crate) use business_ids::partition_of as partition_of_business_id;
use cache::InstanceCache;
use commit::Writing;
use lines::Lines;
use mail::{Correlations, MailboxCache};
use paused::Paused;
use pending::Pending;
pub(crate) use task_changes::Decision;
use task_changes::TaskChanges;

/// Instances that one batch may start in any case, also while the components of this host are behind with their jobs.
const STARTS_WHEN_BEHIND_MIN: usize = 4;

/// What a partition shares with the rest of the host.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) definitions: Arc<DefinitionCache>,
    pub(crate) dispatcher: Dispatcher,
    /// The ways into all partitions, to wake them.
    pub(crate) inboxes: Inboxes,
    /// Rings when jobs may have become available to external workers.
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) suspension: Arc<Suspension>,
    pub(crate) decisions: DecisionCache,
    /// Process versions of which no instance is started.
    pub(crate) withheld: Withheld,
    /// Rung when there may be something to do for batch operations.
    pub(crate) batch_bell: Arc<Notify>,
    pub(crate) figures: Arc<Figures>,
    /// Turns true when the host ends.
    pub(crate) shutdown: watch::Receiver<bool>,
}

pub(crate) struct Partition {
    id: PartitionId,
    shared: Arc<Shared>,
    inbox: Letters,
    keys: KeyRange,
    cache: InstanceCache,
    mailboxes: MailboxCache,
    /// What is on its way to this partition.
    lines: Lines,
    /// Callers who wait to hear which instance takes their message.
    correlations: Correlations,
    awaited: Awaited,
    task_changes: TaskChanges,
    business_ids: BusinessIds,
    /// Instances that have more to do.
    paused: Paused,
    /// Jobs that were handed to a worker that was gone by then.
    undelivered: Vec<Undelivered>,
    /// Instances whose rows contradict what memory says; they are left alone until the host is started again.
    damaged: HashSet<ProcessInstanceKey>,
    /// The partition is another host's now.
    has_lost_lease: bool,
    /// Jobs that an earlier process of this host was running, until they are released.
    left_running: Vec<JobRef>,
    /// What an earlier process of this host has left is taken up.
    is_recovered: bool,
    /// Partitions that a commit has sent something to of which it is not known whether it was written.
    unsure_receivers: BTreeSet<PartitionId>,
    /// The commit under way.
    writing: Option<Writing>,
    next_due: Option<Timestamp>,
    seed: u64,
}

/// What the loop goes on with.
enum Next {
    End,
    Written(Result<(), store::Error>),
    Take(Box<Ask>),
    Look,
}

impl Partition {
    /// Finds its place in the rows; `run` then takes up what an earlier process has left.
    /// It is one of `share` partitions, which share what memory there is for instances.
    pub(crate) async fn open(
        id: PartitionId,
        share: usize,
        shared: Arc<Shared>,
        inbox: Letters,
        seed: u64,
    ) -> Result<Self, Error> {
        let next = shared.store.next_key_counter(id).await?;
        let left_running = shared.store.running_jobs(id).await?;
        let mut lines = Lines::new(id, shared.inboxes.partitions());
        match shared.store.outbox(id, id, None, 1).await {
            Ok(own) if own.is_empty() => lines.own_is_clear(),
            // What cannot be read is set aside when the line is taken.
            Ok(_) | Err(store::Error::Unreadable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self {
            id,
            shared,
            inbox,
            keys: KeyRange::new(id, next),
            cache: InstanceCache::new(share),
            mailboxes: MailboxCache::new(share),
            lines,
            correlations: Correlations::default(),
            awaited: Awaited::default(),
            task_changes: TaskChanges::default(),
            business_ids: BusinessIds::default(),
            paused: Paused::default(),
            undelivered: Vec::new(),
            damaged: HashSet::new(),
            has_lost_lease: false,
            left_running,
            is_recovered: false,
            unsure_receivers: BTreeSet::new(),
            writing: None,
            next_due: None,
            seed,
        })
    }

    /// Runs until the host ends or all handles are gone.
    pub(crate) async fn run(mut self) {
        let mut shutdown = self.shared.shutdown.clone();
        let mut pending = Pending::default();
        loop {
            match self.next(&pending, &mut shutdown).await {
                Next::End => break,
                Next::Written(outcome) => drop(self.written(outcome, &mut pending)),
                Next::Take(ask) => self.take(*ask, &mut pending).await,
                Next::Look => {}
            }
            self.drain(&mut pending).await;
            if self.has_lost_lease {
                // Whatever is in memory may be out of date, and another host goes on with the rows.
                tracing::error!("another host has taken over; this one ends its work");
                return;
            }
            if self.writing.is_none() {
                self.take_back_undelivered(&mut pending).await;
                if !self.shared.suspension.holds() {
                    self.recover_late(&mut pending).await;
                    for sender in self.inbox.take_hints() {
                        self.lines.hear_of(sender);
                    }
                    self.take_parcels(&mut pending).await;
                    self.continue_paused(&mut pending).await;
                    self.take_what_is_due(&mut pending).await;
                }
                self.write(std::mem::take(&mut pending));
            }
        }
        // What is pending was answered to nobody.
        let _ = self.finish_writing(&mut pending).await;
    }

    /// Waits until there is something to do. Nothing is lost when a part of it is dropped half-way:
    /// receiving takes a request only when it returns it, and the commit goes on by itself.
    async fn next(&mut self, pending: &Pending, shutdown: &mut watch::Receiver<bool>) -> Next {
        let is_idle = self.writing.is_none();
        let Shared { clock, suspension, .. } = &*self.shared;
        let is_suspended = suspension.holds();
        let goes_on = (self.paused.has_some() || self.lines.has_some()) && !is_suspended;
        let has_more = is_idle && (goes_on || !self.undelivered.is_empty());
        let takes_clients = takes_clients(pending, self.shared.dispatcher.is_behind(self.id));
        let hints = self.inbox.hints();
        tokio::select! {
            biased;
            () = ended(shutdown) => Next::End,
            outcome = Writing::outcome(&mut self.writing) => Next::Written(outcome),
            () = std::future::ready(()), if has_more => Next::Look,
            ask = self.inbox.next(takes_clients), if pending.has_room() => {
                ask.map_or(Next::End, |ask| Next::Take(Box::new(ask)))
            }
            () = hints.come(), if is_idle && !is_suspended => Next::Look,
            // Rows that the commit under way changes are looked at when it is done.
            () = suspension.ended(), if is_idle && is_suspended => Next::Look,
            () = sleep_until(&**clock, self.next_due), if is_idle && !is_suspended => Next::Look,
        }
    }

    /// Takes all that waits, until the commit is full or the one under way is done.
    async fn drain(&mut self, pending: &mut Pending) {
        let is_behind = self.shared.dispatcher.is_behind(self.id);
        while pending.has_room() && !self.writing.as_ref().is_some_and(Writing::is_done) {
            let Some(ask) = self.inbox.try_next(takes_clients(pending, is_behind)) else { break };
            self.take(ask, pending).await;
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

/// While the components of this host are behind with their jobs, a batch starts no more instances than it brings forward,
/// or a few. With time to spare batches are short and follow each other quickly, so that this slows nobody down;
/// without, what was begun comes first.
fn takes_clients(pending: &Pending, is_behind: bool) -> bool {
    !is_behind || pending.starts() < pending.jobs_brought_forward().max(STARTS_WHEN_BEHIND_MIN)
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
