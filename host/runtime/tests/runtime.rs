//! The runtime over the in-memory store: jobs, timers, failed commits, restarts.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::command::{CompleteJob, JobAttempt, JobResult};
use fermata_runtime::{Config, Error};
use store::Store as _;
use tokio::sync::Notify;
use types::{Actor, Failure, JobError, JobOutcome, Variables};

use support::{ManualClock, World, activation};

fn completion(job: types::JobKey, variables: &str) -> anyhow::Result<CompleteJob> {
    Ok(CompleteJob {
        attempt: JobAttempt::current(job),
        result: JobResult::Variables(Variables::parse(variables)?),
    })
}

#[tokio::test]
async fn an_external_worker_takes_and_completes_a_job() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let key = world.start_instance(definition, r#"{"n": 1}"#).await?;
    let job = world.take("work").await?;
    assert_eq!((job.process_instance, job.variables.to_json().as_str()), (key, r#"{"n":1}"#));
    assert!(world.handle().activate_jobs(activation("work", Duration::ZERO)).await?.is_empty());
    world.handle().complete_job(completion(job.key, r#"{"done": true}"#)?, Actor::default()).await?;
    let instance = world.store.process_instance(key).await?.expect("the instance");
    assert_eq!(instance.state.name(), "COMPLETED", "what was acknowledged is there to be read");
    let again = world.handle().complete_job(completion(job.key, "{}")?, Actor::default()).await;
    assert!(matches!(again, Err(Error::Rejected(engine::Rejection::NotFound { .. }))), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn a_waiting_worker_is_woken_by_a_new_job() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let handle = world.handle().clone();
    let waiting =
        tokio::spawn(
            async move { handle.activate_jobs(activation("work", Duration::from_secs(3_600))).await },
        );
    let key = world.start_instance(definition, "{}").await?;
    let jobs = waiting.await??;
    assert_eq!(jobs.first().map(|job| job.process_instance), Some(key));
    Ok(())
}

#[tokio::test]
async fn timers_fire_when_the_clock_says_so_also_after_a_restart() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("pause.bpmn").await?;
    let key = world.start_instance(definition, r#"{"pause": "PT30M"}"#).await?;
    let world = world.crash().await?;
    world.clock.advance(Duration::from_secs(30 * 60 - 1));
    let early =
        world.store.due_timers(types::PartitionId::FIRST, fermata_runtime::Clock::now(&*world.clock), 10);
    assert!(early.await?.is_empty());
    world.clock.advance(Duration::from_secs(1));
    // The second timer is due at one o'clock.
    world.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(world.ended(key).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn a_component_runs_the_job_and_keeps_a_checkpoint_over_a_retry() -> anyhow::Result<()> {
    let world = World::start().await?;
    world.workers.serve("work", "worker@1.0.0", |job, checkpoints| async move {
        match checkpoints.saved() {
            None => {
                checkpoints.save(b"half".to_vec()).await.expect("the checkpoint is taken");
                Err(JobError::Failed(Failure::new("once")))
            }
            Some(saved) => {
                let seen = format!(r#"{{"seen": "{}", "attempt": {}}}"#, saved.value.len(), job.attempt);
                Ok(JobOutcome::Completed(Variables::parse(&seen).expect("variables")))
            }
        }
    });
    let definition = world.deploy("one-task.bpmn").await?;
    let request = World::request(definition, "{}")?;
    let ended = world.handle().start_instance_and_await(request, Duration::from_secs(60)).await?;
    assert_eq!(ended.variables.to_json(), r#"{"attempt":2,"seen":"4"}"#);
    Ok(())
}

#[tokio::test]
async fn a_job_that_runs_when_the_host_dies_runs_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (attempts, begun) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let (seen, ring) = (Arc::clone(&attempts), Arc::clone(&begun));
    world.workers.serve("work", "worker@1.0.0", move |job, checkpoints| {
        let (seen, ring) = (Arc::clone(&seen), Arc::clone(&ring));
        async move {
            if seen.fetch_add(1, Ordering::SeqCst) == 0 {
                // Durable on return, and so is the start of the attempt before it.
                checkpoints.save(Vec::new()).await.expect("the checkpoint is taken");
                ring.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(JobOutcome::Completed(
                Variables::parse(&format!(r#"{{"attempt": {}}}"#, job.attempt)).expect("json"),
            ))
        }
    });
    let definition = world.deploy("one-task.bpmn").await?;
    let key = world.start_instance(definition, "{}").await?;
    begun.notified().await;
    let world = world.crash().await?;
    assert_eq!(world.ended(key).await?, "COMPLETED");
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    Ok(())
}

#[tokio::test]
async fn a_failed_commit_changes_nothing_and_the_next_one_works() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let key = world.start_instance(definition, "{}").await?;
    let job = world.take("work").await?;
    let faults = world.store.faults();
    faults.fail_commit(faults.commits_tried() + 1);
    let failed = world.handle().complete_job(completion(job.key, "{}")?, Actor::default()).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
    assert!(world.store.process_instance(key).await?.is_some_and(|instance| instance.ended_at.is_none()));
    world.handle().complete_job(completion(job.key, "{}")?, Actor::default()).await?;
    assert_eq!(world.ended(key).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn an_awaited_instance_that_takes_longer_goes_on() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let request = World::request(definition, "{}")?;
    let result = world.handle().start_instance_and_await(request, Duration::from_millis(1)).await;
    let Err(Error::AwaitTimedOut { key, .. }) = result else { panic!("{result:?}") };
    let job = world.take("work").await?;
    assert_eq!(job.process_instance, key);
    Ok(())
}

#[tokio::test]
async fn a_type_that_a_component_serves_is_not_for_external_workers_until_it_is_withdrawn()
-> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let hold = Arc::new(Notify::new());
    let held = Arc::clone(&hold);
    world.workers.serve("work", "worker@1.0.0", move |_, _| {
        let held = Arc::clone(&held);
        async move {
            held.notified().await;
            Err(JobError::Failed(Failure::new("not today")))
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    assert!(world.handle().activate_jobs(activation("work", Duration::ZERO)).await?.is_empty());
    world.workers.withdraw("work");
    world.handle().components_changed();
    hold.notify_one();
    let job = world.take("work").await?;
    assert_eq!((job.process_instance, job.retries), (key, 2), "the attempt that ran has spent a retry");
    Ok(())
}

#[tokio::test]
async fn a_full_inbox_refuses_instead_of_growing() -> anyhow::Result<()> {
    let config = Config { inbox_commands_max: 4, ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let starts: Vec<_> = (0..64)
        .map(|_| {
            let (handle, request) = (world.handle().clone(), World::request(definition, "{}"));
            async move { anyhow::Ok(handle.start_instance(request?).await) }
        })
        .collect();
    // Nobody yields to the partition until all have asked: what does not fit must be refused.
    let answers = futures_util::future::join_all(starts).await;
    let refused = answers.iter().filter(|answer| matches!(answer, Ok(Err(Error::Overloaded { .. })))).count();
    let started = answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    assert_eq!(refused + started, 64);
    assert!(refused > 0 && started >= 4, "{refused} refused, {started} started");
    Ok(())
}

#[tokio::test]
async fn a_host_that_was_taken_over_does_not_touch_what_the_other_has_written() -> anyhow::Result<()> {
    let mut world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let (store, clock, workers) =
        (Arc::clone(&world.store), Arc::clone(&world.clock), Arc::clone(&world.workers));
    let other = World::start_on(store, clock, workers, Config::default()).await?;
    let key = other.start_instance(definition, "{}").await?;
    let journal = world.store.journal(key, None, 10).await?;
    // It reads keys that it would give out next.
    let refused = world.handle().cancel_instance(key, Actor::default()).await;
    assert!(matches!(refused, Err(Error::ShuttingDown | Error::Unavailable(_))), "{refused:?}");
    world.runtime.stopped().await;
    assert_eq!(world.store.journal(key, None, 10).await?, journal);
    other.handle().cancel_instance(key, Actor::default()).await?;
    Ok(())
}
