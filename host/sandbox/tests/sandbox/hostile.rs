//! Components that attack their host, where more is to be looked at than how one run of them ends.
//!
//! The table of all attacks is in `isolation`; it names tests of this file where they show a case.
//! Where a check has no limit to raise, `src/unguarded.rs` shows what comes through without the check.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Bench, completed, config, failure, job, policy, small};
use fermata_sandbox::{Config, Limits, LogSource, Policy};
use serde_json::json;
use types::{JobError, JobOutcome};

fn limits(limits: Limits) -> Policy {
    policy(&[], &[], limits)
}

fn defaults() -> Policy {
    limits(Limits::default())
}

#[tokio::test]
async fn a_sleeping_component_is_stopped_at_its_wall_time_and_costs_no_cpu_time() {
    let bench = Bench::new().await;
    let tight = Limits {
        wall_time: Duration::from_millis(100),
        cpu_time: Duration::from_millis(90),
        ..Limits::default()
    };
    let report = bench.run(json!({ "attack": "sleep" }), limits(tight)).await;
    assert!(
        failure(&report).starts_with("the component ran longer than its 100 ms: raise `wall_time_ms`"),
        "{}",
        failure(&report)
    );

    let report = bench.run(json!({ "attack": "sleep", "amount": 150 }), defaults()).await;
    assert_eq!(completed(&report)["proof"], 150);
    assert!(report.wall >= Duration::from_millis(150));
    assert!(report.cpu < report.wall);
}

#[tokio::test]
async fn deep_recursion_meets_the_end_of_its_stack() {
    let input = json!({ "attack": "deep-recursion", "amount": 60_000 });
    let bench = Bench::new().await;
    let report = bench.run(input.clone(), defaults()).await;
    assert_eq!(
        failure(&report),
        "stack overflow: the component's calls nest deeper than its stack of 512 KiB"
    );
    let bench = Bench::with(Config { stack_bytes: 16 << 20, ..config() }).await;
    assert!(completed(&bench.run(input, defaults()).await)["proof"].is_u64());
}

#[tokio::test]
async fn a_giant_result_meets_its_limit() {
    let bench = Bench::new().await;
    let report = bench.run(json!({ "attack": "giant-result" }), defaults()).await;
    let message = failure(&report);
    assert!(message.starts_with("result takes 5242"), "{message}");
    assert!(message.ends_with("bytes, the limit is 4194304"), "{message}");

    // No limit is raised beyond what a process may hold; below that it is the limit that decides.
    let input = json!({ "attack": "giant-result", "amount": 1_000_000 });
    let tight = limits(Limits { result_bytes: 1_000_000, ..Limits::default() });
    let report = bench.run(input.clone(), tight).await;
    assert!(failure(&report).contains("the limit is 1000000: raise `result_bytes`"), "{}", failure(&report));
    let report = bench.run(input, defaults()).await;
    assert_eq!(completed(&report)["proof"].as_str().map(str::len), Some(1_000_000));
}

#[tokio::test]
async fn headers_that_pile_up_on_the_host_meet_their_number() {
    let bench = Bench::new().await;
    let attack = |amount: u32| json!({ "attack": "headers-flood", "amount": amount });
    let report = bench.run(attack(1_024), defaults()).await;
    assert_eq!(
        failure(&report),
        "the component has more than 256 resources open, such as headers, requests and streams"
    );
    let report = bench.run(attack(250), defaults()).await;
    assert_eq!(completed(&report)["proof"], 250 * (12 << 10));
}

#[tokio::test]
async fn headers_of_one_request_meet_their_limit() {
    let bench = Bench::new().await;
    let report = bench.run(json!({ "attack": "giant-headers" }), defaults()).await;
    assert_eq!(
        failure(&report),
        "the component's headers of one request take more than 16 KiB, as they lie in memory"
    );
    let report = bench.run(json!({ "attack": "giant-headers", "amount": 12 << 10 }), defaults()).await;
    assert_eq!(completed(&report)["proof"], 12 << 10);
}

#[tokio::test]
async fn bodies_that_pile_up_on_the_host_meet_their_number() {
    let bench = Bench::new().await;
    let report = bench.run(json!({ "attack": "body-flood", "amount": 90 }), defaults()).await;
    assert!(
        failure(&report).starts_with("the component has more than 256 resources"),
        "{}",
        failure(&report)
    );
    let report = bench.run(json!({ "attack": "body-flood", "amount": 80 }), defaults()).await;
    assert_eq!(completed(&report)["proof"], 80 * 2 * (32 << 10));
    assert_eq!(report.requests, [], "nothing was sent");
}

#[tokio::test]
async fn a_request_has_parts_of_bounded_size() {
    let bench = Bench::new().await;
    let attack = |amount: u32| json!({ "attack": "giant-request", "amount": amount });
    for (amount, parts) in
        [(60_000, "method, host name, path"), (16_000, "method, host name"), (300, "method"), (33, "method")]
    {
        let report = bench.run(attack(amount), defaults()).await;
        assert_eq!(failure(&report), format!("the host refuses {parts} of {amount} bytes"));
    }
    assert_eq!(completed(&bench.run(attack(32), defaults()).await)["proof"], 96);
}

#[tokio::test]
async fn a_crash_is_told_by_its_cause() {
    for (body, expected) in [
        ("unreachable", "the component aborted"),
        (
            "(drop (i32.load (i32.const -4))) i32.const 256",
            "the component crashed: out of bounds memory access",
        ),
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 0))) i32.const 256",
            "the component crashed: integer divide by zero",
        ),
    ] {
        let report = Bench::of(config(), small("", body)).await.run(json!({}), defaults()).await;
        assert_eq!(failure(&report), expected);
    }
}

