//! What the jobs of a component usually compute.
//!
//! A component is its code here: each version has its own habit, which is forgotten with the code.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// CPU time of a usual job of a component whose jobs count as long from their beginning on.
const LONG: Duration = Duration::from_micros(500);
/// One part in so many of what is usual is what the last job took.
const WEIGHT: u64 = 8;

/// What the jobs of one component usually compute, told from those that have ended.
///
/// What each job has computed itself is not enough: jobs which end early, only for others of their kind to begin,
/// would keep all of the host's threads busy.
#[derive(Debug)]
pub(crate) struct Habit {
    component: u64,
    /// Nanoseconds of a usual job. Of two jobs that end at the same moment one may not count.
    usual: AtomicU64,
}

impl Habit {
    /// Of a component that is not known yet.
    pub(crate) fn new() -> Self {
        static COMPONENTS: AtomicU64 = AtomicU64::new(1);
        Self { component: COMPONENTS.fetch_add(1, Ordering::Relaxed), usual: AtomicU64::new(0) }
    }

    /// A number that no other component of this process has.
    pub(crate) fn component(&self) -> u64 {
        self.component
    }

    /// Notes what a job took.
    pub(crate) fn took(&self, cpu: Duration) {
        let usual = self.usual.load(Ordering::Relaxed);
        let last = u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX);
        self.usual.store(usual - usual / WEIGHT + last / WEIGHT, Ordering::Relaxed);
    }

    /// Whether its jobs are usually done in a moment.
    pub(crate) fn is_brief(&self) -> bool {
        self.usual.load(Ordering::Relaxed) < LONG.as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_known_by_what_most_of_its_jobs_take() {
        let habit = Habit::new();
        assert!(habit.is_brief(), "nobody knows it yet");
        habit.took(LONG * 20);
        assert!(!habit.is_brief());
        for _ in 0..20 {
            habit.took(LONG / 20);
        }
        assert!(habit.is_brief(), "one job of many was long");
        for _ in 0..20 {
            habit.took(LONG / 20);
            habit.took(LONG * 3);
        }
        assert!(!habit.is_brief(), "every other job is long");
        habit.took(Duration::MAX);
        habit.took(Duration::MAX);
        assert!(!habit.is_brief());
    }
}
