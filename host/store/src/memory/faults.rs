//! Commits that fail on demand.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Error;

/// Makes commits fail with [`Error::Unavailable`], with nothing written.
///
/// Counting the commits of a run that goes well, and then failing each of them in turn, meets every fault there can be.
#[derive(Debug, Default)]
pub struct Faults {
    tried: AtomicU64,
    failing: AtomicU64,
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

    /// How many commits were tried so far, failed ones included.
    pub fn commits_tried(&self) -> u64 {
        self.tried.load(Ordering::SeqCst)
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
