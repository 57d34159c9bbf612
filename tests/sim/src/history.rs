//! One history: what a seed leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use runtime::{Config, Handle, Retention};
use types::SharedStr;

use crate::check::{self, Violation};
use crate::clients::{Clients, JobAnswer, any, pick};
use crate::clock::SimClock;
use crate::components::Components;
use crate::disk::{Disk, StoreKind};
use crate::evidence::Evidence;
use crate::faults::{CommitFault, FaultKind, Plan};
use crate::host::{Ground, Host, Site};
use crate::models::{MODELS, Model, REPAIR};
use crate::operator::Operator;
use crate::tamper::{Honest, Tamper};
use crate::witness::{Counts, Witness};

/// Commands that a history may take more than asked for until it has met enough faults.
const EXTRA_COMMANDS_MAX: u64 = 2_000;

/// Turns that everybody gets until nobody can do more without time passing.
const YIELDS_UNTIL_IDLE: usize = 300;

/// What a history is like.
#[derive(Clone)]
pub struct Options {
    /// Commands that clients send at least.
    pub commands: u64,
    /// Faults that strike at least.
    pub faults: u64,
    /// The store.
    pub store: StoreKind,
    /// Faults that no host may have.
    pub tamper: Arc<dyn Tamper>,
}

impl Default for Options {
    fn default() -> Self {
        Self { commands: 200, faults: 5, store: StoreKind::Memory, tamper: Arc::new(Honest) }
    }
}

/// A history that has come to rest.
#[derive(Debug)]
pub struct History {
    /// Where it comes from.
    pub seed: u64,
    /// What must not be.
    pub violations: Vec<Violation>,
    /// How often what has happened.
    pub counts: Counts,
    /// What has happened, line by line.
    pub trace: Vec<String>,
}

/// Lets a history happen, and checks it.
///
/// # Errors
/// The simulation itself is broken: no temporary folder, hosts that never start.
pub fn run(seed: u64, options: &Options) -> anyhow::Result<History> {
    let simulated = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let history = simulated.block_on(async {
        let mut world = World::begin(seed, options).await?;
        world.live(options).await?;
        world.rest(seed).await
    });
    // What a dead host has left behind waits for ever.
    simulated.shutdown_background();
    history.with_context(|| format!("the simulation of seed {seed}"))
}

/// A history under way.
struct World {
    rng: fastrand::Rng,
    site: Site,
    clients: Clients,
    /// Hosts that were taken over and do not know.
    zombies: Vec<Host>,
    models: Vec<&'static Model>,
    /// Types of jobs of the models.
    job_types: Vec<SharedStr>,
    deployments: usize,
    /// The fewer, the more faults: some histories are stormy, others have long quiet times.
    quiet: u32,
}

