//! The one clock of a host.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use types::Timestamp;

/// Stamps commands and wakes for timers. Tests have one that they move.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Returns at `time`, or earlier: the caller looks at the clock again.
    async fn sleep_until(&self, time: Timestamp);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest sleep at a stretch: a clock that was set forward is noticed after so long.
const SLEEP_MAX: Duration = Duration::from_secs(1);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep_until(&self, time: Timestamp) {
        tokio::time::sleep(time.since(self.now()).min(SLEEP_MAX)).await;
    }
}
