//! Faults that no store and no host may have, planted to show that the checkers find them.

use engine::state::Rows;
use store::{Batch, Error};
use types::Timestamp;

/// What a planted fault makes of a commit.
#[derive(Debug)]
pub enum Told {
    /// This is written.
    Written(Batch),
    /// It is acknowledged, and written with the next commit, if there is one.
    TooEarly(Batch),
    /// It is acknowledged and forgotten.
    Nothing,
}

/// Stands between a host and its store and clock, and lies. What it leaves alone is as it should be.
pub trait Tamper: Send + Sync + 'static {
    /// A batch is to be committed.
    fn commit(&self, batch: Batch) -> Told {
        Told::Written(batch)
    }

    /// Whether a host that was taken over is kept from writing.
    fn is_fenced(&self) -> bool {
        true
    }

    /// An instance was read.
    fn loaded(&self, rows: Rows) -> Rows {
        rows
    }

    /// What the store says to a commit.
    fn answer(&self, answer: Result<(), Error>) -> Result<(), Error> {
        answer
    }

    /// What the clock shows.
    fn now(&self, now: Timestamp) -> Timestamp {
        now
    }

    /// How many components get each job at once.
    fn dispatches(&self) -> usize {
        1
    }
}

/// No fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct Honest;

impl Tamper for Honest {}
