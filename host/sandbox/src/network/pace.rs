//! How often a component sends requests, over all its jobs.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Policy;
use crate::limits::Limit;

/// The part of a second whose requests may leave at once.
const BURST_PER_SECOND: u32 = 10;

/// How often a component sends requests. All its jobs share one; the limit is that of whoever sends.
///
/// Requests leave at even distances, a tenth of a second's worth of them at once.
#[derive(Debug, Default)]
pub struct Pace {
    /// When as many have been paid for as were let go; in the past when there is something saved up.
    paid_until: Mutex<Option<Instant>>,
}

impl Pace {
    /// How long to wait before one more request of `per_second` leaves. It counts as sent from now on.
    ///
    /// # Errors
    /// It would be longer than `patience`; the request does not count.
    pub(crate) fn admit(
        &self,
        per_second: NonZeroU32,
        now: Instant,
        patience: Duration,
    ) -> Result<Duration, TooFast> {
        let distance = Duration::from_secs(1) / per_second.get();
        let saved = distance * (per_second.get() / BURST_PER_SECOND).saturating_sub(1);
        let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        let from = paid_until.map_or(now, |paid| paid.max(now));
        let wait = from.saturating_duration_since(now).saturating_sub(saved);
        if wait > patience {
            return Err(TooFast { per_second });
        }
        *paid_until = Some(from + distance);
        Ok(wait)
    }
}

/// A request would have to wait longer than its job may run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    per_second: NonZeroU32,
}

impl TooFast {
    /// In words for the operator.
    pub(crate) fn reason(&self, policy: &Policy) -> String {
        let what = format!(
            "component `{}` sends more than its {} requests per second, and this one would wait longer than the job may run",
            policy.component, self.per_second
        );
        policy.met(Limit::RequestsPerSecond, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);

    fn waits(pace: &Pace, per_second: u32, now: Instant, requests: usize) -> Vec<Option<u128>> {
        let per_second = NonZeroU32::new(per_second).unwrap();
        let admit = |_| pace.admit(per_second, now, PATIENCE).ok().map(|wait| wait.as_millis());
        (0..requests).map(admit).collect()
    }

    #[test]
    fn a_few_leave_at_once_and_the_others_one_after_the_other() {
        let (pace, now) = (Pace::default(), Instant::now());
        let expected = [Some(0), Some(0), Some(0), Some(33), Some(66)];
        assert_eq!(waits(&pace, 30, now, 5), expected);
        assert_eq!(waits(&pace, 30, now + PATIENCE, 4), [Some(0), Some(0), Some(0), Some(33)]);
    }

    #[test]
    fn who_sends_too_many_is_told_how_to_raise_the_limit() {
        let policy = Policy { component: "mailer".into(), ..Policy::default() };
        let told = TooFast { per_second: NonZeroU32::MIN }.reason(&policy);
        let ending = "may run: raise `requests_per_second` with `fermata worker grant mailer --limit requests_per_second=NUMBER`";
        assert!(told.ends_with(ending), "{told}");
    }

    #[test]
    fn what_would_wait_too_long_is_refused_and_costs_nothing() {
        let (pace, now) = (Pace::default(), Instant::now());
        assert_eq!(waits(&pace, 2, now, 5), [Some(0), Some(500), Some(1_000), None, None]);
        assert_eq!(waits(&pace, 2, now + Duration::from_millis(500), 2), [Some(1_000), None]);
    }
}
