//! What was done in memory and waits for its commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use engine::journal::Entry;
use engine::state::MailboxAddress;
use engine::{Change, Event, Outgoing};
use store::{JobAttempt, MessageCorrelation, Parcel, ParcelKey, StartTimer};
use types::{AttemptKey, MessageKey, PartitionId, ProcessInstanceKey, SharedStr, TimerKey, Timestamp};

use super::reply::Reply;
use crate::figures::Taken;

/// Requests that one commit takes in at most: bounds what a failed commit loses and how long a reply waits.
const REQUESTS_PER_COMMIT_MAX: usize = 2_000;

/// What one commit carries out at most of what its own instances ask for.
const FOLLOW_UPS_PER_COMMIT_MAX: usize = 2_000;

/// Journal bytes and variables of one commit, roughly: the rest of the inbox waits for the next.
const BYTES_PER_COMMIT_MAX: usize = 16 << 20;

/// What was done in memory and waits for its commit.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) requests: usize,
    pub(super) starts: usize,
    /// Rough size of what is to be written and answered.
    pub(super) bytes: usize,
    pub(super) replies: Vec<Reply>,
    /// How many jobs were handed to external workers, by type.
    pub(super) taken: HashMap<SharedStr, Taken>,
    pub(super) entries: BTreeMap<ProcessInstanceKey, Vec<Entry>>,
    /// Attempts at jobs of instances that have entries.
    pub(super) attempts: BTreeMap<ProcessInstanceKey, BTreeMap<AttemptKey, Change<AttemptKey, JobAttempt>>>,
    /// Messages that instances with entries have taken.
    pub(super) taken_messages: BTreeMap<ProcessInstanceKey, Vec<MessageCorrelation>>,
    /// What is to be carried out in the same batch.
    pub(super) follow_ups: VecDeque<Outgoing>,
    pub(super) follow_ups_done: usize,
    pub(super) outbox: BTreeMap<ParcelKey, Change<ParcelKey, Parcel>>,
    /// Mailboxes that have changed.
    pub(super) mailboxes: BTreeSet<MailboxAddress>,
    pub(super) start_timers: BTreeMap<TimerKey, Change<TimerKey, StartTimer>>,
    /// When the first of what it writes for itself is due.
    pub(super) due: Option<Timestamp>,
    /// Messages whose senders wait to hear who takes them.
    pub(super) correlations: Vec<MessageKey>,
    /// Something is told a key that no row has.
    pub(super) keeps_keys: bool,
}

impl Pending {
    /// Whether the commit takes more requests.
    pub(super) fn has_room(&self) -> bool {
        self.requests < REQUESTS_PER_COMMIT_MAX && self.bytes < BYTES_PER_COMMIT_MAX
    }

    pub(super) fn count_request(&mut self) {
        self.requests += 1;
    }

    pub(super) fn count_start(&mut self) {
        self.starts += 1;
    }

    /// Instances that the batch starts.
    pub(super) fn starts(&self) -> usize {
        self.starts
    }

    /// About as many jobs as the batch has begun and ended: each is two requests.
    pub(super) fn jobs_brought_forward(&self) -> usize {
        (self.requests - self.starts) / 2
    }

    pub(super) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Whether what the batch asks for is carried out in the batch.
    pub(super) fn takes_follow_ups(&self) -> bool {
        self.follow_ups_done < FOLLOW_UPS_PER_COMMIT_MAX && self.bytes < BYTES_PER_COMMIT_MAX
    }

    pub(super) fn count_follow_up(&mut self) {
        self.follow_ups_done += 1;
    }

    /// Notes what becomes of a parcel. The last word counts.
    pub(super) fn change_parcel(&mut self, key: ParcelKey, change: Change<ParcelKey, Parcel>) {
        self.outbox.insert(key, change);
    }

    /// Makes the batch one that is written even if only its keys are: no key is seen outside before that.
    pub(super) fn keep_keys(&mut self) {
        self.keeps_keys = true;
    }

    /// Notes what becomes of a timer of a start event.
    pub(super) fn change_start_timer(&mut self, key: TimerKey, change: Change<TimerKey, StartTimer>) {
        if let Change::Put(timer) = &change {
            self.arm(timer.due);
        }
        self.start_timers.insert(key, change);
    }

    /// Something that the batch writes is due at `time`.
    pub(super) fn arm(&mut self, time: Timestamp) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }

    /// Whether the batch sends something to a partition.
    pub(super) fn sends_to(&self, receiver: PartitionId) -> bool {
        self.outbox.iter().any(|(key, change)| key.receiver == receiver && matches!(change, Change::Put(_)))
    }

    /// Whether the batch writes rows of an instance.
    pub(super) fn writes(&self, instance: ProcessInstanceKey) -> bool {
        self.entries.contains_key(&instance)
    }

    /// Keeps an attempt at a job of an instance that the batch writes.
    pub(super) fn keep_attempt(&mut self, attempt: JobAttempt) {
        self.bytes += attempt.report.len();
        self.attempts.entry(attempt.instance).or_default().insert(attempt.key, Change::Put(attempt));
    }

    /// An attempt is kept no longer.
    pub(super) fn drop_attempt(&mut self, instance: ProcessInstanceKey, key: AttemptKey) {
        let attempts = self.attempts.entry(instance).or_default();
        // One that was to be written with this batch has no row.
        if attempts.remove(&key).is_none() {
            attempts.insert(key, Change::Delete(key));
        }
    }

    /// Keeps what an instance that the batch writes has taken.
    pub(super) fn keep_correlation(&mut self, correlation: MessageCorrelation) {
        self.bytes += correlation.name.len() + correlation.correlation_key.len();
        self.taken_messages.entry(correlation.instance).or_default().push(correlation);
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.outbox.is_empty()
            && self.mailboxes.is_empty()
            && self.start_timers.is_empty()
            && !self.keeps_keys
    }

    /// Notes what a command has done to an instance, and tells how much that is to write, roughly.
    pub(super) fn record(&mut self, key: ProcessInstanceKey, entry: Entry) -> usize {
        let bytes = entry.events.iter().map(rough_size).sum();
        self.bytes += bytes;
        self.entries.entry(key).or_default().push(entry);
        bytes
    }
}

/// Bytes that an event takes in journal and rows, roughly.
fn rough_size(event: &Event) -> usize {
    const FIXED_BYTES: usize = 100;
    FIXED_BYTES + 2 * event.text_bytes()
}
