//! Which version an attempt runs on.

use std::sync::Arc;

use runtime::{Assignment, JobWorker};
use semver::Version;
use types::SharedStr;

use super::guarded::Guarded;
use super::plan::{Label, Plan, Process, SplitBy};
use super::range::Range;
use super::registered::Rollout;
use super::unserved::Unserved;

/// Versions that a message names.
const VERSIONS_NAMED_MAX: usize = 10;

/// A version that has a job type.
pub(in crate::workers) struct Candidate<W> {
    /// Its name.
    pub(in crate::workers) label: Label,
    /// What runs it.
    pub(in crate::workers) worker: Arc<W>,
}

/// The versions that do the jobs of one type, ready to be chosen from.
///
/// Without a plan it is the newest one. With one, an attempt goes to one of the plan's versions by its weight; if it may
/// run on some of them only, by the weights of those. One that may run on none of them goes to the highest of all
/// versions that it may run on.
pub(in crate::workers) struct Choice<W> {
    job_type: SharedStr,
    split: Option<Split>,
    newest: Option<Arc<W>>,
    /// All versions of the same kind as the one that stands for them, the highest first.
    candidates: Vec<Candidate<W>>,
    /// Those of the plan that are there, or else the newest.
    in_traffic: Vec<Arc<W>>,
    stands_for_all: Arc<dyn JobWorker>,
}

/// A plan with the workers of its versions.
struct Split {
    plan: Arc<Plan>,
    /// In the plan's order.
    slots: Vec<Slot>,
}

struct Slot {
    version: Version,
    weight: u64,
    worker: Arc<dyn JobWorker>,
}

impl<W: JobWorker> Choice<W> {
    /// The choice between `versions`, the newest last; `None` when nothing does jobs of the type.
    pub(in crate::workers) fn new(
        job_type: SharedStr,
        versions: Vec<Candidate<W>>,
        rollout: Option<&Rollout>,
    ) -> Option<Self> {
        let newest = versions.last().map(|candidate| Arc::clone(&candidate.worker));
        let find = |label: &Label| {
            let found = versions.iter().rfind(|candidate| candidate.label == *label);
            found.map(|candidate| Arc::clone(&candidate.worker))
        };
        let mut in_traffic: Vec<Arc<W>> = match rollout {
            None => newest.iter().cloned().collect(),
            Some(rollout) => rollout.plan.versions.iter().filter_map(|share| find(&share.version)).collect(),
        };
        let is_connector = in_traffic.first().or(newest.as_ref()).is_some_and(|worker| worker.is_connector());
        // A connector sees less of a job than a worker does, and jobs are described for one kind only: what has become of
        // the other kind, by a file in the place of another, is as good as gone.
        let is_of_kind = |worker: &Arc<W>| worker.is_connector() == is_connector;
        in_traffic.retain(is_of_kind);
        let split = rollout.map(|rollout| {
            Split::new(&job_type, rollout, is_connector, |label| find(label).filter(is_of_kind))
        });
        let stands_for_all = match (&split, &newest) {
            (Some(split), _) => Arc::clone(&split.slots.first()?.worker),
            (None, Some(newest)) => Arc::clone(newest) as Arc<dyn JobWorker>,
            (None, None) => return None,
        };
        let mut candidates = versions;
        candidates.retain(|candidate| candidate.worker.is_connector() == is_connector);
        // Of equal versions the newest one comes first.
        candidates.reverse();
        candidates.sort_by(|one, other| other.label.version.cmp(&one.label.version));
        Some(Self { job_type, split, newest, candidates, in_traffic, stands_for_all })
    }

    /// A version that stands for all: they are of one kind.
    pub(in crate::workers) fn stands_for_all(&self) -> Arc<dyn JobWorker> {
        Arc::clone(&self.stands_for_all)
    }

    /// The versions that jobs go to, unless they ask for others.
    pub(in crate::workers) fn in_traffic(&self) -> &[Arc<W>] {
        &self.in_traffic
    }

    /// The version for an attempt, always the same for the same attempt as long as nothing changes.
    pub(in crate::workers) fn choose(&self, assignment: &Assignment<'_>) -> Arc<dyn JobWorker> {
        let pins = self.split.as_ref().map_or(&[][..], |split| &split.plan.pins);
        let range = Range::of(assignment, pins);
        let rolled_out = match &self.split {
            Some(split) => split.choose(assignment, &range),
            None => match (&range, &self.newest) {
                (Range::Any, Some(newest)) => return Arc::clone(newest) as Arc<dyn JobWorker>,
                _ => None,
            },
        };
        rolled_out.unwrap_or_else(|| self.highest(&range))
    }

