//! Several partitions of one host: each has its instances, and together they are one host.

mod support;

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::Rejection;
use engine::command::{CompleteJob, JobAttempt, JobResult};
use fermata_runtime::{Config, Error};
use types::{Actor, JobOutcome, Key, PartitionId, ProcessInstanceKey, Variables};

use support::{ManualClock, World, activation};

const PARTITIONS: u16 = 3;

async fn world() -> anyhow::Result<World> {
    let partitions = NonZeroU16::new(PARTITIONS).expect("not zero");
    let config = Config { partitions, ..Config::default() };
    World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await
}

/// How many of these instances each partition has.
fn by_partition(instances: &[ProcessInstanceKey]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for instance in instances {
        *counts.entry(instance.0.partition().map_or(0, PartitionId::get)).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn new_instances_go_round_and_the_jobs_of_all_partitions_run_once() -> anyhow::Result<()> {
    let world = world().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    assert_eq!(definition.0.partition(), Some(PartitionId::FIRST));
    let mut instances = Vec::new();
    for _ in 0..900 {
        instances.push(world.start_instance(definition, "{}").await?);
    }
    assert_eq!(by_partition(&instances), BTreeMap::from([(1, 300), (2, 300), (3, 300)]));
    let runs = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&runs);
    world.workers.serve("work", "worker@1.0.0", move |_, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        async { Ok(JobOutcome::Completed(Variables::new())) }
    });
    world.handle().components_changed();
    for instance in &instances {
        assert_eq!(world.ended(*instance).await?, "COMPLETED");
    }
    assert_eq!(runs.load(Ordering::SeqCst), instances.len());
    Ok(())
}

#[tokio::test]
async fn an_external_worker_gets_the_jobs_of_all_partitions() -> anyhow::Result<()> {
    let world = world().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let mut waiting = Vec::new();
    for _ in 0..6 {
        waiting.push(world.start_instance(definition, "{}").await?);
    }
    while !waiting.is_empty() {
        let job = world.take("work").await?;
        let place = waiting.iter().position(|instance| *instance == job.process_instance);
        waiting.swap_remove(place.expect("each job is handed out once"));
        let complete = CompleteJob {
            attempt: JobAttempt::current(job.key),
            result: JobResult::Variables(Variables::new()),
        };
        world.handle().complete_job(complete, Actor::default()).await?;
        assert_eq!(world.ended(job.process_instance).await?, "COMPLETED");
    }
    assert!(world.handle().activate_jobs(activation("work", Duration::ZERO)).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_restart_finds_what_waits_in_every_partition() -> anyhow::Result<()> {
    let world = world().await?;
    let definition = world.deploy("pause.bpmn").await?;
    let mut instances = Vec::new();
    for _ in 0..PARTITIONS {
        instances.push(world.start_instance(definition, r#"{"pause": "PT30M"}"#).await?);
    }
    // It asks for one partition; the store has been made with more.
    let world = world.crash().await?;
    assert_eq!(world.handle().partitions().count(), usize::from(PARTITIONS));
    world.clock.advance(Duration::from_secs(3_600));
    for instance in instances {
        assert_eq!(world.ended(instance).await?, "COMPLETED");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_of_no_partition_is_not_found() -> anyhow::Result<()> {
    let world = world().await?;
    let beyond = PartitionId::new(PARTITIONS + 1).expect("a partition");
    for key in [Key::new(beyond, 1), Key::from_i64(5), Key::from_i64(-5)] {
        let cancelled = world.handle().cancel_instance(ProcessInstanceKey(key), Actor::default()).await;
        assert!(matches!(cancelled, Err(Error::Rejected(Rejection::NotFound { .. }))), "{cancelled:?}");
    }
    Ok(())
}
