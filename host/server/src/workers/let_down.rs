//! Whether an attempt that fails does so because of the host.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A checkpoint that has waited for this part of its attempt's time when that is over is what has taken it: a half.
const PATIENCE_DIVISOR: u32 = 2;

/// What the host made of the last thing that an attempt has asked it for.
///
/// Only the last thing counts: a component that goes on after it was told that something is not to be had, and gets the
/// next thing, answers for itself. One that fails before it asks for anything else does so because of the host, as far as
/// the host can tell.
#[derive(Debug, Default)]
pub(super) struct LetDown(Mutex<Last>);

#[derive(Clone, Copy, Debug, Default)]
enum Last {
    /// It had it, or has asked for nothing.
    #[default]
    Served,
    /// It was not to be had.
    Denied,
    /// It waits for it since then.
    Waits(Instant),
}

impl LetDown {
    /// The attempt waits from now on.
    pub(super) fn waits(&self, now: Instant) {
        self.set(Last::Waits(now));
    }

    /// The attempt has an answer: what it has asked for, or that it is not to be had.
    pub(super) fn answered(&self, is_denied: bool) {
        self.set(if is_denied { Last::Denied } else { Last::Served });
    }

    /// Whether the host is why the attempt, which might have taken `wall_time`, has failed by now.
    pub(super) fn is_why(&self, now: Instant, wall_time: Duration) -> bool {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Last::Served => false,
            Last::Denied => true,
            Last::Waits(since) => now.saturating_duration_since(since) >= wall_time / PATIENCE_DIVISOR,
        }
    }

    fn set(&self, last: Last) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL_TIME: Duration = Duration::from_secs(10);

    #[test]
    fn many_quick_checkpoints_are_no_excuse_for_a_time_that_is_over() {
        let (let_down, mut now) = (LetDown::default(), Instant::now());
        let end = now + WALL_TIME;
        while now < end {
            let_down.waits(now);
            now += Duration::from_millis(10);
            assert!(!let_down.is_why(now, WALL_TIME));
            let_down.answered(false);
        }
        let_down.waits(now);
        assert!(!let_down.is_why(now + Duration::from_millis(10), WALL_TIME), "the time is over within one");
    }

    #[test]
    fn one_that_has_waited_for_half_of_the_time_is_the_hosts_failure() {
        let (let_down, now) = (LetDown::default(), Instant::now());
        let_down.waits(now);
        assert!(!let_down.is_why(now + WALL_TIME / 2 - Duration::from_millis(1), WALL_TIME));
        assert!(let_down.is_why(now + WALL_TIME / 2, WALL_TIME));
        let_down.answered(false);
        assert!(!let_down.is_why(now + WALL_TIME, WALL_TIME));
    }

    #[test]
    fn what_was_not_to_be_had_counts_until_the_next_thing_is() {
        let (let_down, now) = (LetDown::default(), Instant::now());
        assert!(!let_down.is_why(now, WALL_TIME));
        let_down.answered(true);
        assert!(let_down.is_why(now, WALL_TIME));
        let_down.answered(false);
        assert!(!let_down.is_why(now, WALL_TIME));
    }
}
