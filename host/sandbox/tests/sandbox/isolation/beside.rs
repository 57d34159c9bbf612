//! Measures well-behaved jobs alone and beside attacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fermata_sandbox::{Component, Config, Limits, Policy, Sandbox};
use serde_json::{Value, json};

use crate::support::{TestHost, built, config, job};

/// Well-behaved jobs of one measurement.
const JOBS: usize = 5_000;
/// Of them at the same time.
const AT_ONCE: usize = 2;
/// Attacks at the same time.
const ATTACKERS: usize = 8;
/// The attacks, in turn.
const ATTACKS: [(&str, u64); 12] = [
    ("endless-loop", u64::MAX),
    ("memory-bomb", 100 << 20),
    ("deep-recursion", 100_000_000),
    ("log-flood", 20_000),
    ("sleep", 400),
    ("headers-flood", 1_024),
    ("giant-result", 5 << 20),
    ("spin-on-timers", u64::MAX),
    ("random-flood", 1_000),
    ("loop-in-slices", u64::MAX),
    ("checkpoint-flood", 2_000),
    ("panic", 0),
];

#[derive(Clone)]
struct Stage {
    sandbox: Sandbox,
    echo: Component,
    hostile: Component,
}

impl Stage {
    async fn run(&self, component: &Component, input: &Value, limits: Limits) -> bool {
        let policy = Arc::new(Policy { limits, ..Policy::default() });
        let report = self.sandbox.run(component, job(input), policy, Arc::new(TestHost::default())).await;
        report.result.is_ok()
    }

    /// How long each of the well-behaved jobs took, the quickest first.
    async fn well_behaved(&self) -> Vec<Duration> {
        let left = Arc::new(AtomicUsize::new(JOBS));
        let input = json!({ "order": 4711, "customer": "Ada", "items": vec![json!({ "sku": "sku-1", "price": 19.99 }); 16] });
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (stage, left, input) = (self.clone(), Arc::clone(&left), input.clone());
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                        .is_ok()
                    {
                        // A task of its own, as a host has it: it waits until a thread is free.
                        let (job, input) = (stage.clone(), input.clone());
                        let began = Instant::now();
                        let ended =
                            tokio::spawn(async move { job.run(&job.echo, &input, Limits::default()).await });
                        assert!(ended.await.expect("it does not panic"), "it is well-behaved");
                        times.push(began.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for worker in workers {
            times.extend(worker.await.expect("it does not panic"));
        }
        times.sort();
        times
    }

    /// Attacks until `over`; how many there were.
    async fn attack(&self, first: usize, over: Arc<AtomicBool>) -> usize {
        let limits = Limits { cpu_time: Duration::from_millis(500), ..Limits::default() };
        let mut attacks = 0;
        while !over.load(Ordering::Relaxed) {
            let (attack, amount) = ATTACKS[(first + attacks) % ATTACKS.len()];
            self.run(&self.hostile, &json!({ "attack": attack, "amount": amount }), limits.clone()).await;
            attacks += 1;
        }
        attacks
    }
}

/// Prints its figures and judges nothing: time on a shared machine says little.
#[test]
#[ignore = "a measurement: run it by name with --ignored --nocapture"]
fn well_behaved_jobs_beside_attacks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let sandbox = Sandbox::new(Config { concurrency: 32, ..config() }).expect("the sandbox starts");
        let echo = sandbox.compile(built("echo")).await.expect("the component is accepted");
        let hostile = sandbox.compile(built("hostile")).await.expect("the component is accepted");
        let stage = Stage { sandbox, echo, hostile };
        stage.well_behaved().await;
        for round in 1..=3 {
            let alone = stage.well_behaved().await;
            let over = Arc::new(AtomicBool::new(false));
            let attackers: Vec<_> = (0..ATTACKERS)
                .map(|number| {
                    let (stage, over) = (stage.clone(), Arc::clone(&over));
                    tokio::spawn(async move { stage.attack(number, over).await })
                })
                .collect();
            let beside = stage.well_behaved().await;
            over.store(true, Ordering::Relaxed);
            let mut attacks = 0;
            for attacker in attackers {
                attacks += attacker.await.expect("it does not panic");
            }
            let at = |times: &[Duration], part: f64| {
                times[(times.len() as f64 * part) as usize].as_secs_f64() * 1e3
            };
            println!("round {round}, {attacks} attacks");
            for (name, part) in [("p50", 0.50), ("p99", 0.99)] {
                let (one, other) = (at(&alone, part), at(&beside, part));
                println!("{name}: alone {one:.3} ms, beside {other:.3} ms, ratio {:.2}", other / one);
            }
        }
    });
}
