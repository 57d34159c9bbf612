//! Faults that no host may have, planted between it and its store: the checker that is there for each of them finds it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::Change;
use engine::state::{Job, JobState, Rows};
use fermata_sim::{Checker, Options, Tamper, Told};
use store::{Batch, Error, MessageCorrelation};
use types::{Key, PartitionId, ProcessInstanceKey, Timestamp};

/// Histories after which a planted fault should have been found.
const SEEDS_MAX: u64 = 20;

/// Runs histories with a planted fault until `checker` has found it.
fn is_found_by(checker: Checker, tamper: impl Tamper) -> anyhow::Result<()> {
    let options = Options { tamper: Arc::new(tamper), ..Options::default() };
    let mut others = BTreeMap::new();
    for seed in 1..=SEEDS_MAX {
        let history = fermata_sim::run(seed, &options)?;
        if let Some(found) = history.violations.iter().find(|violation| violation.checker == checker) {
            let what: String = found.to_string().chars().take(300).collect();
            println!("found with seed {seed}: {what}");
            let report = history.report(&options);
            assert!(report.contains(&format!("--seed {seed}")), "{report}");
            return Ok(());
        }
        for violation in history.violations {
            *others.entry(violation.checker).or_insert(0) += 1;
        }
    }
    panic!("{checker:?} has not found it in {SEEDS_MAX} histories; others have: {others:?}");
}

/// Every `every`th time.
struct Sometimes {
    every: u64,
    times: AtomicU64,
}

impl Sometimes {
    fn every(every: u64) -> Self {
        Self { every, times: AtomicU64::new(0) }
    }

    fn is_now(&self) -> bool {
        (self.times.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.every)
    }
}

/// Changes the rows of every commit, and leaves the journal as it is.
struct Rewrites<F>(F);

impl<F: Fn(&mut engine::Changes) + Send + Sync + 'static> Tamper for Rewrites<F> {
    fn commit(&self, mut batch: Batch) -> Told {
        batch.instances.iter_mut().for_each(|part| (self.0)(&mut part.changes));
        Told::Written(batch)
    }
}

#[test]
fn a_reply_before_its_commit() -> anyhow::Result<()> {
    struct TooEarly(Sometimes);
    impl Tamper for TooEarly {
        fn commit(&self, batch: Batch) -> Told {
            if self.0.is_now() { Told::TooEarly(batch) } else { Told::Written(batch) }
        }
    }
    is_found_by(Checker::CommitFirst, TooEarly(Sometimes::every(5)))
}

#[test]
fn an_acknowledged_commit_that_is_forgotten() -> anyhow::Result<()> {
    struct Forgets(Sometimes);
    impl Tamper for Forgets {
        fn commit(&self, batch: Batch) -> Told {
            if self.0.is_now() { Told::Nothing } else { Told::Written(batch) }
        }
    }
    is_found_by(Checker::Acknowledged, Forgets(Sometimes::every(10)))
}

/// Changes what every commit does with parcels.
struct Loses(fn(&Change<store::ParcelKey, store::Parcel>) -> bool);

impl Tamper for Loses {
    fn commit(&self, mut batch: Batch) -> Told {
        batch.exchange.outbox.retain(|change| !(self.0)(change));
        Told::Written(batch)
    }
}

#[test]
fn a_parcel_that_stays_when_it_is_carried_out() -> anyhow::Result<()> {
    is_found_by(Checker::Exchange, Loses(|change| matches!(change, Change::Delete(_))))
}

#[test]
fn a_mailbox_that_is_not_written() -> anyhow::Result<()> {
    struct Forgetful;
    impl Tamper for Forgetful {
        fn commit(&self, mut batch: Batch) -> Told {
            for mailbox in &mut batch.exchange.mailboxes {
                mailbox.changes.retain(|change| matches!(change, Change::Put(_)));
            }
            Told::Written(batch)
        }
    }
    is_found_by(Checker::Exchange, Forgetful)
}

/// Changes what every commit keeps of messages that instances have taken.
struct Miskeeps<F>(F);

impl<F: Fn(&mut Vec<MessageCorrelation>) + Send + Sync + 'static> Tamper for Miskeeps<F> {
    fn commit(&self, mut batch: Batch) -> Told {
        batch.instances.iter_mut().for_each(|part| (self.0)(&mut part.correlations));
        Told::Written(batch)
    }
}

#[test]
fn a_message_of_which_nothing_is_kept() -> anyhow::Result<()> {
    let sometimes = Sometimes::every(5);
    is_found_by(
        Checker::Correlations,
        Miskeeps(move |kept: &mut Vec<MessageCorrelation>| kept.retain(|_| !sometimes.is_now())),
    )
}

