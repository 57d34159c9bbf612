//! How long a job waits after a failure: the header `retryBackoff`.
//!
//! `PT10S` is the same wait each time. `PT10S..PT1H` doubles it with each attempt, up to an hour, and takes a random part
//! of its second half away, so that jobs that have failed together do not all come back together.

use types::Timestamp;

use crate::timer::{Duration, TimerError, parse_duration};

/// What stands between the first wait and the longest.
const SEPARATOR: &str = "..";

/// How long to wait after a failure.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    first: Duration,
    /// The longest wait; `None` when each is as long as the first.
    longest: Option<Duration>,
}

impl Backoff {
    /// Reads `DURATION` or `FIRST..LONGEST`, ISO 8601 durations.
    ///
    /// # Errors
    /// A part is no duration.
    pub fn parse(text: &str) -> Result<Self, TimerError> {
        let (first, longest) = match text.split_once(SEPARATOR) {
            Some((first, longest)) => (first, Some(parse_duration(longest.trim())?)),
            None => (text, None),
        };
        Ok(Self { first: parse_duration(first.trim())?, longest })
    }

    /// Milliseconds to wait after the failure of an attempt, which count from 1. `seed` decides what is random.
    pub fn wait_ms(self, attempt: u32, failed_at: Timestamp, seed: u64) -> u64 {
        let millis = |duration: Duration| duration.after(failed_at).since(failed_at).as_millis() as u64;
        let first = millis(self.first);
        let Some(longest) = self.longest.map(millis) else { return first };
        let doublings = attempt.saturating_sub(1).min(u64::BITS - 1);
        let whole = first.saturating_mul(1 << doublings).min(longest);
        let half = whole / 2;
        whole - half + if half == 0 { 0 } else { seed % (half + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(text: &str, seed: u64) -> Result<Vec<u64>, TimerError> {
        let backoff = Backoff::parse(text)?;
        Ok((0..6).map(|attempt| backoff.wait_ms(attempt, Timestamp::from_millis(0), seed)).collect())
    }

    #[test]
    fn one_duration_is_the_same_wait_each_time() -> Result<(), TimerError> {
        assert_eq!(waits("PT10S", 5)?, [10_000; 6]);
        assert_eq!(waits("-PT10S", 5)?, [0; 6]);
        Ok(())
    }

    #[test]
    fn two_durations_double_the_wait_up_to_the_longest() -> Result<(), TimerError> {
        assert_eq!(waits("PT10S..PT1M", 0)?, [5_000, 5_000, 10_000, 20_000, 30_000, 30_000]);
        let longest = Backoff::parse("PT10S .. P1D")?.wait_ms(u32::MAX, Timestamp::from_millis(0), 0);
        assert_eq!(longest, 43_200_000);
        Ok(())
    }

    #[test]
    fn what_is_random_is_the_second_half() -> Result<(), TimerError> {
        let backoff = Backoff::parse("PT0.01S..PT1M")?;
        let mut found: Vec<u64> =
            (0..100).map(|seed| backoff.wait_ms(1, Timestamp::from_millis(0), seed)).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, (5..=10).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "10", "PT1S..", "..PT1S", "PT1S..PT2S..PT3S"] {
            assert!(Backoff::parse(text).is_err(), "{text}");
        }
    }
}