    /// The highest of all versions in a range.
    fn highest(&self, range: &Range<'_>) -> Arc<dyn JobWorker> {
        match self.candidates.iter().find(|candidate| range.allows(&candidate.label.version)) {
            Some(candidate) => Arc::clone(&candidate.worker) as Arc<dyn JobWorker>,
            None => Arc::new(self.nothing_in(range)),
        }
    }

    fn nothing_in(&self, range: &Range<'_>) -> Unserved {
        let named =
            self.candidates.iter().take(VERSIONS_NAMED_MAX).map(|candidate| candidate.label.to_string());
        let mut there = named.collect::<Vec<_>>().join(", ");
        if self.candidates.len() > VERSIONS_NAMED_MAX {
            there += &format!(" and {} lower ones", self.candidates.len() - VERSIONS_NAMED_MAX);
        }
        let job_type = &self.job_type;
        let message = format!(
            "no version of a component that does `{job_type}` is in {range}: here are {there}. \
             Upload one that is, or pin the process to others with `fermata worker rollout`; then resolve the incident"
        );
        Unserved::new("no-version", message, self.stands_for_all.is_connector())
    }
}

impl Split {
    fn new<W: JobWorker>(
        job_type: &str,
        rollout: &Rollout,
        is_connector: bool,
        worker: impl Fn(&Label) -> Option<Arc<W>>,
    ) -> Self {
        let slots = rollout.plan.versions.iter().enumerate().map(|(index, share)| {
            let label = &share.version;
            let worker: Arc<dyn JobWorker> = match (worker(label), &rollout.watch) {
                (Some(worker), Some(watch)) => Arc::new(Guarded::new(worker, Arc::clone(watch), index)),
                (Some(worker), None) => worker,
                (None, _) => {
                    Arc::new(Unserved::new(label.to_string(), is_missing(job_type, label), is_connector))
                }
            };
            Slot { version: label.version.clone(), weight: u64::from(share.weight), worker }
        });
        Self { slots: slots.collect(), plan: Arc::clone(&rollout.plan) }
    }

    fn choose(&self, assignment: &Assignment<'_>, range: &Range<'_>) -> Option<Arc<dyn JobWorker>> {
        let slots = if self.is_limited_for(assignment) { self.slots.get(..1)? } else { &self.slots };
        let allowed = || slots.iter().filter(|slot| range.allows(&slot.version));
        let weights: u64 = allowed().map(|slot| slot.weight).sum();
        let mut place = part_of(weights, self.seed(assignment));
        let chosen = allowed().find(|slot| {
            let is_here = place < slot.weight;
            place = place.saturating_sub(slot.weight);
            is_here
        });
        chosen.map(|slot| Arc::clone(&slot.worker))
    }

    /// Whether the stable version does the job, because canaries are elsewhere.
    fn is_limited_for(&self, assignment: &Assignment<'_>) -> bool {
        self.plan.process.as_ref().is_some_and(|process| !process.has(assignment))
    }

    fn seed(&self, assignment: &Assignment<'_>) -> u64 {
        match self.plan.split_by {
            SplitBy::Attempt => mixed(mixed(assignment.job.get() as u64) ^ u64::from(assignment.attempt)),
            SplitBy::ProcessInstance => mixed(assignment.process_instance.get() as u64),
        }
    }
}

impl Process {
    fn has(&self, assignment: &Assignment<'_>) -> bool {
        self.process_definition_id.as_deref().is_none_or(|id| id == assignment.bpmn_process_id)
            && self.process_definition_version.is_none_or(|version| version == assignment.process_version)
            && self.process_definition_key.is_none_or(|key| key == assignment.process_definition)
    }
}

fn is_missing(job_type: &str, label: &Label) -> String {
    format!(
        "the roll-out of `{job_type}` names `{label}`, which is not here, no longer does such jobs, or is no longer of \
         the kind (connector or worker) of the others: upload it, or roll out others with `fermata worker rollout {job_type}`; then resolve the incident"
    )
}

/// A number below `whole` that is as likely as any other when `seed` is.
fn part_of(whole: u64, seed: u64) -> u64 {
    ((u128::from(seed) * u128::from(whole)) >> 64) as u64
}

/// Keys are counters: this makes numbers of them that look random (the finisher of SplitMix64).
fn mixed(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
