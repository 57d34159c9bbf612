//! A host on data that came from a backup does nothing by itself until it is told to go on.

mod support;

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fermata_runtime::{Clock as _, Config};
use store::Store as _;
use tokio::sync::Notify;
use types::{Actor, JobOutcome, PartitionId, Variables};

use support::{ManualClock, World, activation};

/// Commits that a suspended host makes while it is watched.
const COMMITS: usize = 20;

/// Ends the runtime, makes its rows those of a restored installation, and starts another on them.
async fn restore(world: World) -> anyhow::Result<World> {
    let World { store, clock, workers, runtime } = world;
    runtime.abort().await;
    store.mark_restored("copy", Some(clock.now())).await?;
    World::start_on(store, clock, workers, Config::default()).await
}

#[tokio::test]
async fn nothing_is_run_handed_out_or_fired_before_the_host_is_resumed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let task = world.deploy("one-task.bpmn").await?;
    let pause = world.deploy("pause.bpmn").await?;
    let waiting = world.start_instance(task, "{}").await?;
    let held = world.start_instance(task, "{}").await?;
    // One of the two is with a worker whose time will be over.
    let taken = world.take("work").await?;
    let paused = world.start_instance(pause, r#"{"pause": "PT30M"}"#).await?;
    let world = restore(world).await?;
    assert!(world.handle().is_suspended());

    let runs = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&runs);
    world.workers.serve("work", "worker@1.0.0", move |_, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        async { Ok(JobOutcome::Completed(Variables::new())) }
    });
    world.handle().components_changed();
    world.clock.advance(Duration::from_secs(24 * 3_600));
    // It takes commands, and each commit is an occasion to do what waits.
    let mut started = Vec::new();
    for _ in 0..COMMITS {
        started.push(world.start_instance(task, "{}").await?);
        tokio::task::yield_now().await;
    }
    let cancelled = started.pop().expect("an instance");
    world.handle().cancel_instance(cancelled, Actor::default()).await?;
    world.workers.withdraw("work");
    for _ in 0..COMMITS {
        assert!(world.handle().activate_jobs(activation("work", Duration::ZERO)).await?.is_empty());
    }
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    let now = world.clock.now();
    let outlook = world.store.outlook(now).await?;
    assert_eq!((outlook.timers, outlook.timers_due), (1, 1));
    let jobs = outlook.jobs.first().expect("jobs of the type");
    assert_eq!((jobs.waiting, jobs.held), (COMMITS as u64, 1));
    let late = world.store.timed_out_jobs(PartitionId::FIRST, now, 10).await?;
    assert_eq!(late.iter().map(|late| late.job.job).collect::<Vec<_>>(), [taken.key]);

    // Long since waiting, an external worker gets its job as soon as the host goes on.
    let handle = world.handle().clone();
    let worker =
        tokio::spawn(
            async move { handle.activate_jobs(activation("work", Duration::from_secs(3_600))).await },
        );
    tokio::task::yield_now().await;
    assert!(!worker.is_finished());
    assert!(world.handle().resume().await?);
    assert!(!world.handle().resume().await?, "once more changes nothing");
    assert!(!worker.await??.is_empty());

    let seen = Arc::clone(&runs);
    world.workers.serve("work", "worker@1.0.0", move |_, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        async { Ok(JobOutcome::Completed(Variables::new())) }
    });
    world.handle().components_changed();
    // The job that the external worker has got is given back when its time is over; so is the one from before.
    world.clock.advance(Duration::from_secs(31));
    world.clock.advance(Duration::from_secs(3_600));
    for key in started.into_iter().chain([waiting, held, paused]) {
        assert_eq!(world.ended(key).await?, "COMPLETED");
    }
    assert!(runs.load(Ordering::SeqCst) > COMMITS as u32);
    assert_eq!(world.store.restored_at().await?, None);
    Ok(())
}

#[tokio::test]
async fn a_component_gets_what_waited_when_the_host_is_resumed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let before = world.start_instance(definition, "{}").await?;
    let world = restore(world).await?;
    world.workers.serve("work", "worker@1.0.0", |job, _| async move {
        let key = format!(r#"{{"key": "{}"}}"#, job.idempotency_key);
        Ok(JobOutcome::Completed(Variables::parse(&key).expect("variables")))
    });
    let meanwhile = world.start_instance(definition, "{}").await?;
    // Still suspended after a crash.
    let world = world.crash().await?;
    assert!(world.handle().is_suspended());
    assert!(world.handle().resume().await?);
    for key in [before, meanwhile] {
        assert_eq!(world.ended(key).await?, "COMPLETED");
    }
    let world = world.crash().await?;
    assert!(!world.handle().is_suspended());
    let request = World::request(definition, "{}")?;
    let ended = world.handle().start_instance_and_await(request, Duration::from_secs(60)).await?;
    assert!(ended.variables.to_json().contains(r#""key":"copy-"#), "{}", ended.variables.to_json());
    Ok(())
}

#[tokio::test]
async fn what_was_in_the_middle_of_its_work_stays_there_before_the_host_is_resumed() -> anyhow::Result<()> {
    let partitions = NonZeroU16::new(2).expect("not zero");
    let config = Config { partitions, ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let begun = Arc::new(Notify::new());
    let ring = Arc::clone(&begun);
    world.workers.serve("work", "worker@1.0.0", move |_, _| {
        ring.notify_one();
        std::future::pending()
    });
    let (task, long) = (world.deploy("one-task.bpmn").await?, world.deploy("loop.bpmn").await?);
    let running = world.start_instance(task, "{}").await?;
    begun.notified().await;
    // More than one step.
    let looping = world.start_instance(long, r#"{"n": 0, "limit": 20000}"#).await?;
    let world = restore(world).await?;
    let state = async || -> anyhow::Result<_> {
        let journal = |key| world.store.journal(key, None, u32::MAX);
        Ok((journal(running).await?.len(), journal(looping).await?.len()))
    };
    let before = state().await?;
    for _ in 0..COMMITS {
        world.start_instance(task, "{}").await?;
        world.clock.advance(Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
    assert_eq!(state().await?, before);

    world.workers.serve("work", "worker@1.0.0", |_, _| async { Ok(JobOutcome::Completed(Variables::new())) });
    assert!(world.handle().resume().await?);
    for key in [running, looping] {
        assert_eq!(world.ended(key).await?, "COMPLETED");
    }
    Ok(())
}
