//! A job is in one pair of hands at a time, its attempts count up from 1, and it ends once.
//!
//! That one host runs no job twice at the same time, and that no attempt is handed out twice, is seen while it happens.

use std::collections::BTreeMap;

use engine::Event;
use types::{ElementInstanceKey, JobKey};

use super::{Checker, Findings, events};
use crate::evidence::Evidence;

struct Job {
    element_instance: ElementInstanceKey,
    attempt: u32,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waits,
    /// An external worker has it.
    Held,
    /// A component runs it.
    Runs,
    Stopped,
    Gone,
}

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for (key, instance) in &evidence.instances {
        let mut jobs: BTreeMap<JobKey, Job> = BTreeMap::new();
        for written in events(instance) {
            if let Some(wrong) = follow(&mut jobs, written.event) {
                found.add(Checker::Jobs, Some(*key), format!("{wrong} ({:?})", written.event));
            }
        }
    }
}

/// What is wrong with an event, after all those before it.
fn follow(jobs: &mut BTreeMap<JobKey, Job>, event: &Event) -> Option<&'static str> {
    use Phase::{Gone, Held, Runs, Stopped, Waits};
    // From which phases an event may come, and where it leads.
    let (key, from, to): (&JobKey, &[Phase], Phase) = match event {
        Event::JobCreated { key, element_instance, .. } => {
            let has_other =
                jobs.values().any(|job| job.element_instance == *element_instance && job.phase != Gone);
            let job = Job { element_instance: *element_instance, attempt: 0, phase: Waits };
            return match jobs.insert(*key, job) {
                Some(_) => Some("a job is created twice"),
                None if has_other => Some("an element instance has two jobs"),
                None => None,
            };
        }
        Event::JobActivated { job, attempt, .. } => return begin(jobs, job, *attempt, Held),
        Event::JobStarted { job, attempt, .. } => return begin(jobs, job, *attempt, Runs),
        Event::JobInterrupted { job, retries } => (job, &[Runs], waits_or_stops(*retries)),
        Event::JobTimedOut { job, retries } => (job, &[Held], waits_or_stops(*retries)),
        // A worker whose time is over may still answer as long as nobody else has the job.
        Event::JobFailed { job, retries, .. } => (job, &[Waits, Held, Runs], waits_or_stops(*retries)),
        Event::JobPostponed { job, .. } => (job, &[Waits, Held, Runs], Waits),
        Event::JobParked { job, .. } => (job, &[Runs], Held),
        Event::JobCompleted { job } | Event::JobErrorThrown { job, .. } => (job, &[Waits, Held, Runs], Gone),
        Event::JobErrorUncaught { job, .. } => (job, &[Waits, Held, Runs], Stopped),
        Event::JobReleased { job } => (job, &[Stopped], Waits),
        Event::CheckpointSaved { job, attempt, .. } => {
            return match jobs.get(job) {
                Some(found) if found.attempt == *attempt && found.phase == Runs => None,
                _ => Some("an attempt that does not run keeps a value"),
            };
        }
        Event::JobRetriesUpdated { job, .. } | Event::JobDeadlineUpdated { job, .. } => {
            return match jobs.get(job) {
                Some(found) if found.phase != Gone => None,
                _ => Some("a job that is gone is changed"),
            };
        }
        // An element is left on its normal way when its job is done; only who ends it from outside takes its job away.
        Event::ElementCompleted { key, .. } => {
            let is_open = |job: &Job| job.element_instance == *key && job.phase != Gone;
            return jobs.values().any(is_open).then_some("an element is completed before its job is");
        }
        Event::ElementTerminated { key, .. } => {
            let of_element = jobs.values_mut().filter(|job| job.element_instance == *key);
            of_element.for_each(|job| job.phase = Gone);
            return None;
        }
        _ => return None,
    };
    match jobs.get_mut(key) {
        None => Some("a job that does not exist"),
        Some(job) if job.phase == Gone => Some("a job that has ended before"),
        Some(job) if !from.contains(&job.phase) => Some("a job that is in other hands"),
        Some(job) => {
            job.phase = to;
            None
        }
    }
}

fn begin(jobs: &mut BTreeMap<JobKey, Job>, key: &JobKey, attempt: u32, phase: Phase) -> Option<&'static str> {
    match jobs.get_mut(key) {
        None => Some("a job that does not exist"),
        Some(job) if job.phase != Phase::Waits => Some("a job is given to two workers"),
        Some(job) if attempt != job.attempt + 1 => Some("attempts do not count up"),
        Some(job) => {
            (job.attempt, job.phase) = (attempt, phase);
            None
        }
    }
}

fn waits_or_stops(retries: u32) -> Phase {
    if retries > 0 { Phase::Waits } else { Phase::Stopped }
}

#[cfg(test)]
mod tests {
    use types::{Key, Timestamp};

    use super::*;

    /// A job of element instance 7 that a component runs.
    fn running() -> BTreeMap<JobKey, Job> {
        let element_instance = ElementInstanceKey::from_i64(7);
        let job = Job { element_instance, attempt: 1, phase: Phase::Runs };
        BTreeMap::from([(JobKey(Key::from_i64(8)), job)])
    }

    #[test]
    fn an_element_that_is_completed_before_its_job_is_found() {
        let key = ElementInstanceKey::from_i64(7);
        let completed = Event::ElementCompleted { key, at: Timestamp::default() };
        assert!(follow(&mut running(), &completed).is_some());
        let mut jobs = running();
        assert_eq!(follow(&mut jobs, &Event::JobCompleted { job: JobKey(Key::from_i64(8)) }), None);
        assert_eq!(follow(&mut jobs, &completed), None);
        // From outside it may be ended at any time.
        assert_eq!(follow(&mut running(), &Event::ElementTerminated { key, at: Timestamp::default() }), None);
    }
}