impl World {
    async fn begin(seed: u64, options: &Options) -> anyhow::Result<Self> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut models: Vec<&'static Model> = MODELS.iter().collect();
        rng.shuffle(&mut models);
        models.truncate(rng.usize(3..=7));
        let job_types: BTreeSet<SharedStr> =
            models.iter().flat_map(|model| model.job_types).map(|name| SharedStr::from(*name)).collect();
        let served = job_types.iter().filter(|_| rng.u8(0..3) > 0).cloned().collect();
        let quiet = 60 << rng.u32(0..4);
        let clock = SimClock::new();
        let witness = Witness::new(Arc::clone(&clock));
        let disk = Disk::new(options.store, Arc::clone(&clock), Arc::clone(&witness))?;
        let config = Config {
            partitions: NonZeroU16::new(rng.u16(1..=3)).expect("from 1 on"),
            // Sometimes little, so that commands are refused and jobs have to be found again.
            inbox_commands_max: if rng.u8(0..4) == 0 { 4 } else { 2_000 },
            concurrent_jobs_max: if rng.bool() { rng.usize(1..4) } else { 64 },
            tenant_weights: BTreeMap::new(),
            retention: Retention::default(),
        };
        let ground = Ground {
            clock,
            disk: Arc::new(disk),
            plan: Arc::new(Plan::new(rng.fork(), true)),
            components: Components::new(served, rng.fork()),
            tamper: Arc::clone(&options.tamper),
            config,
            hosts: 0,
            witness,
        };
        let clients = Clients::new(Arc::clone(&ground.witness), rng.fork());
        let mut world = Self {
            rng,
            site: Site::open(ground).await?,
            clients,
            zombies: Vec::new(),
            job_types: job_types.into_iter().collect(),
            models,
            deployments: 0,
            quiet,
        };
        for model in world.models.clone() {
            world.deploy(model).await?;
        }
        Ok(world)
    }

    async fn live(&mut self, options: &Options) -> anyhow::Result<()> {
        let witness = Arc::clone(&self.site.ground.witness);
        let commands_max = options.commands + EXTRA_COMMANDS_MAX;
        while (self.clients.sent() < options.commands || witness.faults() < options.faults)
            && self.clients.sent() < commands_max
        {
            self.plan_a_fault().await?;
            for _ in 0..self.rng.u8(1..7) {
                self.command().await?;
            }
            self.pass_time().await;
        }
        Ok(())
    }

    /// No more faults: everything goes on to its end, and is looked at.
    async fn rest(mut self, seed: u64) -> anyhow::Result<History> {
        self.site.ground.plan.calm();
        self.site.ground.components.calm();
        self.clients.calm();
        for zombie in &mut self.zombies {
            zombie.end().await;
        }
        let operator = Operator {
            site: &mut self.site,
            clients: &mut self.clients,
            job_types: &self.job_types,
            patience: 3,
            idle: 0,
        };
        operator.see_to_the_end().await?;
        let ground = self.site.close().await;
        ground.witness.count(|counts| counts.histories = 1);
        let evidence = Evidence::gather(&ground, self.clients.waiting())?;
        Ok(History {
            seed,
            violations: check::all(&evidence),
            counts: evidence.notes.counts,
            trace: evidence.notes.trace,
        })
    }

    async fn plan_a_fault(&mut self) -> anyhow::Result<()> {
        let (site, rng) = (&mut self.site, &mut self.rng);
        match rng.u32(0..self.quiet) {
            0..20 => {
                let fault = CommitFault::ALL[rng.usize(0..CommitFault::ALL.len())];
                let number = site.ground.plan.commits_tried() + rng.u64(1..4);
                site.ground.plan.meet(number, fault);
            }
            20..26 => site.ground.plan.fail_reads(rng.u32(0..6), rng.u32(1..4)),
            26..29 => {
                if !site.is_dead() {
                    site.ground.witness.strikes(FaultKind::CrashBetweenCommits, "now");
                }
                site.crash().await?;
            }
            29..32 => {
                let before = site.take_over().await?;
                // From a dead host nothing is taken.
                if !before.is_dead() {
                    site.ground.witness.strikes(FaultKind::TakeOver, "now");
                }
                self.zombies.push(before);
            }
            // A host that was taken over finds out when it writes, or never; then its machine ends.
            32..48 if !self.zombies.is_empty() => self.zombies.remove(0).end().await,
            48..51 => self.change_components().await?,
            _ => {}
        }
        Ok(())
    }

    /// A component comes or goes.
    async fn change_components(&mut self) -> anyhow::Result<()> {
        let Some(job_type) = any(&self.job_types, &mut self.rng).cloned() else { return Ok(()) };
        let handle = self.site.handle().await?;
        let ground = &self.site.ground;
        ground.witness.note(|| format!("another worker for {job_type}"));
        {
            let mut served = ground.components.served();
            if !served.remove(&job_type) {
                served.insert(job_type);
            }
        }
        handle.components_changed();
        Ok(())
    }

    /// The host that a client happens to know.
    async fn handle(&mut self) -> anyhow::Result<Handle> {
        match self.zombies.first() {
            Some(zombie) if self.rng.u8(0..4) == 0 => Ok(zombie.handle().clone()),
            _ => self.site.handle().await,
        }
    }

    async fn command(&mut self) -> anyhow::Result<()> {
        let handle = self.handle().await?;
        let (clients, rng) = (&mut self.clients, &mut self.rng);
        let disk = &self.site.ground.disk;
        match rng.u8(0..100) {
            0..4 if self.models.iter().any(|model| model.file == "trade.bpmn") => {
                let key = rng.u8(0..3).to_string();
                let kept = Duration::from_secs(if rng.bool() { 0 } else { rng.u64(1..3_600) });
                match rng.u8(0..8) {
                    0..3 => clients.publish(&handle, "paid", &key, kept),
                    3 => clients.correlate(&handle, "paid", &key),
                    4 => {
                        let name = if rng.bool() { "offered" } else { "requested" };
                        clients.publish(&handle, name, &key, kept);
                    }
                    5 => clients.publish(&handle, "closed", &key, kept),
                    6 => clients.correlate(&handle, "closed", &key),
                    _ => clients.broadcast(&handle, "open"),
                }
            }
            0..24 => clients.start(&handle),
            24..46 => {
                if let Some(job_type) = any(&self.job_types, rng) {
                    let millis = if rng.bool() { 0 } else { rng.u64(1..3_000) };
                    clients.activate(&handle, job_type, Duration::from_millis(millis), rng.u8(0..12) == 0);
                }
            }
            46..68 => {
                let held = clients.known().give_up(rng);
                let answer = match rng.u8(0..10) {
                    0..6 => JobAnswer::Complete,
                    6..8 => JobAnswer::Fail,
                    8 => JobAnswer::Throw,
                    _ => JobAnswer::Postpone,
                };
                if let Some(held) = held {
                    clients.answer(&handle, held, answer);
                }
            }
            68..73 => {
                // A repeat, or an answer for an attempt that is over.
                let answered = pick(&clients.known().answered, rng);
                if let Some(held) = answered {
                    clients.answer(&handle, held, JobAnswer::Complete);
                }
            }
            73..76 => {
                let instance = pick(&clients.known().instances, rng);
                if let Some(instance) = instance {
                    clients.cancel(&handle, instance);
                }
            }
            76..86 => {
                if let Some(task) = pick(&disk.open_user_tasks(), rng) {
                    match rng.u8(0..10) {
                        0..2 => clients.assign(&handle, task),
                        2..3 => clients.unassign(&handle, task),
                        3..5 => clients.update_user_task(&handle, task),
                        _ => clients.complete_user_task(&handle, task),
                    }
                }
            }
            86..90 => {
                let instance = pick(&clients.known().instances, rng);
                if let Some(instance) = instance {
                    clients.set_variables(&handle, instance.root_scope(), REPAIR, rng.bool());
                }
            }
            90..94 => {
                if let Some(incident) = pick(&disk.open_incidents(), rng) {
                    clients.resolve(&handle, incident.0);
                }
            }
            94..99 => {
                if let Some(job) = pick(&disk.jobs(), rng) {
                    let now = self.site.ground.clock.now();
                    if rng.u8(0..3) > 0 {
                        clients.update_job(&handle, job, Some(rng.u32(0..4)), None);
                    } else {
                        let deadline = now + Duration::from_millis(rng.u64(1..30_000));
                        clients.update_job(&handle, job, None, Some(deadline));
                    }
                }
            }
            _ => {
                if let Some(model) = pick(&self.models, rng) {
                    self.deploy(model).await?;
                }
            }
        }
        Ok(())
    }

    async fn deploy(&mut self, model: &'static Model) -> anyhow::Result<()> {
        // Files are checked on a thread of its own: everybody else has to wait for time to pass, which it does not until
        // the thread is done. Otherwise the order of events would be left to chance.
        for _ in 0..YIELDS_UNTIL_IDLE {
            tokio::task::yield_now().await;
        }
        let handle = self.site.handle().await?;
        self.deployments += 1;
        let name = format!("{}-{}", self.deployments, model.file);
        self.clients.deploy(&handle, model, name);
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    }

    /// Everybody works until the time is over; the clock may have its own idea of how long that was.
    async fn pass_time(&mut self) {
        let rng = &mut self.rng;
        let millis = if rng.u8(0..4) == 0 { 0 } else { rng.u64(0..60) };
        if millis == 0 {
            for _ in 0..rng.u8(0..6) {
                tokio::task::yield_now().await;
            }
        } else {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let ground = &self.site.ground;
        let clock = &ground.clock;
        clock.advance(Duration::from_millis(millis));
        match rng.u8(0..100) {
            0..30 => clock.advance(Duration::from_millis(rng.u64(1..3_000))),
            30..45 => clock.advance(Duration::from_secs(rng.u64(1..60))),
            45..50 => clock.advance(Duration::from_secs(rng.u64(60..3_600))),
            50..55 => {
                ground.witness.count(|counts| counts.clock_set_back += 1);
                clock.set_back(Duration::from_millis(rng.u64(1..600_000)));
            }
            _ => {}
        }
    }
}
