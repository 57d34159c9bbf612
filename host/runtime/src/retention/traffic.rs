//! Lets others go first.

use std::time::Duration;

use tokio::time::Instant;

use crate::dispatch::Dispatcher;
use crate::inbox::{Inbox, Inboxes};

/// How long to wait at a time while a partition is overloaded.
const EASE_PAUSE: Duration = Duration::from_millis(100);

/// How long to wait for the end of an overload at most. Under one that never ends, rows would never be removed.
const EASE_MAX: Duration = Duration::from_secs(5);

/// With nobody else at work, the pause between two transactions is as long as the one before took.
const PAUSE_WHEN_QUIET: u32 = 1;

/// With others at work, they have nine tenths of the time.
const PAUSE_WHEN_BUSY: u32 = 9;

/// The shortest pause: transactions of a few microseconds leave room for nobody.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What else the host has to do, in all partitions: they share the database.
pub(super) struct Traffic<'h> {
    inboxes: &'h Inboxes,
    dispatcher: &'h Dispatcher,
    /// When the last pause ended, and how much the partitions had been asked by then.
    since: Instant,
    asked: u64,
}

impl<'h> Traffic<'h> {
    pub(super) fn of(inboxes: &'h Inboxes, dispatcher: &'h Dispatcher) -> Self {
        Self { inboxes, dispatcher, since: Instant::now(), asked: asked(inboxes) }
    }

    /// Waits while a partition is overloaded, though not for ever.
    pub(super) async fn ease(&mut self) {
        let begin = Instant::now();
        while self.is_overloaded() && begin.elapsed() < EASE_MAX {
            tokio::time::sleep(EASE_PAUSE).await;
        }
        self.begin();
    }

    /// Pauses, in proportion to what was done since the last pause.
    pub(super) async fn give_way(&mut self) {
        let took = self.since.elapsed();
        let pause = |times: u32| (took * times).clamp(PAUSE_MIN, PAUSE_MAX);
        tokio::time::sleep(pause(PAUSE_WHEN_QUIET)).await;
        if asked(self.inboxes) != self.asked {
            tokio::time::sleep(pause(PAUSE_WHEN_BUSY - PAUSE_WHEN_QUIET)).await;
        }
        self.begin();
    }

    fn is_overloaded(&self) -> bool {
        let mut partitions = self.inboxes.partitions();
        partitions.any(|id| self.inboxes.of(id).is_crowded() || self.dispatcher.is_behind(id))
    }

    fn begin(&mut self) {
        self.since = Instant::now();
        self.asked = asked(self.inboxes);
    }
}

/// How much all partitions were asked so far.
fn asked(inboxes: &Inboxes) -> u64 {
    inboxes.in_turn().map(Inbox::asked).sum()
}
