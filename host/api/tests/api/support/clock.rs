//! A clock that stands still until it is moved.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use runtime::Clock;
use tokio::sync::watch;
use types::Timestamp;

/// The time at which every test begins.
pub(crate) const START: &str = "2026-01-01T00:00:00.000Z";

pub(crate) struct ManualClock(watch::Sender<Timestamp>);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(fermata_api::time::parse(START).unwrap())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = *now + by);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, time: Timestamp) {
        let _ = self.0.subscribe().wait_for(|now| *now >= time).await;
    }
}
