//! Many histories, one seed after the other, on several threads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::history::{History, Options, run};
use crate::witness::Counts;

/// After so many histories with violations there is enough to look at.
const FAILED_MAX: usize = 5;

/// Violations of a history that a report shows.
const VIOLATIONS_SHOWN: usize = 5;

/// Lines of the trace that a report shows for each violation.
const LINES_SHOWN: usize = 40;

/// Characters of a line that a report shows.
const CHARS_SHOWN: usize = 600;

/// A history that takes so long goes in circles; most take some hundredths of a second.
const HISTORY_TIME_MAX: Duration = Duration::from_secs(300);

/// How often histories that go in circles are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Which histories, and how.
pub struct Campaign {
    /// The first seed.
    pub seed: u64,
    /// How many seeds.
    pub histories: u64,
    /// How many at the same time.
    pub threads: NonZero<usize>,
    /// What each is like.
    pub options: Options,
}

/// What has come of them.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How often what has happened, in all of them.
    pub counts: Counts,
    /// The fewest commands of any history.
    pub commands_min: u64,
    /// The fewest faults of any history.
    pub faults_min: u64,
    /// Histories with violations.
    pub failed: Vec<History>,
}

impl Campaign {
    /// Runs them. `done` is called after each. A history that never ends ends the process, and says which it was.
    ///
    /// # Errors
    /// The simulation itself is broken.
    pub fn run(&self, done: impl Fn() + Sync) -> anyhow::Result<Outcome> {
        let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let outcome =
            Mutex::new(Outcome { commands_min: u64::MAX, faults_min: u64::MAX, ..Outcome::default() });
        let running = &Running::default();
        let work = || {
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.histories {
                    break;
                }
                let seed = self.seed.wrapping_add(number);
                running.begin(seed);
                let history = run(seed, &self.options).inspect_err(|_| {
                    stop.store(true, Ordering::Relaxed);
                })?;
                running.end(seed);
                let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                outcome.add(history);
                if outcome.failed.len() >= FAILED_MAX {
                    stop.store(true, Ordering::Relaxed);
                }
                drop(outcome);
                done();
            }
            anyhow::Ok(())
        };
        std::thread::scope(|scope| {
            let (_alive, ended) = mpsc::channel::<()>();
            scope.spawn(move || running.watch(ended));
            let threads: Vec<_> = (0..self.threads.get()).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(worked) => worked,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })?;
        Ok(outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The histories under way, by seed.
#[derive(Default)]
struct Running(Mutex<BTreeMap<u64, Instant>>);

impl Running {
    fn begin(&self, seed: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, Instant::now());
    }

    fn end(&self, seed: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&seed);
    }

    /// Returns when the other side of `ended` is gone.
    fn watch(&self, ended: mpsc::Receiver<()>) {
        while let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(LOOK_EVERY) {
            let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((seed, _)) = running.iter().find(|(_, begun)| begun.elapsed() > HISTORY_TIME_MAX) {
                eprintln!("the history of seed {seed} does not end within {} s", HISTORY_TIME_MAX.as_secs());
                // Nothing else ends a thread that goes in circles.
                std::process::exit(1);
            }
        }
    }
}

impl Outcome {
    /// How a history falls short of what each was to have, if one does.
    pub fn shortfall(&self, options: &Options) -> Option<String> {
        let Self { commands_min, faults_min, .. } = self;
        let Options { commands, faults, .. } = options;
        let is_short = commands_min < commands || faults_min < faults;
        is_short.then(|| {
            format!(
                "histories had as few as {commands_min} commands and {faults_min} faults; \
                 {commands} and {faults} are the least"
            )
        })
    }

    fn add(&mut self, history: History) {
        self.counts.merge(&history.counts);
        self.commands_min = self.commands_min.min(history.counts.commands);
        self.faults_min = self.faults_min.min(history.counts.faults());
        if !history.violations.is_empty() {
            self.failed.push(history);
        }
    }
}

impl History {
    /// What is wrong with it, the end of the trace, and how to see it again.
    pub fn report(&self, options: &Options) -> String {
        let mut text = format!("seed {} has {} violations:\n", self.seed, self.violations.len());
        for violation in self.violations.iter().take(VIOLATIONS_SHOWN) {
            let _ = writeln!(text, "- {}", excerpt(&violation.to_string()));
        }
        let key = self.violations.first().and_then(|violation| violation.instance);
        let lines: Vec<&String> = match key.map(|key| key.to_string()) {
            Some(key) => self
                .trace
                .iter()
                .filter(|line| line.contains(&key) || line.contains("fault") || line.contains("crash"))
                .collect(),
            None => self.trace.iter().collect(),
        };
        let _ = writeln!(text, "the last that happened (milliseconds on the clock first):");
        for line in &lines[lines.len().saturating_sub(LINES_SHOWN)..] {
            let _ = writeln!(text, "  {}", excerpt(line));
        }
        let store = format!("{:?}", options.store).to_lowercase();
        let _ = write!(
            text,
            "to see it again: cargo run -p fermata-sim -- --seed {} --histories 1 --commands {} --faults {} --store {store} --trace",
            self.seed, options.commands, options.faults
        );
        text
    }
}

fn excerpt(line: &str) -> String {
    line.chars().take(CHARS_SHOWN).collect()
}
