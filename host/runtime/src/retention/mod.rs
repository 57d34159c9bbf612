//! Removes instances that have ended, when they were kept for the time that is set for their process.
//!
//! One task for all partitions of the host. What is due is read from the rows, so nothing is kept in memory and nothing is
//! forgotten. Instances go in small batches with pauses between them, and the more of those the more others have to do.
//! With an [`Archive`] the history of a batch is durable there before the batch is removed.
//!
//! Invariants: what is active is never removed, and what its archive has not taken neither; a fault is tried again later.

mod archive;
mod batch;
mod policy;
mod sweep;
mod traffic;

pub use archive::{Archive, ArchiveError};
pub use policy::Retention;

use std::sync::Arc;
use std::time::Duration;

use store::Store;
use tokio::sync::watch;
use types::Timestamp;

use crate::clock::Clock;
use crate::dispatch::Dispatcher;
use crate::inbox::Inboxes;
use crate::suspension::Suspension;

/// How long after a fault it is tried again at first; each further fault doubles it.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long after a fault it is tried again at the latest.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(60);

/// The shortest time from one look at the rows to the next: what is due one by one goes together.
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);

/// The longest time from one look at the rows to the next.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(600);

/// What the task works with.
pub(crate) struct Surroundings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inboxes: Inboxes,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) suspension: Arc<Suspension>,
    /// Turns true when the host ends.
    pub(crate) shutdown: watch::Receiver<bool>,
}

/// Why a look at the rows was given up.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the history was not exported, and nothing is removed without that")]
    Archive(#[source] ArchiveError),
    #[error("the partition has ended")]
    Ended,
}

impl Error {
    /// Whether other instances may fare better.
    fn concerns_some(&self) -> bool {
        matches!(self, Self::Archive(_) | Self::Store(store::Error::Damaged(_)))
    }
}

/// Starts the task, if there is anything to do for it; it ends with the host.
pub(crate) fn spawn(retention: Retention, surroundings: Surroundings) {
    if retention.keeps_everything() {
        return;
    }
    let mut shutdown = surroundings.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = run(&retention, &surroundings) => {}
            _ = shutdown.wait_for(|ending| *ending) => {}
        }
    });
}

async fn run(retention: &Retention, surroundings: &Surroundings) {
    let mut faults = 0;
    loop {
        surroundings.suspension.ended().await;
        match sweep::sweep(retention, surroundings).await {
            Ok(next) => {
                faults = 0;
                wait_until(&*surroundings.clock, next).await;
            }
            Err(Error::Ended | Error::Store(store::Error::LeaseLost { .. })) => return,
            Err(error) => {
                let pause = AGAIN_AFTER.saturating_mul(1 << faults.min(10)).min(AGAIN_AFTER_MAX);
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, ?pause, "instances that have ended were not removed; trying again");
                faults += 1;
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Waits for `due` by the host's clock, within the bounds of a look.
async fn wait_until(clock: &dyn Clock, due: Option<Timestamp>) {
    let now = clock.now();
    let latest = now + LOOK_AGAIN_MAX;
    let due = due.map_or(latest, |due| due.clamp(now + LOOK_AGAIN_MIN, latest));
    while clock.now() < due {
        clock.sleep_until(due).await;
    }
}
