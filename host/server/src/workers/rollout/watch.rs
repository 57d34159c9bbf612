//! How the attempts of a guarded roll-out end, and whether a canary fails too often.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use runtime::Clock;
use serde::Serialize;
use tokio::sync::Notify;
use types::Timestamp;

use super::plan::{Guard, Label, Plan};

/// Parts of a window that are counted apart: attempts are forgotten a part at a time.
const PARTS: i64 = 60;

/// Rings when a canary has failed too often.
pub(in crate::workers) type Bell = Arc<Notify>;

/// Counts how the attempts of each version of one revision of a roll-out end.
///
/// It takes the same memory however many attempts there are: [`PARTS`] counts of each version.
pub(in crate::workers) struct Watch {
    guard: Guard,
    labels: Vec<Label>,
    clock: Arc<dyn Clock>,
    bell: Bell,
    window: Mutex<Window>,
    finding: OnceLock<Finding>,
}

/// Attempts of a version that have ended within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Count {
    pub(super) attempts: u64,
    pub(super) failures: u64,
}

/// Why a canary is given up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// The canary.
    pub(super) version: Label,
    pub(super) canary: Count,
    pub(super) stable: Count,
    pub(super) window_seconds: u32,
    /// The measure that it has passed.
    pub(super) measure: Measure,
}

/// What a canary has passed, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    /// Its own rate.
    Above(f64),
    /// The distance to the stable version's rate.
    AboveStableBy(f64),
}

struct Window {
    /// How long a part is, in milliseconds.
    part_ms: i64,
    /// The number of each part, and the counts of the versions in it; those without attempts are left out.
    parts: VecDeque<(i64, Vec<Count>)>,
    /// What the parts come to.
    sums: Vec<Count>,
}

impl Watch {
    /// A watch over a plan's versions; `None` when the plan has no guard.
    pub(super) fn of(plan: &Plan, clock: Arc<dyn Clock>, bell: Bell) -> Option<Self> {
        let guard = plan.guard.clone()?;
        let labels: Vec<Label> = plan.versions.iter().map(|share| share.version.clone()).collect();
        let part_ms = (guard.window().as_millis() as i64 / PARTS).max(1);
        let window = Mutex::new(Window {
            part_ms,
            parts: VecDeque::with_capacity(PARTS as usize + 1),
            sums: vec![Count::default(); labels.len()],
        });
        Some(Self { guard, labels, clock, bell, window, finding: OnceLock::new() })
    }

    /// An attempt of the version at `index` of the plan has ended.
    pub(super) fn count(&self, index: usize, failed: bool) {
        let now = self.clock.now();
        let mut window = self.lock();
        window.add(now, index, failed);
        if index == 0 || !failed {
            return;
        }
        let (Some(stable), Some(canary)) = (window.sums.first().copied(), window.sums.get(index).copied())
        else {
            return;
        };
        drop(window);
        if let Some(measure) = self.guard.passed(canary, stable)
            && let Some(version) = self.labels.get(index)
        {
            let (version, window_seconds) = (version.clone(), self.guard.window_seconds);
            let finding = Finding { version, canary, stable, window_seconds, measure };
            if self.finding.set(finding).is_ok() {
                self.bell.notify_one();
            }
        }
    }

    /// Why a canary is to be given up, once one is.
    pub(super) fn finding(&self) -> Option<&Finding> {
        self.finding.get()
    }

    /// What is counted of each version, in the plan's order.
    pub(super) fn counts(&self) -> Vec<Count> {
        let now = self.clock.now();
        let mut window = self.lock();
        window.forget(now);
        window.sums.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn add(&mut self, now: Timestamp, index: usize, failed: bool) {
        self.forget(now);
        let number = self.number(now);
        // A clock that was set back counts into the last part.
        if self.parts.back().is_none_or(|(last, _)| *last < number) {
            self.parts.push_back((number, vec![Count::default(); self.sums.len()]));
        }
        let part = self.parts.back_mut().and_then(|(_, counts)| counts.get_mut(index));
        for count in part.into_iter().chain(self.sums.get_mut(index)) {
            count.attempts += 1;
            count.failures += u64::from(failed);
        }
    }

    /// Takes off what is older than the window.
    fn forget(&mut self, now: Timestamp) {
        let oldest = self.number(now) - PARTS;
        while let Some((number, counts)) = self.parts.front()
            && *number <= oldest
        {
            for (sum, count) in self.sums.iter_mut().zip(counts) {
                sum.attempts -= count.attempts;
                sum.failures -= count.failures;
            }
            self.parts.pop_front();
        }
    }

    fn number(&self, now: Timestamp) -> i64 {
        now.as_millis().div_euclid(self.part_ms)
    }
}

impl Guard {
    /// The measure that a canary has passed.
    fn passed(&self, canary: Count, stable: Count) -> Option<Measure> {
        let enough = |count: Count| count.attempts >= u64::from(self.after_attempts);
        if !enough(canary) {
            return None;
        }
        if let Some(percent) = self.fail_above_percent
            && canary.percent() > percent
        {
            return Some(Measure::Above(percent));
        }
        let points = self.fail_above_stable_by?;
        // What the stable version does is not known before it has done as much.
        (enough(stable) && canary.percent() > stable.percent() + points)
            .then_some(Measure::AboveStableBy(points))
    }
}

impl Count {
    /// How many of the attempts have failed, in percent; 0 of none.
    pub(super) fn percent(&self) -> f64 {
        if self.attempts == 0 { 0.0 } else { self.failures as f64 * 100.0 / self.attempts as f64 }
    }
}

impl Finding {
    /// The finding in words.
    pub(super) fn reason(&self) -> String {
        let Self { version, canary, window_seconds, measure, stable } = self;
        let (failures, attempts) = (canary.failures, canary.attempts);
        let what = format!(
            "`{version}` failed in {failures} of {attempts} attempts ({:.1} %) within {window_seconds} s",
            canary.percent()
        );
        match measure {
            Measure::Above(percent) => format!("{what}: at most {percent} % were allowed"),
            Measure::AboveStableBy(points) => format!(
                "{what}: at most {points} points more than the stable version's {:.1} % were allowed",
                stable.percent()
            ),
        }
    }

    /// What was counted, as JSON.
    pub(super) fn figures(&self) -> serde_json::Value {
        serde_json::json!({
            "version": self.version,
            "attempts": self.canary.attempts,
            "failures": self.canary.failures,
            "stableAttempts": self.stable.attempts,
            "stableFailures": self.stable.failures,
            "windowSeconds": self.window_seconds,
        })
    }
}
