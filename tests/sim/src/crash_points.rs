//! Every crash point of a model: the same story again and again, each time with a fault at another commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::Event;
use runtime::Config;
use types::SharedStr;

use crate::check::{self, Violation};
use crate::clients::Clients;
use crate::clock::SimClock;
use crate::components::Components;
use crate::disk::{Disk, StoreKind};
use crate::evidence::Evidence;
use crate::faults::{CommitFault, Plan};
use crate::host::{Ground, Site};
use crate::models::Model;
use crate::operator::Operator;
use crate::tamper::Honest;
use crate::witness::{Counts, Witness};

/// Rounds in which the clock goes on as time passes: longer than any fault holds a story up, shorter than the timers that
/// would change its outcome.
const PATIENCE: u32 = 30;

/// Rounds, long ones, in which late workers do nothing: more than an hour.
const LATE_ROUNDS: u32 = 10;

/// Times that a client asks again for what it has not got.
const REPEATS_MAX: usize = 20;

/// Who does the jobs of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoneBy {
    /// Components of the host.
    Components,
    /// External workers.
    Workers,
    /// External workers, but not before the timers have fired that wait for them.
    LateWorkers,
}

/// What has come of all stories.
#[derive(Debug, Default)]
pub struct CrashPoints {
    /// Commits of the story without faults.
    pub commits: u64,
    /// Stories with a fault.
    pub stories: u64,
    /// How often what has happened.
    pub counts: Counts,
    /// What must not be, with the fault that has led to it.
    pub wrong: Vec<String>,
}

/// A story that has come to its end.
struct Story {
    commits: u64,
    endings: BTreeMap<SharedStr, Ending>,
    violations: Vec<Violation>,
    counts: Counts,
}

impl Story {
    /// How it has ended, as far as that can be compared with another story of the same model: how often a timer fires
    /// depends on what has held the story up, and so does what it leads to.
    fn ending(&self, other: &Self) -> BTreeMap<SharedStr, Ending> {
        let mut endings = self.endings.clone();
        if self.counts.timers_fired + other.counts.timers_fired > 0 {
            endings.values_mut().for_each(|ending| ending.completed.clear());
        }
        endings
    }
}

/// How an instance has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    state: &'static str,
    variables: BTreeMap<SharedStr, String>,
    /// How often each element was left on its normal way.
    completed: BTreeMap<SharedStr, usize>,
}

/// What is to be told, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Stories<'f> {
    /// Who does the jobs.
    pub done_by: DoneBy,
    /// The store.
    pub store: StoreKind,
    /// What may happen to a commit.
    pub faults: &'f [CommitFault],
    /// A second fault strikes one of so many commits after the first: while the host takes up what it finds.
    pub second_within: u64,
}

/// Tells the story of a model once without faults, and then once for each of its commits with each of the faults at it,
/// and each pair of them. Whatever the faults, it has to end in the same way.
///
/// # Errors
/// The simulation itself is broken.
pub fn every_crash_point(model: &Model, stories: &Stories<'_>) -> anyhow::Result<CrashPoints> {
    let expected = tell(model, stories, &[])?;
    let mut points = CrashPoints { commits: expected.commits, ..CrashPoints::default() };
    points.judge("without faults", &expected, &expected);
    for first in 1..=expected.commits {
        for fault in stories.faults {
            points.tell(model, stories, &[(first, *fault)], &expected)?;
            for second in first + 1..=first + stories.second_within {
                for other in stories.faults {
                    points.tell(model, stories, &[(first, *fault), (second, *other)], &expected)?;
                }
            }
        }
    }
    Ok(points)
}

impl CrashPoints {
    fn tell(
        &mut self,
        model: &Model,
        stories: &Stories<'_>,
        faults: &[(u64, CommitFault)],
        expected: &Story,
    ) -> anyhow::Result<()> {
        let story = tell(model, stories, faults)?;
        self.stories += 1;
        let commits = expected.commits;
        let what = format!("{} by {:?}, of {commits} commits {faults:?}", model.file, stories.done_by);
        self.judge(&what, &story, expected);
        // The first always does; a second one strikes unless the story ends before.
        if story.counts.faults() + story.counts.commits_delayed == 0 {
            self.wrong.push(format!("{what}: no fault has struck"));
        }
        Ok(())
    }

    fn judge(&mut self, what: &str, story: &Story, expected: &Story) {
        self.counts.merge(&story.counts);
        self.wrong.extend(story.violations.iter().map(|violation| format!("{what}: {violation}")));
        let (found, expected) = (story.ending(expected), expected.ending(story));
        if found != expected {
            self.wrong.push(format!("{what}: it ends otherwise: {found:?} instead of {expected:?}"));
        }
    }
}

