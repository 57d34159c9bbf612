//! What became of requests: how long they took, and which failed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use http::StatusCode;

use super::connection::Answer;

/// The longest latency that is told apart, in microseconds: an hour.
const LATENCY_MICROS_MAX: u64 = 3_600_000_000;
/// Three digits of every latency count.
const LATENCY_DIGITS: u8 = 3;
/// Characters of a failure's text that are kept.
const FAILURE_CHARS_MAX: usize = 300;

/// What became of requests.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// Of successes, in microseconds.
    latencies: Histogram<u64>,
    /// Answers other than 2xx and 503.
    failed: BTreeMap<StatusCode, u64>,
    /// Requests without an answer.
    cut_off: u64,
    turned_away: u64,
    turned_away_with_hint: u64,
    first_failure: Option<String>,
}

impl Default for Tally {
    fn default() -> Self {
        let latencies = Histogram::new_with_max(LATENCY_MICROS_MAX, LATENCY_DIGITS);
        Self {
            latencies: latencies.expect("the bounds of the histogram are constant and in order"),
            failed: BTreeMap::new(),
            cut_off: 0,
            turned_away: 0,
            turned_away_with_hint: 0,
            first_failure: None,
        }
    }
}

impl Tally {
    pub(super) fn record(&mut self, latency: Duration, result: &anyhow::Result<Answer>) {
        match result {
            Ok(answer) if answer.status.is_success() => {
                self.latencies.saturating_record(latency.as_micros() as u64);
            }
            Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                self.turned_away += 1;
                self.turned_away_with_hint += u64::from(answer.has_retry_after);
            }
            Ok(answer) => {
                *self.failed.entry(answer.status).or_default() += 1;
                let text = || format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
                self.first_failure.get_or_insert_with(|| shortened(&text()));
            }
            Err(error) => {
                self.cut_off += 1;
                self.first_failure.get_or_insert_with(|| shortened(&format!("{error:#}")));
            }
        }
    }

    /// Counts what `other` has counted as well.
    pub(crate) fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("all tallies have the same bounds");
        for (status, count) in &other.failed {
            *self.failed.entry(*status).or_default() += count;
        }
        self.cut_off += other.cut_off;
        self.turned_away += other.turned_away;
        self.turned_away_with_hint += other.turned_away_with_hint;
        if self.first_failure.is_none() {
            self.first_failure.clone_from(&other.first_failure);
        }
    }

    /// Requests that succeeded: an awaited instance has ended, another one is durable.
    pub(crate) fn succeeded(&self) -> u64 {
        self.latencies.len()
    }

    /// Answers with 503.
    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away
    }

    /// Answers with 503 that say when to come back.
    pub(crate) fn turned_away_with_hint(&self) -> u64 {
        self.turned_away_with_hint
    }

    /// Requests that failed in any other way.
    pub(crate) fn failed(&self) -> u64 {
        self.cut_off + self.failed.values().sum::<u64>()
    }

    /// The latency that `percent` of the successes have not exceeded, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        self.latencies.value_at_percentile(percent) as f64 / 1_000.0
    }

    /// The longest latency in milliseconds.
    pub(crate) fn max_ms(&self) -> f64 {
        self.latencies.max() as f64 / 1_000.0
    }

    /// Refuses to go on when anything else than successes was counted, or nothing at all.
    pub(crate) fn all_succeeded(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.failed() == 0 && self.turned_away == 0, "{}", Troubles(self));
        anyhow::ensure!(self.succeeded() > 0, "no request was answered in time");
        Ok(())
    }

    /// Successes by their latencies: `p50 1.2 ms, p99 …`.
    pub(crate) fn latencies(&self) -> impl fmt::Display {
        let [p50, p99, p999] = [50.0, 99.0, 99.9].map(|percent| self.percentile_ms(percent));
        format!("p50 {p50:.1} ms, p99 {p99:.1} ms, p99.9 {p999:.1} ms, max {:.1} ms", self.max_ms())
    }

    /// What did not succeed, or nothing: `, 3 × 500 …`.
    pub(crate) fn troubles(&self) -> impl fmt::Display {
        Troubles(self)
    }
}

struct Troubles<'a>(&'a Tally);

impl fmt::Display for Troubles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { failed, cut_off, turned_away, turned_away_with_hint, first_failure, .. } = self.0;
        let mut separator = "";
        if *turned_away > 0 {
            write!(f, "{turned_away} × 503 ({turned_away_with_hint} with Retry-After)")?;
            separator = ", ";
        }
        for (status, count) in failed {
            write!(f, "{separator}{count} × {}", status.as_u16())?;
            separator = ", ";
        }
        if *cut_off > 0 {
            write!(f, "{separator}{cut_off} without an answer")?;
        }
        match first_failure {
            Some(failure) => write!(f, "; the first: {failure}"),
            None => Ok(()),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(FAILURE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: StatusCode, has_retry_after: bool) -> anyhow::Result<Answer> {
        Ok(Answer { status, has_retry_after, body: Bytes::from_static(b"why") })
    }

    #[test]
    fn every_answer_is_counted_once() {
        let mut tally = Tally::default();
        for millis in 1..=100 {
            tally.record(Duration::from_millis(millis), &answer(StatusCode::OK, false));
        }
        assert!(tally.all_succeeded().is_ok());
        let mut other = Tally::default();
        other.record(Duration::ZERO, &answer(StatusCode::SERVICE_UNAVAILABLE, true));
        other.record(Duration::ZERO, &answer(StatusCode::CONFLICT, false));
        other.record(Duration::ZERO, &Err(anyhow::anyhow!("closed")));
        tally.add(&other);
        assert_eq!((tally.succeeded(), tally.turned_away(), tally.failed()), (100, 1, 2));
        assert_eq!(
            tally.troubles().to_string(),
            "1 × 503 (1 with Retry-After), 1 × 409, 1 without an answer; the first: 409 Conflict: why"
        );
        assert!((49.9..50.2).contains(&tally.percentile_ms(50.0)), "{}", tally.percentile_ms(50.0));
        assert!(tally.all_succeeded().is_err());
    }
}
