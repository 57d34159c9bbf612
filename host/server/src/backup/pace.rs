//! How fast bytes may be taken.

use std::num::NonZeroU64;
use std::time::Duration;

/// What was not taken in time is made up for so long, and not longer: a pause must not be followed by a flood.
const CATCH_UP_MAX: Duration = Duration::from_secs(1);

/// Spreads bytes over time.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    bytes_per_s: Option<NonZeroU64>,
    /// When the next bytes may be taken, counted from the beginning.
    next: Duration,
}

impl Pace {
    /// So many bytes in a second; `None` for as fast as it goes.
    pub(crate) const fn new(bytes_per_s: Option<NonZeroU64>) -> Self {
        Self { bytes_per_s, next: Duration::ZERO }
    }

    /// `bytes` were taken, `elapsed` after the beginning. Gives how long to wait before the next.
    pub(crate) fn pause_after(&mut self, bytes: u64, elapsed: Duration) -> Duration {
        let Some(bytes_per_s) = self.bytes_per_s else { return Duration::ZERO };
        let took = u128::from(bytes) * 1_000_000_000 / u128::from(bytes_per_s.get());
        let took = Duration::from_nanos(u64::try_from(took).unwrap_or(u64::MAX));
        self.next = self.next.max(elapsed.saturating_sub(CATCH_UP_MAX)).saturating_add(took);
        self.next.saturating_sub(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn the_average_is_kept_however_large_the_pieces_are() {
        let mut pace = Pace::new(NonZeroU64::new(1_000));
        let (mut elapsed, mut taken) = (Duration::ZERO, 0);
        for piece in [100, 1, 2_000, 0, 899].into_iter().cycle().take(500) {
            taken += piece;
            elapsed += pace.pause_after(piece, elapsed);
            assert_eq!(elapsed, MILLIS(taken));
        }
        assert_eq!(taken, 300_000);
    }

    #[test]
    fn a_pause_is_made_up_for_only_so_far() {
        let mut pace = Pace::new(NonZeroU64::new(1_000));
        assert_eq!(pace.pause_after(100, MILLIS(0)), MILLIS(100));
        assert_eq!(pace.pause_after(100, MILLIS(300)), MILLIS(0), "it is behind");
        assert_eq!(pace.pause_after(1_000, MILLIS(300)), MILLIS(900));
        // An hour later a second's worth may come at once, and not an hour's.
        let hour = Duration::from_secs(3_600);
        assert_eq!(pace.pause_after(1_000, hour), MILLIS(0));
        assert_eq!(pace.pause_after(500, hour), MILLIS(500));
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let mut pace = Pace::new(None);
        assert_eq!(pace.pause_after(u64::MAX, Duration::ZERO), Duration::ZERO);
        let mut pace = Pace::new(NonZeroU64::new(1));
        assert!(pace.pause_after(u64::MAX, Duration::ZERO) > Duration::from_secs(3_600));
    }
}
