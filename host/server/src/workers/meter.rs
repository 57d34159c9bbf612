//! How the attempts of each version go: counted here, told by the API.
//!
//! A version has a meter of its own for as long as it is there, whatever is granted or rolled out meanwhile, so an attempt
//! looks nothing up and waits for nobody: it adds to a few atomic numbers. They take room from the version's first attempt
//! on. So many versions have a name on the page of metrics. When all names are given away, the next version that begins an
//! attempt gets the name of the one that has nothing to do for longest; when all have something to do, its attempts count
//! with those of others.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use api::{AttemptEnd, AttemptFigures, VERSIONS_MAX};
use runtime::{Attempted, Count, Histogram};
use types::{JobError, JobOutcome};

/// What all meters of a host share.
#[derive(Debug, Default)]
pub(super) struct Meters {
    /// Those with a name on the page of metrics, at most [`VERSIONS_MAX`].
    named: Mutex<Vec<Arc<Own>>>,
    /// Attempts of all versions so far.
    attempts: AtomicU64,
    /// Attempts of versions that have none.
    others: Tally,
}

/// Counts how the attempts of one version go.
#[derive(Debug)]
pub(super) struct Meter {
    meters: Arc<Meters>,
    own: OnceLock<Arc<Own>>,
}

#[derive(Debug, Default)]
struct Own {
    tally: Tally,
    /// Whether it has a name on the page of metrics.
    is_named: AtomicBool,
    /// Which attempt of all was its last one.
    last: AtomicU64,
}

#[derive(Debug, Default)]
struct Tally {
    begun: Count,
    ended: [Count; AttemptEnd::ALL.len()],
    times: Histogram,
    cpu_ns: Count,
    memory_peak_bytes: Count,
}

/// What an attempt that has run in the sandbox has cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
    pub(super) memory_peak_bytes: usize,
}

/// An attempt at work. One that is dropped before it has ended was stopped.
pub(super) struct Running<'m> {
    own: &'m Own,
    /// Of a version that had no name when it began.
    others: Option<&'m Tally>,
    end: AttemptEnd,
    cost: Option<Cost>,
}

impl Meters {
    /// The attempts of versions without a name; `None` when there were none.
    pub(super) fn others(&self) -> Option<AttemptFigures> {
        (self.others.begun.get() > 0).then(|| self.others.so_far())
    }

    /// Gives a name to a version that has none; `false` when all versions with names have something to do.
    fn name(&self, own: &Arc<Own>) -> bool {
        let mut named = self.named();
        if own.is_named.load(Ordering::Relaxed) {
            return true;
        }
        if named.len() >= VERSIONS_MAX {
            // An attempt of it that begins at this very moment counts for the version only.
            let idle = named.iter().enumerate().filter(|(_, other)| other.tally.running() == 0);
            let longest = idle.min_by_key(|(_, other)| other.last.load(Ordering::Relaxed));
            let Some((index, _)) = longest else { return false };
            named.swap_remove(index).is_named.store(false, Ordering::Relaxed);
        }
        own.is_named.store(true, Ordering::Relaxed);
        named.push(Arc::clone(own));
        true
    }

    fn named(&self) -> MutexGuard<'_, Vec<Arc<Own>>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter {
    pub(super) fn new(meters: &Arc<Meters>) -> Self {
        Self { meters: Arc::clone(meters), own: OnceLock::new() }
    }

    /// An attempt begins.
    pub(super) fn begin(&self) -> Running<'_> {
        let own = self.own.get_or_init(Arc::default);
        own.last.store(self.meters.attempts.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let has_name = own.is_named.load(Ordering::Relaxed) || self.meters.name(own);
        let others = (!has_name).then_some(&self.meters.others);
        let running = Running { own, others, end: AttemptEnd::Stopped, cost: None };
        running.tallies().for_each(|tally| tally.begun.add(1));
        running
    }

    /// How the attempts have gone.
    pub(super) fn so_far(&self) -> AttemptFigures {
        self.own.get().map(|own| own.tally.so_far()).unwrap_or_default()
    }

    /// The same, if the version has a name on the page of metrics.
    pub(super) fn named(&self) -> Option<AttemptFigures> {
        self.own.get().filter(|own| own.is_named.load(Ordering::Relaxed)).map(|own| own.tally.so_far())
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(own) = self.own.get() {
            self.meters.named().retain(|named| !Arc::ptr_eq(named, own));
        }
    }
}

impl<'m> Running<'m> {
    /// The attempt has ended so; `cost` is there if it has run in the sandbox.
    pub(super) fn end(mut self, attempted: &Attempted, cost: Option<Cost>) {
        (self.end, self.cost) = (end(attempted), cost);
    }

    fn tallies(&self) -> impl Iterator<Item = &'m Tally> + use<'m> {
        std::iter::once(&self.own.tally).chain(self.others)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.tallies().for_each(|tally| tally.end(self.end, self.cost));
    }
}

