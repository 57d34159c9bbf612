//! What happens in a history, as somebody sees it who stands outside of the host.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::Event;
use engine::journal::Entry;
use types::{Actor, JobKey, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, Timestamp};

use crate::check::{Checker, Violation};
use crate::clock::SimClock;
use crate::faults::FaultKind;

/// What an answer says to its caller: from now on this is so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    /// The command of this actor is carried out.
    CarriedOut(Actor),
    /// The actor holds an attempt of a job.
    Holds(Actor, JobKey, u32),
    /// The actor has answered for this attempt of a job, while it was the current one.
    AnsweredFor(Actor, JobKey, u32),
    /// An attempt's value is kept.
    Kept(JobKey, u32, Vec<u8>),
    /// The instance has reached its end.
    Completed(ProcessInstanceKey),
    /// The instance was cancelled.
    Cancelled(ProcessInstanceKey),
    /// An instance has taken a message.
    Took(MessageKey, ProcessInstanceKey),
    /// A version can be started.
    Deployed(ProcessDefinitionKey),
}

/// Everything that is so, according to journal entries.
#[derive(Default)]
pub(crate) struct Facts {
    so: BTreeSet<Promise>,
    entries: BTreeMap<Actor, u32>,
    /// The current attempt of each job.
    attempts: BTreeMap<JobKey, u32>,
}

/// How a command was answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Done(Vec<Promise>),
    /// It cannot be carried out, or there is no room for it: nothing has changed.
    Refused,
    /// The host was taken away, or its store did not say.
    Unknown,
}

/// A command and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) actor: Actor,
    pub(crate) what: String,
    pub(crate) answer: Answer,
    /// Whether it is one command for one instance: it has one journal entry, or none.
    pub(crate) is_single: bool,
    /// What was promised and was not yet so when the answer came.
    pub(crate) missing: Option<Promise>,
}

/// One instance's part of a commit.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) entries: Vec<Entry>,
    /// The latest time that the clock had ever shown by then.
    pub(crate) latest: Timestamp,
}

/// How often what has happened.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "named for what they are")]
pub struct Counts {
    pub histories: u64,
    pub commands: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub unknown: u64,
    pub commits: u64,
    pub instances: u64,
    pub attempts: u64,
    pub jobs_done: u64,
    pub timers_fired: u64,
    pub incidents: u64,
    pub clock_set_back: u64,
    pub crashes: u64,
    pub commits_delayed: u64,
    pub faults: BTreeMap<FaultKind, u64>,
}

/// See the module.
pub(crate) struct Witness {
    clock: Arc<SimClock>,
    notes: Mutex<Notes>,
}

/// All that was noted.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) counts: Counts,
    pub(crate) trace: Vec<String>,
    pub(crate) replies: Vec<Reply>,
    pub(crate) writes: BTreeMap<ProcessInstanceKey, Vec<Write>>,
    pub(crate) found: Vec<Violation>,
    /// What components were promised.
    pub(crate) kept: Vec<Promise>,
    facts: Facts,
    /// Jobs that run in components, by host.
    running: BTreeSet<(u32, JobKey)>,
    handed_out: BTreeSet<(JobKey, u32)>,
}

impl Witness {
    pub(crate) fn new(clock: Arc<SimClock>) -> Arc<Self> {
        Arc::new(Self { clock, notes: Mutex::default() })
    }

