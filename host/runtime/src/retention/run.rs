//! The task: looks at the rows again and again, and after faults.

use std::time::Duration;

use types::Timestamp;

use super::error::Error;
use super::policy::Retention;
use super::surroundings::Surroundings;
use super::sweep;
use crate::clock::Clock;

/// How long after a fault it is tried again at first; each further fault doubles it.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long after a fault it is tried again at the latest.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(60);

/// The shortest time from one look at the rows to the next: what is due one by one goes together.
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);

/// The longest time from one look at the rows to the next.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(600);

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
