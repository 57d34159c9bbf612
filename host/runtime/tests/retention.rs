//! Instances that have ended are kept for a time, and then they are gone.

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::ensure;
use async_trait::async_trait;
use engine::Rejection;
use engine::command::{CompleteJob, JobAttempt, JobResult};
use fermata_runtime::{Archive, ArchiveError, Config, Error, Retention};
use store::memory::MemoryStore;
use store::{EndedInstance, OldestEnd, Store as _};
use types::{Actor, Key, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, Variables};

use support::{ManualClock, World};

const HOUR: Duration = Duration::from_secs(3_600);

fn duration(text: &str) -> Option<bpmn::timer::Duration> {
    Some(bpmn::timer::parse_duration(text).expect("a duration"))
}

fn kept_for(text: &str) -> Retention {
    Retention { time: duration(text), ..Retention::default() }
}

async fn start(retention: Retention) -> anyhow::Result<World> {
    start_on(Arc::new(MemoryStore::new()), ManualClock::new(), retention).await
}

async fn start_on(
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    retention: Retention,
) -> anyhow::Result<World> {
    World::start_on(store, clock, Arc::default(), Config { retention, ..Config::default() }).await
}

/// Starts an instance of `one-task.bpmn` and brings it to its end.
async fn run_one(world: &World, definition: ProcessDefinitionKey) -> anyhow::Result<ProcessInstanceKey> {
    let key = world.start_instance(definition, r#"{"n": 1}"#).await?;
    finish(world).await?;
    Ok(key)
}

async fn finish(world: &World) -> anyhow::Result<()> {
    let job = world.take("work").await?;
    let complete = CompleteJob {
        attempt: JobAttempt::current(job.key),
        result: JobResult::Variables(Variables::parse("{}")?),
    };
    Ok(world.handle().complete_job(complete, Actor::default()).await?)
}

async fn is_there(world: &World, key: ProcessInstanceKey) -> anyhow::Result<bool> {
    Ok(world.store.process_instance(key).await?.is_some())
}

/// Returns when the instance is gone, with everything that it has left.
async fn gone(world: &World, key: ProcessInstanceKey) -> anyhow::Result<()> {
    for _ in 0..100_000 {
        if !is_there(world, key).await? {
            ensure!(world.store.journal(key, None, 10).await?.is_empty(), "history without its instance");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("instance {key} is still there")
}

#[tokio::test(start_paused = true)]
async fn an_instance_goes_when_its_time_is_over_and_not_earlier() -> anyhow::Result<()> {
    let world = start(kept_for("P1D")).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let tasks = world.deploy("user-tasks.bpmn").await?;
    let active = world.start_instance(tasks, "{}").await?;
    let first = run_one(&world, definition).await?;
    world.clock.advance(HOUR);
    let second = run_one(&world, definition).await?;
    world.clock.advance(23 * HOUR);
    gone(&world, first).await?;
    ensure!(is_there(&world, second).await?, "it has an hour left");
    world.clock.advance(HOUR);
    gone(&world, second).await?;
    ensure!(is_there(&world, active).await?, "it has not ended");
    world.handle().cancel_instance(active, Actor::default()).await?;
    world.clock.advance(24 * HOUR);
    gone(&world, active).await
}

#[tokio::test(start_paused = true)]
async fn each_process_has_its_own_time() -> anyhow::Result<()> {
    let processes = BTreeMap::from([("one-task".to_owned(), None), ("pause".to_owned(), duration("PT2H"))]);
    let world = start(Retention { time: duration("PT1H"), processes, archive: None }).await?;
    let task = world.deploy("one-task.bpmn").await?;
    let kept = run_one(&world, task).await?;
    ensure!(process_id(&world, kept).await? == "one-task");
    let pause = world.deploy("pause.bpmn").await?;
    let longer = world.start_instance(pause, r#"{"pause": "PT30M"}"#).await?;
    ensure!(process_id(&world, longer).await? == "pause");
    world.handle().cancel_instance(longer, Actor::default()).await?;
    let tasks = world.deploy("user-tasks.bpmn").await?;
    let usual = world.start_instance(tasks, "{}").await?;
    world.handle().cancel_instance(usual, Actor::default()).await?;
    world.clock.advance(HOUR);
    gone(&world, usual).await?;
    ensure!(is_there(&world, longer).await?);
    world.clock.advance(HOUR);
    gone(&world, longer).await?;
    ensure!(is_there(&world, kept).await?, "kept for ever");
    Ok(())
}

async fn process_id(world: &World, key: ProcessInstanceKey) -> anyhow::Result<String> {
    let instance = world.store.process_instance(key).await?;
    Ok(instance.map(|instance| instance.bpmn_process_id.to_string()).unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_removed_instance_answers_as_one_that_never_was() -> anyhow::Result<()> {
    let world = start(kept_for("PT1H")).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let key = run_one(&world, definition).await?;
    let never = ProcessInstanceKey(Key::new(PartitionId::FIRST, 1 << 40));
    let not_found = async |key| {
        let cancelled = world.handle().cancel_instance(key, Actor::default()).await;
        matches!(cancelled, Err(Error::Rejected(Rejection::NotFound { key: found, .. })) if found == key.0)
    };
    // This brings it into memory.
    ensure!(not_found(key).await);
    world.clock.advance(HOUR);
    gone(&world, key).await?;
    ensure!(not_found(key).await && not_found(never).await);
    let scope = world.handle().set_variables(
        key.root_scope(),
        Variables::parse("{}")?,
        true,
        Actor::default(),
        Duration::ZERO,
    );
    let scope = scope.await;
    ensure!(matches!(scope, Err(Error::Rejected(Rejection::NotFound { .. }))), "{scope:?}");
    ensure!(world.store.load_instance(key).await?.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn many_instances_go_in_batches_also_after_a_restart() -> anyhow::Result<()> {
    let world = start(Retention::default()).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let mut keys = Vec::new();
    for _ in 0..130 {
        keys.push(run_one(&world, definition).await?);
    }
    let World { store, clock, runtime, .. } = world;
    clock.advance(HOUR);
    runtime.shut_down().await;
    let before = store.faults().commits_tried();
    let world = start_on(store, clock, kept_for("PT1H")).await?;
    for key in keys {
        gone(&world, key).await?;
    }
    ensure!(world.store.faults().commits_tried() - before == 3, "50 at a time");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_the_store_is_survived() -> anyhow::Result<()> {
    for is_answer in [false, true] {
        for number in 1..=3 {
            let world = start(kept_for("PT1H")).await?;
            let definition = world.deploy("one-task.bpmn").await?;
            let mut keys = Vec::new();
            for _ in 0..110 {
                keys.push(run_one(&world, definition).await?);
            }
            let faults = world.store.faults();
            let failing = faults.commits_tried() + number;
            if is_answer {
                faults.lose_answer(failing)
            } else {
                faults.fail_commit(failing)
            }
            world.clock.advance(HOUR);
            for key in keys {
                gone(&world, key).await?;
            }
            ensure!(faults.commits_tried() >= failing, "the fault was met");
        }
    }
    Ok(())
}

/// Notes what it is given, and refuses it when told so.
#[derive(Debug, Default)]
struct Notebook {
    refuses: AtomicBool,
    refused: AtomicBool,
    taken: Mutex<Vec<ProcessInstanceKey>>,
    store: Arc<MemoryStore>,
}

#[async_trait]
impl Archive for Notebook {
    async fn take(&self, definition: &OldestEnd, instances: &[EndedInstance]) -> Result<(), ArchiveError> {
        assert_eq!(&*definition.bpmn_process_id, "one-task");
        if self.refuses.load(Ordering::SeqCst) {
            self.refused.store(true, Ordering::SeqCst);
            return Err("the disk is full".into());
        }
        for instance in instances {
            let history = self.store.journal(instance.key, None, 10).await?;
            assert!(!history.is_empty(), "its history is still there");
            self.taken.lock().expect("no test panics with it").push(instance.key);
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_that_its_archive_has_not_taken() -> anyhow::Result<()> {
    let store = Arc::new(MemoryStore::new());
    let archive = Arc::new(Notebook { store: Arc::clone(&store), ..Notebook::default() });
    archive.refuses.store(true, Ordering::SeqCst);
    let retention = Retention { archive: Some(Arc::clone(&archive) as _), ..kept_for("PT1H") };
    let world = start_on(store, ManualClock::new(), retention).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let keys = [run_one(&world, definition).await?, run_one(&world, definition).await?];
    world.clock.advance(HOUR);
    while !archive.refused.swap(false, Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Asked again, and still refused.
    while !archive.refused.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ensure!(is_there(&world, keys[0]).await? && is_there(&world, keys[1]).await?);
    archive.refuses.store(false, Ordering::SeqCst);
    for key in keys {
        gone(&world, key).await?;
    }
    ensure!(*archive.taken.lock().expect("no test panics with it") == keys, "each once");
    Ok(())
}

/// Takes nothing of one process.
#[derive(Debug)]
struct Picky(&'static str);

#[async_trait]
impl Archive for Picky {
    async fn take(&self, definition: &OldestEnd, _: &[EndedInstance]) -> Result<(), ArchiveError> {
        if &*definition.bpmn_process_id == self.0 {
            Err("this history cannot be read".into())
        } else {
            Ok(())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_exported_does_not_keep_the_rest() -> anyhow::Result<()> {
    let retention = Retention { archive: Some(Arc::new(Picky("one-task"))), ..kept_for("PT1H") };
    let world = start(retention).await?;
    let kept = run_one(&world, world.deploy("one-task.bpmn").await?).await?;
    let tasks = world.start_instance(world.deploy("user-tasks.bpmn").await?, "{}").await?;
    world.handle().cancel_instance(tasks, Actor::default()).await?;
    world.clock.advance(HOUR);
    gone(&world, tasks).await?;
    ensure!(is_there(&world, kept).await?);
    Ok(())
}

/// Takes nothing of one instance.
#[derive(Debug, Default)]
struct Unreadable(Mutex<Option<ProcessInstanceKey>>);

#[async_trait]
impl Archive for Unreadable {
    async fn take(&self, _: &OldestEnd, ended: &[EndedInstance]) -> Result<(), ArchiveError> {
        let unreadable = *self.0.lock().expect("no test panics with it");
        if ended.iter().any(|ended| Some(ended.key) == unreadable) {
            Err("this history cannot be read".into())
        } else {
            Ok(())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_cannot_be_exported_does_not_keep_others_of_its_process() -> anyhow::Result<()> {
    let archive = Arc::new(Unreadable::default());
    let retention = Retention { archive: Some(Arc::clone(&archive) as _), ..kept_for("PT1H") };
    let world = start(retention).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let unreadable = run_one(&world, definition).await?;
    *archive.0.lock().expect("no test panics with it") = Some(unreadable);
    // More than one batch, and the first that ended is the one.
    let mut others = Vec::new();
    for _ in 0..120 {
        others.push(run_one(&world, definition).await?);
    }
    world.clock.advance(HOUR);
    for key in others {
        gone(&world, key).await?;
    }
    ensure!(is_there(&world, unreadable).await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn instances_of_all_partitions_go() -> anyhow::Result<()> {
    let partitions = std::num::NonZeroU16::new(3).expect("not zero");
    let config = Config { partitions, retention: kept_for("PT1H"), ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let mut keys = Vec::new();
    for _ in 0..9 {
        keys.push(run_one(&world, definition).await?);
    }
    let owners: BTreeMap<_, _> =
        keys.iter().map(|key| (key.0.partition().map(PartitionId::get), ())).collect();
    ensure!(owners.len() == 3);
    world.clock.advance(HOUR);
    for key in keys {
        gone(&world, key).await?;
    }
    Ok(())
}