    /// A line of the trace.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        let line = format!("{} {}", self.clock.now().as_millis() - START_MS, line());
        self.lock().trace.push(line);
    }

    /// A fault has struck.
    pub(crate) fn strikes(&self, fault: FaultKind, what: &str) {
        *self.lock().counts.faults.entry(fault).or_default() += 1;
        self.note(|| format!("fault {fault:?}: {what}"));
    }

    /// A commit has taken long: nothing has gone wrong by that.
    pub(crate) fn delayed(&self, number: u64) {
        self.lock().counts.commits_delayed += 1;
        self.note(|| format!("commit {number} has taken long"));
    }

    /// The store has written.
    pub(crate) fn written(&self, latest: Timestamp, parts: Vec<(ProcessInstanceKey, Vec<Entry>)>) {
        let mut notes = self.lock();
        notes.counts.commits += 1;
        for (instance, entries) in parts {
            for entry in &entries {
                notes.facts.add(instance, entry);
                notes.counts.add(entry);
            }
            notes.writes.entry(instance).or_default().push(Write { entries, latest });
        }
    }

    pub(crate) fn deployed(&self, definitions: Vec<ProcessDefinitionKey>) {
        self.lock().facts.so.extend(definitions.into_iter().map(Promise::Deployed));
    }

    /// A caller has got its answer, at this very moment.
    pub(crate) fn answered(&self, actor: Actor, what: String, is_single: bool, answer: Answer) {
        self.note(|| format!("{actor} {what}: {answer:?}"));
        let mut notes = self.lock();
        let mut missing = None;
        match &answer {
            Answer::Done(promises) => {
                notes.counts.acknowledged += 1;
                missing = notes.facts.first_missing(promises);
                for promise in promises {
                    if let Promise::Holds(_, job, attempt) = promise
                        && !notes.handed_out.insert((*job, *attempt))
                    {
                        let what = format!("attempt {attempt} of job {job} was handed out twice");
                        notes.found.push(Violation { checker: Checker::Jobs, instance: None, what });
                    }
                }
            }
            Answer::Refused => notes.counts.refused += 1,
            Answer::Unknown => notes.counts.unknown += 1,
        }
        notes.replies.push(Reply { actor, what, answer, is_single, missing });
    }

    /// A component begins with a job, until the guard is dropped.
    pub(crate) fn runs(
        self: &Arc<Self>,
        host: u32,
        job: JobKey,
        instance: ProcessInstanceKey,
        attempt: u32,
    ) -> Running {
        self.note(|| format!("job {job} of {instance} runs on host {host}, attempt {attempt}"));
        let mut notes = self.lock();
        notes.counts.attempts += 1;
        if !notes.running.insert((host, job)) {
            let what = format!("job {job} runs twice at the same time on host {host}");
            notes.found.push(Violation { checker: Checker::Jobs, instance: Some(instance), what });
        }
        Running { witness: Arc::clone(self), host, job }
    }

    /// A component was told that a value is kept.
    pub(crate) fn kept(&self, promise: Promise, instance: ProcessInstanceKey) {
        let mut notes = self.lock();
        if let Some(promise) = notes.facts.first_missing(std::slice::from_ref(&promise)) {
            let what = format!("a component was told too early: {promise:?}");
            notes.found.push(Violation { checker: Checker::CommitFirst, instance: Some(instance), what });
        }
        notes.kept.push(promise);
    }

    /// Something is wrong that no checker would see later.
    pub(crate) fn finds(&self, violation: Violation) {
        self.lock().found.push(violation);
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.lock().counts);
    }

    pub(crate) fn faults(&self) -> u64 {
        self.lock().counts.faults.values().sum()
    }

    /// All that was noted; the witness begins anew.
    pub(crate) fn take(&self) -> Notes {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the clock of every history begins.
const START_MS: i64 = 1_767_225_600_000;

/// A job that runs in a component.
pub(crate) struct Running {
    witness: Arc<Witness>,
    host: u32,
    job: JobKey,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.witness.lock().running.remove(&(self.host, self.job));
    }
}

