//! When requests are meant to be sent.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// What sets the pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// Closed loop: a client sends its next request when the last one is answered.
    Answers,
    /// Open loop: so many requests a second are due, whether answers come or not.
    PerSecond(f64),
}

/// Gives clients the times at which they send.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    begins: Instant,
    ends: Option<Instant>,
    requests_max: u64,
    given: Cell<u64>,
}

impl Schedule {
    /// Until `lasts` is over.
    pub(super) fn lasting(pace: Pace, lasts: Duration) -> Self {
        let begins = Instant::now();
        Self { pace, begins, ends: Some(begins + lasts), requests_max: u64::MAX, given: Cell::new(0) }
    }

    /// Until `requests` are sent.
    pub(super) fn counting(pace: Pace, requests: u64) -> Self {
        Self { pace, begins: Instant::now(), ends: None, requests_max: requests, given: Cell::new(0) }
    }

    /// The time at which the caller is to send its next request, which may have passed: that request is late,
    /// and its latency counts from here all the same. `None` when there are no more.
    pub(super) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        let number = self.given.get();
        let time = match self.pace {
            Pace::Answers => now,
            Pace::PerSecond(rate) => self.begins + Duration::from_secs_f64(number as f64 / rate),
        };
        let over = self.ends.is_some_and(|ends| time.max(now) >= ends);
        if over || number >= self.requests_max {
            return None;
        }
        self.given.set(number + 1);
        Some(time)
    }

    /// Requests that were due and that no client was free to send.
    pub(super) fn missed(&self) -> u64 {
        match (self.pace, self.ends) {
            (Pace::PerSecond(rate), Some(ends)) => {
                let due = rate * (ends.min(Instant::now()) - self.begins).as_secs_f64();
                (due.ceil() as u64).saturating_sub(self.given.get())
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_open_loop_does_not_wait_for_answers() {
        let schedule = Schedule::lasting(Pace::PerSecond(10.0), Duration::from_secs(1));
        let begins = schedule.begins;
        assert_eq!(schedule.next(), Some(begins));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(schedule.next(), Some(begins + Duration::from_millis(100)), "late, and says so");
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(schedule.next(), None);
        assert_eq!(schedule.missed(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_loop_sends_at_once() {
        let schedule = Schedule::counting(Pace::Answers, 2);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(schedule.next(), Some(Instant::now()));
        assert_eq!(schedule.next(), Some(Instant::now()));
        assert_eq!((schedule.next(), schedule.missed()), (None, 0));
    }
}
