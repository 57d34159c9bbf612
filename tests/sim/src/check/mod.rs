//! What must be so at the end of every history. Each checker looks at the evidence by itself.

mod acknowledged;
mod commit_first;
mod correlations;
mod elements;
mod endings;
mod exchange;
mod jobs;
mod orphans;
mod replay;
mod timers;

use std::fmt;

use engine::Event;
use types::{ProcessInstanceKey, Timestamp};

use crate::evidence::{Evidence, Instance};
use crate::witness::Write;

/// Who has found a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checker {
    /// Everything acknowledged is in the journal, once; everything refused is not.
    Acknowledged,
    /// When an answer comes, what it says is already written.
    CommitFirst,
    /// A job is in one pair of hands at a time, its attempts count up, and it ends once.
    Jobs,
    /// An element instance is entered once and left once, in a scope that is there.
    Elements,
    /// No timer fires early, twice, or never.
    Timers,
    /// The rows say what replaying the journal says, and the journal is what was written.
    Replay,
    /// Messages, signals and calls arrive once, and nothing waits for what is not there.
    Exchange,
    /// What instances have taken of messages is kept, once each.
    Correlations,
    /// No row belongs to nothing.
    Orphans,
    /// Everything comes to its end, and every caller is answered.
    Endings,
}

/// Something that must not be.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Who has found it.
    pub checker: Checker,
    /// The instance that it is about.
    pub instance: Option<ProcessInstanceKey>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: ", self.checker)?;
        if let Some(instance) = self.instance {
            write!(f, "instance {instance}: ")?;
        }
        f.write_str(&self.what)
    }
}

/// All violations: those that were seen happening, and those that the checkers find.
pub(crate) fn all(evidence: &Evidence) -> Vec<Violation> {
    let mut found = Findings { violations: evidence.notes.found.clone() };
    acknowledged::check(evidence, &mut found);
    commit_first::check(evidence, &mut found);
    jobs::check(evidence, &mut found);
    elements::check(evidence, &mut found);
    timers::check(evidence, &mut found);
    replay::check(evidence, &mut found);
    exchange::check(evidence, &mut found);
    correlations::check(evidence, &mut found);
    orphans::check(evidence, &mut found);
    endings::check(evidence, &mut found);
    found.violations
}

/// Where checkers put what they find.
struct Findings {
    violations: Vec<Violation>,
}

impl Findings {
    fn add(&mut self, checker: Checker, instance: Option<ProcessInstanceKey>, what: String) {
        self.violations.push(Violation { checker, instance, what });
    }
}

/// An event as it was written.
struct Written<'e> {
    event: &'e Event,
    /// The time of its command.
    at: Timestamp,
    /// The latest time that the clock had ever shown when it was written.
    latest: Timestamp,
}

/// The events of an instance, in the order in which they were written.
fn events(instance: &Instance) -> impl Iterator<Item = Written<'_>> {
    instance.writes.iter().flat_map(|Write { entries, latest }| {
        entries.iter().flat_map(|entry| {
            entry.events.iter().map(|event| Written { event, at: entry.at, latest: *latest })
        })
    })
}