#[test]
fn a_message_that_is_kept_twice() -> anyhow::Result<()> {
    let sometimes = Sometimes::every(5);
    // No host comes to these keys.
    let counter = AtomicU64::new(1 << 40);
    is_found_by(
        Checker::Correlations,
        Miskeeps(move |kept: &mut Vec<MessageCorrelation>| {
            let again: Vec<_> = kept.iter().filter(|_| sometimes.is_now()).cloned().collect();
            kept.extend(again.into_iter().map(|mut row| {
                row.key = Key::new(PartitionId::FIRST, counter.fetch_add(1, Ordering::Relaxed)).into();
                row
            }));
        }),
    )
}

#[test]
fn a_message_that_is_kept_of_another_element() -> anyhow::Result<()> {
    is_found_by(
        Checker::Correlations,
        Miskeeps(|kept: &mut Vec<MessageCorrelation>| {
            kept.iter_mut().for_each(|row| row.element = "another".into());
        }),
    )
}

#[test]
fn a_host_that_does_not_hear_that_it_was_taken_over() -> anyhow::Result<()> {
    struct Deaf;
    impl Tamper for Deaf {
        fn answer(&self, answer: Result<(), Error>) -> Result<(), Error> {
            match answer {
                Err(Error::LeaseLost { .. }) => Ok(()),
                answer => answer,
            }
        }
    }
    is_found_by(Checker::Acknowledged, Deaf)
}

struct NoFence;

impl Tamper for NoFence {
    fn is_fenced(&self) -> bool {
        false
    }
}

#[test]
fn a_missing_fence_lets_jobs_be_done_twice() -> anyhow::Result<()> {
    is_found_by(Checker::Jobs, NoFence)
}

#[test]
fn a_missing_fence_lets_elements_be_left_twice() -> anyhow::Result<()> {
    is_found_by(Checker::Elements, NoFence)
}

#[test]
fn a_double_dispatch() -> anyhow::Result<()> {
    struct Twice;
    impl Tamper for Twice {
        fn dispatches(&self) -> usize {
            2
        }
    }
    is_found_by(Checker::Jobs, Twice)
}

#[test]
fn a_row_that_forgets_who_has_the_job() -> anyhow::Result<()> {
    is_found_by(
        Checker::Jobs,
        Rewrites(|changes: &mut engine::Changes| {
            for change in &mut changes.jobs {
                if let Change::Put(Job { state, attempt, .. }) = change
                    && matches!(state, JobState::Activated { .. } | JobState::Running { .. })
                {
                    *state = JobState::Activatable { from: Timestamp::default() };
                    *attempt -= 1;
                }
            }
        }),
    )
}

#[test]
fn an_instance_that_is_read_as_it_was_before() -> anyhow::Result<()> {
    /// A replica that lags behind.
    #[derive(Default)]
    struct Stale(Mutex<BTreeMap<ProcessInstanceKey, Rows>>);
    impl Tamper for Stale {
        fn loaded(&self, rows: Rows) -> Rows {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert(rows.instance.key, rows.clone()).unwrap_or(rows)
        }
    }
    is_found_by(Checker::Elements, Stale::default())
}

#[test]
fn a_lost_timer() -> anyhow::Result<()> {
    let sometimes = Sometimes::every(3);
    is_found_by(
        Checker::Timers,
        Rewrites(move |changes: &mut engine::Changes| {
            changes.timers.retain(|change| !(matches!(change, Change::Put(_)) && sometimes.is_now()));
        }),
    )
}

#[test]
fn a_timer_that_fires_early() -> anyhow::Result<()> {
    struct Fast;
    impl Tamper for Fast {
        fn now(&self, now: Timestamp) -> Timestamp {
            now + Duration::from_secs(60)
        }
    }
    is_found_by(Checker::Timers, Fast)
}

#[test]
fn a_timer_that_fires_twice() -> anyhow::Result<()> {
    is_found_by(
        Checker::Timers,
        Rewrites(|changes: &mut engine::Changes| {
            changes.timers.retain(|change| matches!(change, Change::Put(_)));
        }),
    )
}

#[test]
fn a_variable_that_is_not_written() -> anyhow::Result<()> {
    let sometimes = Sometimes::every(50);
    is_found_by(
        Checker::Replay,
        Rewrites(move |changes: &mut engine::Changes| {
            if sometimes.is_now() {
                changes.variables.clear();
            }
        }),
    )
}

#[test]
fn a_row_that_stays_when_its_element_has_ended() -> anyhow::Result<()> {
    is_found_by(
        Checker::Orphans,
        Rewrites(|changes: &mut engine::Changes| {
            changes.jobs.retain(|change| matches!(change, Change::Put(_)));
        }),
    )
}

#[test]
fn a_job_that_nobody_is_told_of() -> anyhow::Result<()> {
    let sometimes = Sometimes::every(5);
    is_found_by(
        Checker::Endings,
        Rewrites(move |changes: &mut engine::Changes| {
            changes.jobs.retain(|change| !(matches!(change, Change::Put(_)) && sometimes.is_now()));
        }),
    )
}
