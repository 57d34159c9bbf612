//! What a runtime has done since its start, in figures: for operators, never for decisions.
//!
//! What is counted with every job or command is an atomic number, added to once for each commit where that is possible;
//! nothing is looked up and nothing is allocated. Figures begin at nothing with each start of a host.
//!
//! A job type is a name to count by when it stands in a model as text. What an expression of a model makes a type of may be
//! a variable, and nobody who reads figures is to see those.

mod count;
mod histogram;
mod tally;

pub use count::Count;
pub use histogram::{Distribution, Histogram};
pub(crate) use tally::Tally;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use types::{SharedStr, TenantId, Timestamp};

use crate::error::{Error, Overload};

/// Types of jobs for external workers that are counted apart; what comes later counts as others.
pub const ACTIVATED_TYPES_MAX: usize = 200;

/// The longest job type that is counted apart, in bytes.
const ACTIVATED_TYPE_BYTES_MAX: usize = 256;

/// What a runtime has done so far.
#[derive(Debug)]
pub(crate) struct Figures {
    since: Timestamp,
    tally: tally::Totals,
    commands: Count,
    commits: Count,
    commits_failed: Count,
    commit_times: Histogram,
    refused_for_commands: Count,
    refused_for_bytes: Count,
    /// Taken once for each commit that has handed out jobs.
    activated: Mutex<Activated>,
}

#[derive(Debug, Default)]
struct Activated {
    by_type: BTreeMap<SharedStr, u64>,
    others: u64,
}

/// Jobs of a type that were handed to external workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) jobs: u32,
    /// Those of them whose models have the type as text.
    pub(crate) of_static_type: u32,
}

/// What a runtime has done since its start, and what it has to do now.
#[derive(Clone, Debug)]
pub struct RuntimeFigures {
    /// When it was started.
    pub since: Timestamp,
    /// Instances that were started, those that others have called included.
    pub instances_started: u64,
    /// Instances that have come to their end.
    pub instances_completed: u64,
    /// Instances that were ended from outside.
    pub instances_terminated: u64,
    /// Incidents that were opened.
    pub incidents_opened: u64,
    /// Incidents that were resolved; one that goes with the element that it is about is not among them.
    pub incidents_resolved: u64,
    /// Requests that partitions have taken, of clients and of the host itself.
    pub commands: u64,
    /// Commits that were written.
    pub commits: u64,
    /// Commits that were not, as far as the host knows.
    pub commits_failed: u64,
    /// How long commits took.
    pub commit_times: Distribution,
    /// Requests that were turned away because too many wait.
    pub refused_for_commands: u64,
    /// Requests that were turned away because the variables of those that wait take too much.
    pub refused_for_bytes: u64,
    /// Jobs that were handed to external workers, by type, where that is a text of their model.
    pub activated: BTreeMap<SharedStr, u64>,
    /// Those whose type is the value of an expression, and those of further types: there are at most
    /// [`ACTIVATED_TYPES_MAX`].
    pub activated_others: u64,
    /// Requests of clients that wait now.
    pub waiting_of_clients: usize,
    /// Requests of the host itself that wait now.
    pub waiting_of_host: usize,
    /// Jobs that wait in memory for a component, by tenant and component.
    pub queued: BTreeMap<(TenantId, SharedStr), usize>,
    /// Jobs that may run at the same time.
    pub places: usize,
    /// Those that have begun and whose answers are not durable yet.
    pub places_taken: usize,
    /// Partitions whose jobs wait in the rows, because there is no room for them in memory.
    pub partitions_behind: usize,
    /// Connections to the database for what callers read; `None` where there are none.
    pub read_connections: Option<store::PoolUse>,
}

impl Figures {
    pub(crate) fn new(since: Timestamp) -> Self {
        Self {
            since,
            tally: tally::Totals::default(),
            commands: Count::default(),
            commits: Count::default(),
            commits_failed: Count::default(),
            commit_times: Histogram::default(),
            refused_for_commands: Count::default(),
            refused_for_bytes: Count::default(),
            activated: Mutex::default(),
        }
    }

