//! What is kept of attempts at jobs.

mod support;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fermata_runtime::Attempted;
use store::{
    AttemptOutcome, AttemptReport, AttemptsOf, JobAttempt, LogLevel, LogRecord, LogSource, Store as _,
};
use types::{Failure, JobError, JobOutcome, ProcessInstanceKey, Timestamp, Variables};

use support::World;
use tokio::sync::Notify;

/// More tries than are kept.
const TRIES: u32 = 25;

fn report(line: &str) -> Option<Box<AttemptReport>> {
    let record = LogRecord {
        at: Timestamp::default(),
        level: LogLevel::Info,
        source: LogSource::Stdout,
        message: line.to_owned(),
        fields: Vec::new(),
    };
    Some(Box::new(AttemptReport { cpu_us: 7, log: vec![record], ..AttemptReport::default() }))
}

fn done() -> Result<JobOutcome, JobError> {
    Ok(JobOutcome::Completed(Variables::new()))
}

async fn kept(world: &World, instance: ProcessInstanceKey) -> anyhow::Result<Vec<JobAttempt>> {
    Ok(world.store.job_attempts(AttemptsOf::Instance(instance), None, 1_000).await?)
}

fn lines(attempt: &JobAttempt) -> anyhow::Result<Vec<String>> {
    Ok(AttemptReport::decode(&attempt.report)?.log.into_iter().map(|record| record.message).collect())
}

#[tokio::test]
async fn an_attempt_that_says_nothing_leaves_nothing() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    world.workers.serve_reporting("work", "worker@1.0.0", |_, _| async {
        Attempted { report: Some(Box::default()), ..done().into() }
    });
    let instance = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended(instance).await?, "COMPLETED");
    assert_eq!(kept(&world, instance).await?, []);
    Ok(())
}

#[tokio::test]
async fn the_log_of_an_attempt_is_written_in_the_commit_of_its_answer() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let job = Arc::new(Mutex::new(None));
    let before = Arc::new(AtomicU64::new(0));
    let (seen, counted, store) = (Arc::clone(&job), Arc::clone(&before), Arc::clone(&world.store));
    world.workers.serve_reporting("work", "worker@1.0.0", move |job, checkpoints| {
        *seen.lock().expect("no test panics with it") = Some(job.key);
        let (counted, store) = (Arc::clone(&counted), Arc::clone(&store));
        async move {
            // Durable on return, and so is the start of the attempt before it. The answer has to be given twice.
            checkpoints.save(Vec::new()).await.expect("the checkpoint is taken");
            let faults = store.faults();
            counted.store(faults.commits_tried(), Ordering::SeqCst);
            faults.fail_commit(faults.commits_tried() + 1);
            Attempted { report: report("hello"), ..done().into() }
        }
    });
    let instance = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended_in_time(instance).await?, "COMPLETED");
    let commits = world.store.faults().commits_tried() - before.load(Ordering::SeqCst);
    assert_eq!(commits, 2, "the answer that was lost, and the one that was not");
    let job = job.lock().expect("no test panics with it").expect("the job has run");
    let attempts = kept(&world, instance).await?;
    assert_eq!(attempts.len(), 1);
    let attempt = &attempts[0];
    assert_eq!((attempt.job, attempt.outcome), (job, AttemptOutcome::Completed));
    assert_eq!((&*attempt.worker, &*attempt.job_type, &attempt.message), ("worker@1.0.0", "work", &None));
    assert_eq!(lines(attempt)?, ["hello"]);
    assert_eq!(world.store.job_attempts(AttemptsOf::Job(job), None, 9).await?, attempts);
    Ok(())
}

#[tokio::test]
async fn failures_are_kept_and_the_oldest_attempts_make_room() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    world.workers.serve_reporting("work", "worker@1.0.0", move |_, _| {
        let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            match number {
                1 => Err(JobError::Failed(Failure::new("no answer"))).into(),
                TRIES => done().into(),
                _ => Attempted { report: report("again"), ..Ok(JobOutcome::Again { after_ms: 0 }).into() },
            }
        }
    });
    let instance = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended_in_time(instance).await?, "COMPLETED");
    let attempts = kept(&world, instance).await?;
    let numbers: Vec<u32> = attempts.iter().map(|attempt| attempt.number).collect();
    assert!(numbers.iter().copied().eq(TRIES - 20..TRIES), "{numbers:?}");
    assert!(attempts.iter().all(|attempt| attempt.outcome == AttemptOutcome::Again));
    Ok(())
}

#[tokio::test]
async fn what_was_kept_before_a_restart_is_counted() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    world.workers.serve("work", "worker@1.0.0", |_, _| async {
        Err(JobError::Failed(Failure { retry_after_ms: Some(1_000), ..Failure::new("broken") }))
    });
    let instance = world.start_instance(definition, "{}").await?;
    let mut attempts = Vec::new();
    while attempts.is_empty() {
        attempts = kept(&world, instance).await?;
        tokio::task::yield_now().await;
    }
    assert_eq!(attempts[0].message.as_deref(), Some("broken"));
    assert_eq!(attempts[0].outcome, AttemptOutcome::Failed);
    let world = world.crash().await?;
    world.workers.serve_reporting("work", "worker@1.0.1", |_, _| async {
        Attempted { report: report("repaired"), ..done().into() }
    });
    assert_eq!(world.ended_in_time(instance).await?, "COMPLETED");
    let attempts = kept(&world, instance).await?;
    let workers: Vec<&str> = attempts.iter().map(|attempt| &*attempt.worker).collect();
    assert_eq!(workers, ["worker@1.0.0", "worker@1.0.1"]);
    Ok(())
}

#[tokio::test]
async fn an_attempt_that_the_end_of_the_host_has_interrupted_is_kept() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let begun = Arc::new(Notify::new());
    let ring = Arc::clone(&begun);
    world.workers.serve("work", "worker@1.0.0", move |_, checkpoints| {
        let ring = Arc::clone(&ring);
        async move {
            // Durable on return, and so is the start of the attempt before it.
            checkpoints.save(Vec::new()).await.expect("the checkpoint is taken");
            ring.notify_one();
            std::future::pending().await
        }
    });
    let instance = world.start_instance(definition, "{}").await?;
    begun.notified().await;
    let world = world.crash().await?;
    world.workers.serve("work", "worker@1.0.1", |_, _| async { done() });
    assert_eq!(world.ended_in_time(instance).await?, "COMPLETED");
    let attempts = kept(&world, instance).await?;
    assert_eq!(attempts.len(), 1, "the second one has said nothing");
    let attempt = &attempts[0];
    assert_eq!((attempt.number, attempt.outcome), (1, AttemptOutcome::Interrupted));
    assert_eq!((&*attempt.worker, &*attempt.element, &attempt.message), ("worker@1.0.0", "work", &None));
    Ok(())
}