fn tell(model: &Model, stories: &Stories<'_>, faults: &[(u64, CommitFault)]) -> anyhow::Result<Story> {
    let simulated = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let story = simulated.block_on(tell_in_time(model, stories, faults));
    simulated.shutdown_background();
    story
}

async fn tell_in_time(
    model: &Model,
    stories: &Stories<'_>,
    faults: &[(u64, CommitFault)],
) -> anyhow::Result<Story> {
    let Stories { done_by, store, .. } = *stories;
    let job_types: Vec<SharedStr> = model.job_types.iter().map(|name| SharedStr::from(*name)).collect();
    let served: BTreeSet<SharedStr> = match done_by {
        DoneBy::Components => job_types.iter().cloned().collect(),
        DoneBy::Workers | DoneBy::LateWorkers => BTreeSet::new(),
    };
    let clock = SimClock::new();
    let witness = Witness::new(Arc::clone(&clock));
    let rng = fastrand::Rng::with_seed(1);
    let ground = Ground {
        disk: Arc::new(Disk::new(store, Arc::clone(&clock), Arc::clone(&witness))?),
        plan: Arc::new(Plan::new(rng.clone(), false)),
        components: Components::new(served, rng.clone()),
        tamper: Arc::new(Honest),
        config: Config::default(),
        hosts: 0,
        clock,
        witness,
    };
    ground.components.calm();
    faults.iter().for_each(|(number, fault)| ground.plan.meet(*number, *fault));
    let mut clients = Clients::new(Arc::clone(&ground.witness), rng);
    clients.calm();
    let mut site = Site::open(ground).await?;
    begin(model, &mut site, &mut clients).await?;
    let (patience, idle) = match done_by {
        DoneBy::LateWorkers => (0, LATE_ROUNDS),
        DoneBy::Components | DoneBy::Workers => (PATIENCE, 0),
    };
    let operator = Operator { site: &mut site, clients: &mut clients, job_types: &job_types, patience, idle };
    operator.see_to_the_end().await?;
    let commits = site.ground.plan.commits_tried();
    let ground = site.close().await;
    let evidence = Evidence::gather(&ground, clients.waiting())?;
    Ok(Story {
        commits,
        endings: endings(&evidence),
        violations: check::all(&evidence),
        counts: evidence.notes.counts,
    })
}

/// Deploys the model, and starts an instance with each of its variables. Who gets no answer looks, and asks again.
async fn begin(model: &Model, site: &mut Site, clients: &mut Clients) -> anyhow::Result<()> {
    for _ in 0..REPEATS_MAX {
        let handle = site.handle().await?;
        clients.deploy(&handle, model, model.file.to_owned());
        tokio::time::sleep(Duration::from_millis(500)).await;
        site.handle().await?;
        if !clients.known().definitions.is_empty() {
            break;
        }
    }
    let definition = clients.known().definitions.first().map(|(definition, _)| *definition);
    let Some(definition) = definition else { anyhow::bail!("{} is not deployed", model.file) };
    for (number, variables) in model.starts.iter().enumerate() {
        let business_id = SharedStr::from(format!("instance {number}"));
        for _ in 0..REPEATS_MAX {
            let is_there = |id: &SharedStr| {
                site.ground
                    .disk
                    .process_instances()
                    .iter()
                    .any(|instance| instance.business_id.as_ref() == Some(id))
            };
            if is_there(&business_id) {
                break;
            }
            let handle = site.handle().await?;
            clients.start_of(&handle, definition, variables, Some(business_id.clone()), None);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    Ok(())
}

fn endings(evidence: &Evidence) -> BTreeMap<SharedStr, Ending> {
    let mut endings = BTreeMap::new();
    for instance in evidence.instances.values() {
        let Some(rows) = &instance.rows else { continue };
        let mut ending = Ending {
            state: rows.instance.state.name(),
            variables: BTreeMap::new(),
            completed: BTreeMap::new(),
        };
        for row in &rows.variables {
            // Tells who has set the others.
            if *row.name != *"by" {
                ending.variables.insert(row.name.clone(), row.variable.value.to_string());
            }
        }
        let mut elements = BTreeMap::new();
        for event in instance.journal.iter().flat_map(|entry| &entry.events) {
            match event {
                Event::ElementEntered { key, element, .. } => drop(elements.insert(*key, element.clone())),
                Event::ElementCompleted { key, .. } => {
                    let element = elements.get(key).cloned().unwrap_or_default();
                    *ending.completed.entry(element).or_default() += 1;
                }
                _ => {}
            }
        }
        endings.insert(rows.instance.business_id.clone().unwrap_or_default(), ending);
    }
    endings
}
