//! Lets others go first.

use std::time::Duration;

use tokio::time::Instant;
use types::PartitionId;

use crate::dispatch::Dispatcher;
use crate::inbox::Inbox;

/// How long to wait at a time while the partition is overloaded.
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

/// What else a partition has to do.
pub(super) struct Traffic<'p> {
    partition: PartitionId,
    inbox: &'p Inbox,
    dispatcher: &'p Dispatcher,
    /// When the last pause ended, and how much the partition had been asked by then.
    since: Instant,
    asked: u64,
}

impl<'p> Traffic<'p> {
    pub(super) fn of(partition: PartitionId, inbox: &'p Inbox, dispatcher: &'p Dispatcher) -> Self {
        Self { partition, inbox, dispatcher, since: Instant::now(), asked: inbox.asked() }
    }

    /// Waits while the partition is overloaded, though not for ever.
    pub(super) async fn ease(&mut self) {
        let begin = Instant::now();
        while (self.inbox.is_crowded() || self.dispatcher.is_behind(self.partition))
            && begin.elapsed() < EASE_MAX
        {
            tokio::time::sleep(EASE_PAUSE).await;
        }
        self.begin();
    }

    /// Pauses, in proportion to what was done since the last pause.
    pub(super) async fn give_way(&mut self) {
        let took = self.since.elapsed();
        let pause = |times: u32| (took * times).clamp(PAUSE_MIN, PAUSE_MAX);
        tokio::time::sleep(pause(PAUSE_WHEN_QUIET)).await;
        if self.inbox.asked() != self.asked {
            tokio::time::sleep(pause(PAUSE_WHEN_BUSY - PAUSE_WHEN_QUIET)).await;
        }
        self.begin();
    }

    fn begin(&mut self) {
        self.since = Instant::now();
        self.asked = self.inbox.asked();
    }
}