impl Facts {
    pub(crate) fn add(&mut self, instance: ProcessInstanceKey, entry: &Entry) {
        let actor = &entry.actor;
        *self.entries.entry(actor.clone()).or_default() += 1;
        self.so.insert(Promise::CarriedOut(actor.clone()));
        for event in &entry.events {
            self.so.extend(match event {
                Event::JobActivated { job, attempt, .. } => {
                    self.attempts.insert(*job, *attempt);
                    Some(Promise::Holds(actor.clone(), *job, *attempt))
                }
                Event::JobStarted { job, attempt, .. } => {
                    self.attempts.insert(*job, *attempt);
                    None
                }
                Event::JobCompleted { job }
                | Event::JobFailed { job, .. }
                | Event::JobPostponed { job, .. }
                | Event::JobParked { job, .. }
                | Event::JobErrorThrown { job, .. }
                | Event::JobErrorUncaught { job, .. } => {
                    let attempt = self.attempts.get(job).copied().unwrap_or(0);
                    Some(Promise::AnsweredFor(actor.clone(), *job, attempt))
                }
                Event::CheckpointSaved { job, attempt, value, .. } => {
                    Some(Promise::Kept(*job, *attempt, value.clone()))
                }
                Event::SubscriptionTriggered { message: Some(message), .. } => {
                    Some(Promise::Took(*message, instance))
                }
                Event::InstanceCompleted { .. } => Some(Promise::Completed(instance)),
                Event::InstanceTerminated { .. } => Some(Promise::Cancelled(instance)),
                _ => None,
            });
        }
    }

    pub(crate) fn first_missing(&self, promises: &[Promise]) -> Option<Promise> {
        promises.iter().find(|promise| !self.so.contains(promise)).cloned()
    }

    /// How many journal entries an actor has.
    pub(crate) fn entries_of(&self, actor: &Actor) -> u32 {
        self.entries.get(actor).copied().unwrap_or(0)
    }

    /// Versions are not in the journal.
    pub(crate) fn deployed(&mut self, definition: ProcessDefinitionKey) {
        self.so.insert(Promise::Deployed(definition));
    }
}

impl Counts {
    fn add(&mut self, entry: &Entry) {
        for event in &entry.events {
            match event {
                Event::InstanceCreated { .. } => self.instances += 1,
                Event::JobCompleted { .. } | Event::JobErrorThrown { .. } => self.jobs_done += 1,
                Event::TimerTriggered { .. } => self.timers_fired += 1,
                Event::IncidentCreated { .. } => self.incidents += 1,
                _ => {}
            }
        }
    }

    /// Adds those of another history.
    pub fn merge(&mut self, other: &Self) {
        self.histories += other.histories;
        self.commands += other.commands;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.commits += other.commits;
        self.instances += other.instances;
        self.attempts += other.attempts;
        self.jobs_done += other.jobs_done;
        self.timers_fired += other.timers_fired;
        self.incidents += other.incidents;
        self.clock_set_back += other.clock_set_back;
        self.crashes += other.crashes;
        self.commits_delayed += other.commits_delayed;
        for (kind, count) in &other.faults {
            *self.faults.entry(*kind).or_default() += count;
        }
    }

    /// All faults that have struck.
    pub fn faults(&self) -> u64 {
        self.faults.values().sum()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "histories          {}", self.histories)?;
        writeln!(f, "commands           {}", self.commands)?;
        writeln!(f, "  acknowledged     {}", self.acknowledged)?;
        writeln!(f, "  refused          {}", self.refused)?;
        writeln!(f, "  answer unknown   {}", self.unknown)?;
        writeln!(f, "commits written    {}", self.commits)?;
        writeln!(f, "instances          {}", self.instances)?;
        writeln!(f, "component attempts {}", self.attempts)?;
        writeln!(f, "jobs done          {}", self.jobs_done)?;
        writeln!(f, "timers fired       {}", self.timers_fired)?;
        writeln!(f, "incidents          {}", self.incidents)?;
        writeln!(f, "clock set back     {}", self.clock_set_back)?;
        writeln!(f, "crashes            {}", self.crashes)?;
        writeln!(f, "commits delayed    {}", self.commits_delayed)?;
        write!(f, "faults             {}", self.faults())?;
        for (kind, count) in &self.faults {
            write!(f, "\n  {:<20}{count}", format!("{kind:?}"))?;
        }
        Ok(())
    }
}