#[tokio::test]
async fn a_limit_that_the_component_got_over_does_not_stand_for_its_end() {
    // Is denied memory, goes on, and divides by zero.
    let stubborn = small(
        "",
        "(drop (memory.grow (i32.const 2000)))
         (drop (i32.div_u (i32.const 1) (i32.const 0)))
         i32.const 256",
    );
    let report = Bench::of(config(), stubborn).await.run(json!({}), defaults()).await;
    assert_eq!(
        failure(&report),
        "the component crashed: integer divide by zero (before that: memory limit of 64 MiB exceeded: \
         raise `memory_bytes` with `fermata worker grant hostile --memory SIZE`)"
    );
}

#[tokio::test]
async fn asking_for_endless_retries_is_left_to_the_host() {
    let bench = Bench::new().await;
    let report = bench.run(json!({ "attack": "endless-retries" }), defaults()).await;
    assert!(
        matches!(&report.result, Err(JobError::Failed(failure)) if failure.retries == Some(u32::MAX)),
        "{report:?}"
    );
}

#[tokio::test]
async fn asking_to_be_called_again_is_left_to_the_host() {
    let bench = Bench::new().await;
    let report = bench.run(json!({ "attack": "again-at-once" }), defaults()).await;
    assert_eq!(report.result, Ok(JobOutcome::Again { after_ms: 0 }));
}

#[tokio::test]
async fn a_flood_of_log_records_is_dropped_and_said_so() {
    let records = 5_000;
    let input = json!({ "attack": "log-flood", "amount": records });
    let bench = Bench::new().await;
    let report = bench.run(input.clone(), defaults()).await;
    assert_eq!(completed(&report)["proof"], records);
    let log = bench.host.log();
    assert_eq!(log.len(), 501);
    let last = log.last().expect("there are records");
    assert_eq!(last.source, LogSource::Host);
    assert_eq!(
        last.message,
        "the log of this job is full: it holds 500 records and 64 KiB, further ones are dropped: \
         raise `log_records` with `fermata worker grant hostile --limit log_records=NUMBER`"
    );
    assert_eq!(report.log_records_dropped, records - 500);

    let bench = Bench::new().await;
    let raised = Limits { log_records: records, log_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(bench.run(input, limits(raised)).await.log_records_dropped, 0);
    assert_eq!(bench.host.log().len(), records);
}

#[tokio::test]
async fn a_giant_checkpoint_meets_its_limit() {
    let input = json!({ "attack": "checkpoint-giant", "amount": 2 << 20 });
    let bench = Bench::new().await;
    let report = bench.run(input.clone(), defaults()).await;
    assert!(failure(&report).contains("1048576"), "{}", failure(&report));
    assert_eq!(bench.host.checkpoint(), None);

    let report = bench.run(input, limits(Limits { checkpoint_bytes: 3 << 20, ..Limits::default() })).await;
    assert_eq!(completed(&report)["proof"], 2 << 20);
    assert_eq!(
        bench.host.checkpoint().map(|checkpoint| checkpoint.value.len()),
        Some((2 << 20) + r#""""#.len())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_jobs_run_undisturbed_beside_attacks() {
    let bench = Arc::new(Bench::new().await);
    let tight = Limits {
        cpu_time: Duration::from_millis(300),
        wall_time: Duration::from_secs(5),
        ..Limits::default()
    };
    let attacks: Vec<_> = [
        json!({ "attack": "endless-loop" }),
        json!({ "attack": "endless-loop" }),
        json!({ "attack": "memory-bomb" }),
        json!({ "attack": "deep-recursion" }),
        json!({ "attack": "panic" }),
        json!({ "attack": "sleep", "amount": 400 }),
    ]
    .into_iter()
    .map(|input| {
        let (bench, policy) = (Arc::clone(&bench), limits(tight.clone()));
        tokio::spawn(async move { bench.run(input, policy).await })
    })
    .collect();

    let raised =
        Limits { cpu_time: Duration::from_secs(60), wall_time: Duration::from_secs(60), ..Limits::default() };
    for _ in 0..50 {
        let report = bench.run(json!({ "attack": "ok" }), limits(raised.clone())).await;
        assert_eq!(completed(&report)["proof"], "nothing was attacked");
    }
    let mut failed = 0;
    for attack in attacks {
        let report = attack.await.expect("the host did not panic");
        failed += usize::from(report.result.is_err());
    }
    assert_eq!(failed, 5);
}

#[tokio::test]
async fn nothing_passes_from_one_job_to_the_next() {
    // Counts its calls in memory and traps at the second one.
    let counter = small(
        "",
        "(if (i32.load (i32.const 2048)) (then unreachable))
         (i32.store (i32.const 2048) (i32.const 1))
         i32.const 256",
    );
    let bench = Bench::of(Config { concurrency: 1, ..config() }, counter).await;
    for _ in 0..20 {
        assert_eq!(completed(&bench.run(json!({}), defaults()).await), json!({}));
    }
}

#[tokio::test]
async fn a_job_whose_caller_goes_away_gives_its_slot_back() {
    let bench = Bench::with(Config { concurrency: 1, ..config() }).await;
    let asleep = bench.sandbox.run(
        &bench.component,
        job(&json!({ "attack": "sleep" })),
        Arc::new(defaults()),
        bench.host.clone(),
    );
    assert!(tokio::time::timeout(Duration::from_millis(50), asleep).await.is_err());
    assert!(bench.run(json!({ "attack": "ok" }), defaults()).await.result.is_ok());
}
