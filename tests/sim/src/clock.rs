//! A clock that stands still until the history moves it, forward or back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use runtime::Clock;
use types::Timestamp;

use crate::tamper::Tamper;
use crate::watched::Watched;

/// The time of a history.
pub(crate) struct SimClock {
    now: Watched<Timestamp>,
    /// The latest time that it has ever shown, in milliseconds.
    highest: AtomicI64,
}

impl SimClock {
    pub(crate) fn new() -> Arc<Self> {
        // 2026-01-01T00:00:00Z
        let start = 1_767_225_600_000;
        let now = Watched::new(Timestamp::from_millis(start));
        Arc::new(Self { now, highest: AtomicI64::new(start) })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now.get()
    }

    /// The latest time that it has ever shown: what is due later cannot have happened yet.
    pub(crate) fn highest(&self) -> Timestamp {
        Timestamp::from_millis(self.highest.load(Ordering::Relaxed))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }

    pub(crate) fn set_back(&self, by: Duration) {
        let millis = self.now().as_millis().saturating_sub_unsigned(by.as_millis() as u64);
        self.set(Timestamp::from_millis(millis));
    }

    pub(crate) fn set(&self, time: Timestamp) {
        self.highest.fetch_max(time.as_millis(), Ordering::Relaxed);
        self.now.set(time);
    }
}

/// The clock as a host sees it.
pub(crate) struct HostClock {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) tamper: Arc<dyn Tamper>,
}

#[async_trait]
impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        self.tamper.now(self.clock.now())
    }

    async fn sleep_until(&self, time: Timestamp) {
        self.clock.now.wait_for(|now| self.tamper.now(now) >= time).await;
    }
}
