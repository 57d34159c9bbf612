//! Commits that fail on demand, or whose answers are lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{CrossingRow, Error};

/// Makes commits fail with [`Error::Unavailable`], with nothing written or with only the answer lost.
///
/// Counting the commits of a run that goes well, and then failing each of them in turn, meets every fault there can be.
#[derive(Debug, Default)]
pub struct Faults {
    tried: AtomicU64,
    failing: AtomicU64,
    losing: AtomicU64,
    garbled: Mutex<Vec<CrossingRow>>,
}

/// What a commit that was made to fail says.
#[derive(Debug, thiserror::Error)]
#[error("commit {number} was made to fail")]
pub struct InjectedFault {
    /// Which commit, counted from 1.
    pub number: u64,
}

impl Faults {
    /// Lets commit `number` fail, counted from 1 over the life of the store. 0 is none. Takes the place of an earlier call.
    pub fn fail_commit(&self, number: u64) {
        self.failing.store(number, Ordering::SeqCst);
    }

    /// Lets commit `number` be carried out and its answer be lost, counted as above. 0 is none.
    pub fn lose_answer(&self, number: u64) {
        self.losing.store(number, Ordering::SeqCst);
    }

    /// Makes a row of what crosses instances unreadable, as one is that another release has written.
    pub fn garble(&self, row: CrossingRow) {
        self.garbled().push(row);
    }

    /// Whether a row can be read.
    pub(super) fn check_readable(&self, row: &CrossingRow) -> Result<(), Error> {
        if self.garbled().contains(row) {
            return Err(Error::Unreadable { row: row.clone(), reason: "it was garbled".to_owned() });
        }
        Ok(())
    }

    fn garbled(&self) -> MutexGuard<'_, Vec<CrossingRow>> {
        // Nothing can panic between taking the lock and letting go of it.
        self.garbled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many commits were tried so far, failed ones included.
    pub fn commits_tried(&self) -> u64 {
        self.tried.load(Ordering::SeqCst)
    }

    /// Whether the answer of the commit that was counted last arrives.
    pub(super) fn answer(&self) -> Result<(), Error> {
        let number = self.commits_tried();
        if number == self.losing.load(Ordering::SeqCst) {
            return Err(Error::Unavailable(Box::new(InjectedFault { number })));
        }
        Ok(())
    }

    /// Counts a commit.
    pub(super) fn next(&self) -> Result<(), Error> {
        let number = self.tried.fetch_add(1, Ordering::SeqCst) + 1;
        if number == self.failing.load(Ordering::SeqCst) {
            Err(Error::Unavailable(Box::new(InjectedFault { number })))
        } else {
            Ok(())
        }
    }
}
