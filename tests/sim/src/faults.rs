//! Faults that a store and a host may well have, and when they strike.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// Nothing is written, and the host is told.
    Fails,
    /// It is written, and the host is told that it failed.
    AnswerLost,
    /// It takes long, and others wait for it.
    Delayed,
    /// The host dies before it is written.
    CrashBefore,
    /// The host dies after it is written, before it hears of that.
    CrashAfter,
    /// The host dies while it is being written.
    Torn,
}

impl CommitFault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Fails, Self::AnswerLost, Self::Delayed, Self::CrashBefore, Self::CrashAfter, Self::Torn];
}

/// What has struck, for counting. A commit that merely takes long is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named for what they are")]
pub enum FaultKind {
    CommitFailed,
    AnswerLost,
    CommitTorn,
    ReadFailed,
    CrashBeforeCommit,
    CrashAfterCommit,
    CrashBetweenCommits,
    TakeOver,
}

/// Which of the coming commits and reads meet a fault, and how long each takes.
pub(crate) struct Plan(Mutex<Inner>);

struct Inner {
    rng: fastrand::Rng,
    commits_tried: u64,
    commits: BTreeMap<u64, CommitFault>,
    /// So many reads from now on fail, after so many that do not.
    failing_reads: (u32, u32),
    /// Whether commits and reads take time at all.
    takes_time: bool,
}

/// How a commit will go.
pub(crate) struct Fate {
    /// Which one it is, counted from 1 over the whole history.
    pub(crate) number: u64,
    pub(crate) fault: Option<CommitFault>,
    pub(crate) takes: Duration,
}

impl Plan {
    pub(crate) fn new(rng: fastrand::Rng, takes_time: bool) -> Self {
        let inner =
            Inner { rng, commits_tried: 0, commits: BTreeMap::new(), failing_reads: (0, 0), takes_time };
        Self(Mutex::new(inner))
    }

    /// Lets commit `number` meet a fault, counted from 1 over the whole history.
    pub(crate) fn meet(&self, number: u64, fault: CommitFault) {
        self.lock().commits.insert(number, fault);
    }

    /// Lets `count` reads fail after `skipped` good ones.
    pub(crate) fn fail_reads(&self, skipped: u32, count: u32) {
        self.lock().failing_reads = (skipped, count);
    }

    /// No more faults.
    pub(crate) fn calm(&self) {
        let mut inner = self.lock();
        inner.commits.clear();
        inner.failing_reads = (0, 0);
    }

    pub(crate) fn commits_tried(&self) -> u64 {
        self.lock().commits_tried
    }

    pub(crate) fn next_commit(&self) -> Fate {
        let mut inner = self.lock();
        inner.commits_tried += 1;
        let number = inner.commits_tried;
        let fault = inner.commits.remove(&number);
        let millis = match fault {
            Some(CommitFault::Delayed) => inner.rng.u64(50..3_000),
            _ if !inner.takes_time => 0,
            // Most commits take long enough for the next batch to grow meanwhile.
            _ => inner.rng.u64(0..8).saturating_sub(2),
        };
        Fate { number, fault, takes: Duration::from_millis(millis) }
    }

    /// Whether the next read fails.
    pub(crate) fn next_read_fails(&self) -> bool {
        let mut inner = self.lock();
        match &mut inner.failing_reads {
            (0, 0) => false,
            (0, count) => {
                *count -= 1;
                true
            }
            (skipped, _) => {
                *skipped -= 1;
                false
            }
        }
    }

    /// Draws from the store's own random numbers.
    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.lock().rng)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