impl Tally {
    fn end(&self, end: AttemptEnd, cost: Option<Cost>) {
        if let Some(Cost { wall, cpu, memory_peak_bytes }) = cost {
            self.times.record(wall);
            self.cpu_ns.add(u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX));
            self.memory_peak_bytes.at_least(memory_peak_bytes as u64);
        }
        if let Some(count) = self.ended.get(end as usize) {
            count.add(1);
        }
    }

    fn running(&self) -> u64 {
        self.so_far_of_ends().1
    }

    /// How attempts have ended, and how many have not.
    fn so_far_of_ends(&self) -> ([u64; AttemptEnd::ALL.len()], u64) {
        // Ends first: whatever has ended by then has begun.
        let ended = self.ended.each_ref().map(Count::get);
        (ended, self.begun.get().saturating_sub(ended.iter().sum()))
    }

    fn so_far(&self) -> AttemptFigures {
        let (ended, running) = self.so_far_of_ends();
        AttemptFigures {
            running,
            ended,
            times: self.times.so_far(),
            cpu: Duration::from_nanos(self.cpu_ns.get()),
            memory_peak_bytes: self.memory_peak_bytes.get(),
        }
    }
}

const fn end(attempted: &Attempted) -> AttemptEnd {
    match &attempted.result {
        Ok(JobOutcome::Completed(_) | JobOutcome::Verdict(_) | JobOutcome::Directed(_)) => {
            AttemptEnd::Completed
        }
        Ok(JobOutcome::Again { .. }) => AttemptEnd::Again,
        Ok(JobOutcome::Parked { .. }) => AttemptEnd::Parked,
        Err(JobError::Bpmn(_)) => AttemptEnd::BpmnError,
        Err(JobError::Failed(_)) if attempted.is_hosts_failure => AttemptEnd::HostFailure,
        Err(JobError::Failed(_)) => AttemptEnd::Failed,
    }
}

#[cfg(test)]
mod tests {
    use types::{Failure, Variables};

    use super::*;

    fn done() -> Attempted {
        Ok(JobOutcome::Completed(Variables::new())).into()
    }

    fn cost(millis: u64) -> Option<Cost> {
        let time = Duration::from_millis(millis);
        Some(Cost { wall: time, cpu: time / 2, memory_peak_bytes: millis as usize * 1_000 })
    }

    #[test]
    fn attempts_count_by_their_end_and_those_that_are_dropped_were_stopped() {
        let meter = Meter::new(&Arc::default());
        assert_eq!(meter.so_far().ended, [0; AttemptEnd::ALL.len()]);
        let failed = |is_hosts_failure| Attempted {
            is_hosts_failure,
            ..Err(JobError::Failed(Failure::new("broken"))).into()
        };
        let at_work = meter.begin();
        meter.begin().end(&done(), cost(2));
        meter.begin().end(&failed(false), cost(4));
        meter.begin().end(&failed(true), None);
        drop(meter.begin());
        let figures = meter.so_far();
        let ended = AttemptEnd::ALL.map(|end| (end.name(), figures.ended(end)));
        let expected = [
            ("completed", 1),
            ("bpmn_error", 0),
            ("failed", 1),
            ("again", 0),
            ("parked", 0),
            ("host_failure", 1),
            ("stopped", 1),
        ];
        assert_eq!((ended, figures.running), (expected, 1));
        assert_eq!((figures.times.count(), figures.times.sum()), (2, Duration::from_millis(6)));
        assert_eq!((figures.cpu, figures.memory_peak_bytes), (Duration::from_millis(3), 4_000));
        drop(at_work);
        assert_eq!(meter.so_far().running, 0);
    }

    #[test]
    fn versions_past_the_limit_count_together_while_all_others_have_something_to_do() {
        let meters = Arc::<Meters>::default();
        let versions: Vec<Meter> = (0..VERSIONS_MAX + 2).map(|_| Meter::new(&meters)).collect();
        // Nobody has a name for having been uploaded.
        assert!(meters.named().is_empty() && meters.others().is_none());
        let at_work: Vec<Running<'_>> = versions.iter().rev().map(Meter::begin).collect();
        let named: Vec<bool> = versions.iter().map(|meter| meter.named().is_some()).collect();
        assert_eq!(named.iter().filter(|named| **named).count(), VERSIONS_MAX);
        assert_eq!(named[..3], [false, false, true]);
        at_work.into_iter().for_each(|running| running.end(&done(), cost(1)));
        let others = meters.others().map(|others| (others.ended(AttemptEnd::Completed), others.running));
        assert_eq!((others, versions[0].so_far().times.count()), (Some((2, 0)), 1));

        drop(versions);
        let next = Meter::new(&meters);
        next.begin().end(&done(), cost(1));
        assert!(next.named().is_some(), "names come free with their versions");
        assert_eq!(meters.others().map(|others| others.times.count()), Some(2), "what was counted stays");
    }

    #[test]
    fn a_new_version_gets_the_name_of_the_one_that_has_nothing_to_do_for_longest() {
        let meters = Arc::<Meters>::default();
        let versions: Vec<Meter> = (0..VERSIONS_MAX).map(|_| Meter::new(&meters)).collect();
        let at_work = versions[0].begin();
        versions[1..].iter().for_each(|meter| meter.begin().end(&done(), cost(1)));
        versions[1].begin().end(&done(), cost(1));
        let canary = Meter::new(&meters);
        canary.begin().end(&done(), cost(1));
        let named = |meter: &Meter| meter.named().is_some();
        assert!(named(&canary) && meters.others().is_none());
        assert_eq!([0, 1, 2, 3].map(|index: usize| named(&versions[index])), [true, true, false, true]);
        assert_eq!(meters.named().len(), VERSIONS_MAX);
        // Whoever has something to do again is seen again, with all that it has done.
        versions[2].begin().end(&done(), cost(1));
        assert_eq!(versions[2].named().map(|figures| figures.ended(AttemptEnd::Completed)), Some(2));
        assert!(!named(&versions[3]));
        drop(at_work);
    }
}
