//! The sandbox alone: how long well-behaved jobs take beside each kind of attack, compared with how long they take alone.
//!
//! What an attack does is in `tests/guests/hostile`, and that each of them is contained is shown by the sandbox's own suite.
//! Here counts what the others feel of it.

mod attacks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sandbox::{Component, Config, Grants, Limits, Policy, Sandbox, Services};
use types::{JobRequest, Variables};

use super::sandboxed_job::{NoServices, request};
use super::session::Session;
use crate::host::component;
use crate::report::{Measurement, median};
use attacks::{GROUPS, Target};

/// Well-behaved jobs of one measurement.
const JOBS: u64 = 100_000;
/// Attacks at the same time.
const ATTACKERS: usize = 8;
/// How often each group is measured, every time after a measurement without attacks.
const ROUNDS: usize = 5;

/// What is measured, ready to run.
#[derive(Clone)]
struct Stage {
    sandbox: Sandbox,
    well_behaved: Component,
    hostile: Component,
    attackers_policy: Arc<Policy>,
    services: Arc<dyn Services>,
    jobs: u64,
}

/// How long jobs took, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Times {
    p50: f64,
    p99: f64,
}

/// The medians of all rounds with one group.
struct Beside {
    alone: Times,
    beside: Times,
    p50_ratio: f64,
    p99_ratio: f64,
    attacks: u64,
}

/// The p99 of well-behaved jobs beside the worst group, as a multiple of what it is alone.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let jobs = session.scaled(JOBS);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let target = Target::start().await?;
        let stage = Stage::new(&target, jobs).await?;
        // The first jobs find everything cold.
        stage.run_jobs().await?;
        let mut measurement = Measurement::new(0.0, "times", format!("a job at a time beside {ATTACKERS} attacks"));
        let every: Vec<&str> = GROUPS.iter().flat_map(|group| group.attacks).copied().collect();
        let groups = GROUPS.iter().map(|group| (group.name, group.attacks)).chain([("all", &*every)]);
        for (name, attacks) in groups {
            let Beside { alone, beside, p50_ratio, p99_ratio, attacks } =
                stage.beside(&target.inputs(attacks)?).await?;
            measurement.value = measurement.value.max(p99_ratio);
            measurement = measurement
                .noting(format_args!(
                    "{name}: p50 {:.2} to {:.2} ms, p99 {:.2} to {:.2} ms ({p99_ratio:.2}), {attacks} attacks",
                    alone.p50, beside.p50, alone.p99, beside.p99
                ))
                .with(format!("{name}_p50_alone_ms"), alone.p50)
                .with(format!("{name}_p50_beside_ms"), beside.p50)
                .with(format!("{name}_p50_ratio"), p50_ratio)
                .with(format!("{name}_p99_alone_ms"), alone.p99)
                .with(format!("{name}_p99_beside_ms"), beside.p99)
                .with(format!("{name}_p99_ratio"), p99_ratio)
                .with(format!("{name}_attacks"), attacks as f64);
        }
        Ok(measurement.with("jobs", jobs as f64))
    })
}

impl Stage {
    async fn new(target: &Target, jobs: u64) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new(Config::default())?;
        let well_behaved = sandbox.compile(component("echo.wasm")?).await?;
        let hostile = sandbox.compile(component("hostile.wasm")?).await?;
        // Tight enough that there are many attacks, and each runs into its limits.
        let limits = Limits {
            cpu_time: Duration::from_millis(500),
            wall_time: Duration::from_secs(1),
            ..Limits::default()
        };
        let grants = Grants { hosts: vec![target.url().parse()?], ..Grants::default() };
        let attackers_policy = Arc::new(Policy { limits, grants, ..Policy::default() });
        Ok(Self { sandbox, well_behaved, hostile, attackers_policy, services: Arc::new(NoServices), jobs })
    }

    /// Well-behaved jobs, alone and beside attacks, in turn.
    async fn beside(&self, inputs: &[Variables]) -> anyhow::Result<Beside> {
        let (mut alone, mut beside, mut attacks) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            alone.push(self.run_jobs().await?);
            let over = Arc::new(AtomicBool::new(false));
            let attackers: Vec<_> = (0..ATTACKERS)
                .map(|first| {
                    let (stage, inputs, over) = (self.clone(), inputs.to_vec(), Arc::clone(&over));
                    tokio::spawn(async move { stage.attack(&inputs, first, &over).await })
                })
                .collect();
            let times = self.run_jobs().await;
            over.store(true, Ordering::Relaxed);
            for attacker in attackers {
                attacks += attacker.await??;
            }
            beside.push(times?);
        }
        ensure!(attacks > 0, "nobody has attacked");
        let middle = |times: &[Times], part: fn(&Times) -> f64| median(times.iter().map(part).collect());
        let ratio = |part: fn(&Times) -> f64| {
            median(alone.iter().zip(&beside).map(|(alone, beside)| part(beside) / part(alone)).collect())
        };
        let times =
            |of: &[Times]| Times { p50: middle(of, |times| times.p50), p99: middle(of, |times| times.p99) };
        Ok(Beside {
            alone: times(&alone),
            beside: times(&beside),
            p50_ratio: ratio(|times| times.p50),
            p99_ratio: ratio(|times| times.p99),
            attacks,
        })
    }

    /// Runs all well-behaved jobs of a measurement, one after the other: as many at a time as there are processors
    /// would tell how many of these are left, not how long a job takes.
    async fn run_jobs(&self) -> anyhow::Result<Times> {
        let (stage, job) = (self.clone(), request()?);
        // The client is on a thread of the runtime, so that none has to be woken up for each job.
        let client = tokio::spawn(async move {
            let mut times = Vec::new();
            for _ in 0..stage.jobs {
                // A task of its own, as a host has it: it waits until a thread is free.
                let (stage, job) = (stage.clone(), job.clone());
                let began = Instant::now();
                let done = tokio::spawn(async move { stage.run_well_behaved(job).await }).await?;
                times.push(began.elapsed().as_secs_f64() * 1e3);
                done?;
            }
            anyhow::Ok(times)
        });
        let mut times = client.await??;
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied();
        let (p50, p99) = at(0.50).zip(at(0.99)).context("there are jobs")?;
        Ok(Times { p50, p99 })
    }

    async fn run_well_behaved(&self, job: JobRequest) -> anyhow::Result<()> {
        let (policy, services) = (Arc::default(), Arc::clone(&self.services));
        let report = self.sandbox.run(&self.well_behaved, job, policy, services).await;
        ensure!(report.result.is_ok(), "a well-behaved job has failed: {:?}", report.result);
        Ok(())
    }

    /// Attacks until it is over, with one input after the other; how often.
    async fn attack(&self, inputs: &[Variables], first: usize, over: &AtomicBool) -> anyhow::Result<u64> {
        let job = request()?;
        let mut attacks = 0;
        for variables in inputs.iter().cycle().skip(first % inputs.len()) {
            if over.load(Ordering::Relaxed) {
                break;
            }
            let job = JobRequest { variables: variables.clone(), ..job.clone() };
            let (policy, services) = (Arc::clone(&self.attackers_policy), Arc::clone(&self.services));
            self.sandbox.run(&self.hostile, job, policy, services).await;
            attacks += 1;
        }
        Ok(attacks)
    }
}