    /// When the runtime was started.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// A partition has carried out so many requests.
    pub(crate) fn took(&self, commands: usize) {
        self.commands.add(commands as u64);
    }

    /// The store has taken a commit, or has not.
    pub(crate) fn committed(&self, time: Duration, is_written: bool) {
        if is_written { &self.commits } else { &self.commits_failed }.add(1);
        self.commit_times.record(time);
    }

    /// What a commit has done is durable.
    pub(crate) fn written(&self, tally: Tally, activated: &HashMap<SharedStr, Taken>) {
        self.tally.add(tally);
        if activated.is_empty() {
            return;
        }
        let mut counts = self.activated();
        for (job_type, taken) in activated {
            counts.add(job_type, *taken);
        }
    }

    /// A caller gets this error. It was turned away if that is for want of room.
    pub(crate) fn answered(&self, error: &Error) {
        match error {
            Error::Overloaded(Overload::Commands(_)) => self.refused_for_commands.add(1),
            Error::Overloaded(Overload::Bytes(_)) => self.refused_for_bytes.add(1),
            _ => {}
        }
    }

    /// All that was counted; what there is to do now is left at nothing.
    pub(crate) fn so_far(&self) -> RuntimeFigures {
        let (activated, activated_others) = {
            let activated = self.activated();
            (activated.by_type.clone(), activated.others)
        };
        RuntimeFigures {
            since: self.since,
            instances_started: self.tally.instances_started.get(),
            instances_completed: self.tally.instances_completed.get(),
            instances_terminated: self.tally.instances_terminated.get(),
            incidents_opened: self.tally.incidents_opened.get(),
            incidents_resolved: self.tally.incidents_resolved.get(),
            commands: self.commands.get(),
            commits: self.commits.get(),
            commits_failed: self.commits_failed.get(),
            commit_times: self.commit_times.so_far(),
            refused_for_commands: self.refused_for_commands.get(),
            refused_for_bytes: self.refused_for_bytes.get(),
            activated,
            activated_others,
            waiting_of_clients: 0,
            waiting_of_host: 0,
            queued: BTreeMap::new(),
            places: 0,
            places_taken: 0,
            partitions_behind: 0,
            read_connections: None,
        }
    }

    fn activated(&self) -> MutexGuard<'_, Activated> {
        self.activated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Activated {
    fn add(&mut self, job_type: &SharedStr, taken: Taken) {
        let jobs = u64::from(taken.of_static_type);
        self.others += u64::from(taken.jobs) - jobs;
        if jobs == 0 {
            return;
        }
        if let Some(count) = self.by_type.get_mut(job_type) {
            *count += jobs;
        } else if self.by_type.len() < ACTIVATED_TYPES_MAX && job_type.len() <= ACTIVATED_TYPE_BYTES_MAX {
            self.by_type.insert(job_type.clone(), jobs);
        } else {
            self.others += jobs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_static_type(jobs: u32) -> Taken {
        Taken { jobs, of_static_type: jobs }
    }

    #[test]
    fn types_past_the_limit_count_together_and_those_of_before_go_on() {
        let mut activated = Activated::default();
        for number in 0..ACTIVATED_TYPES_MAX + 3 {
            activated.add(&format!("type-{number}").into(), of_static_type(2));
        }
        activated.add(&"type-0".into(), of_static_type(5));
        assert_eq!((activated.by_type.len(), activated.others), (ACTIVATED_TYPES_MAX, 6));
        assert_eq!(activated.by_type.get("type-0"), Some(&7));
    }

    #[test]
    fn a_type_that_is_a_text_of_its_own_is_not_a_name_to_count_by() {
        let mut activated = Activated::default();
        activated.add(&"x".repeat(ACTIVATED_TYPE_BYTES_MAX + 1).into(), of_static_type(1));
        assert_eq!((activated.by_type.len(), activated.others), (0, 1));
    }
}
