//! Clocks and waiting.

use std::time::Duration;

use crate::host;

/// The time since 1970-01-01T00:00:00Z.
pub fn unix() -> Duration {
    host::unix_time()
}

/// A clock that never goes back, counted from an arbitrary moment.
pub fn monotonic() -> Duration {
    host::monotonic()
}

/// Waits without using CPU time. The attempt's deadline still counts.
///
/// To wait for longer than seconds, return [`Outcome::Again`](crate::Outcome::Again) instead.
pub fn sleep(duration: Duration) {
    host::sleep(duration);
}
