//! Jobs in components: what happens to them when there are many, when commits fail, and when their time is over.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fermata_runtime::{Clock as _, Config, Error, Held, Runtime};
use store::memory::Faults;
use store::{AttemptsOf, Store as _};
use tokio::sync::{Notify, Semaphore, watch};
use types::{Actor, JobOutcome, ProcessInstanceKey, TenantId, Variables};

use support::{ManualClock, NoSecrets, World, activation};

fn done() -> Result<JobOutcome, types::JobError> {
    Ok(JobOutcome::Completed(Variables::new()))
}

/// The instances whose jobs have run, in order.
#[derive(Clone, Default)]
struct Runs(Arc<Mutex<Vec<ProcessInstanceKey>>>);

impl Runs {
    fn note(&self, instance: ProcessInstanceKey) {
        self.0.lock().expect("no test panics with it").push(instance);
    }

    fn of(&self, instance: ProcessInstanceKey) -> usize {
        self.0.lock().expect("no test panics with it").iter().filter(|run| **run == instance).count()
    }
}

#[tokio::test]
async fn every_waiting_job_runs_once_when_its_component_comes() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    // More than wait in memory, and more than one look at the rows takes up.
    let mut instances = Vec::new();
    for _ in 0..1_500 {
        instances.push(world.start_instance(definition, "{}").await?);
    }
    let runs = Runs::default();
    let seen = runs.clone();
    world.workers.serve("work", "worker@1.0.0", move |job, _| {
        seen.note(job.process_instance);
        async { done() }
    });
    world.handle().components_changed();
    for instance in instances {
        assert_eq!(world.ended(instance).await?, "COMPLETED");
        assert_eq!(runs.of(instance), 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_the_store_does_not_take_is_given_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let runs = Runs::default();
    let (seen, store) = (runs.clone(), Arc::clone(&world.store));
    world.workers.serve("work", "worker@1.0.0", move |job, checkpoints| {
        let (seen, store) = (seen.clone(), Arc::clone(&store));
        async move {
            seen.note(job.process_instance);
            // Durable on return, and so is the start of the attempt before it.
            checkpoints.save(Vec::new()).await.expect("the checkpoint is taken");
            let faults = store.faults();
            faults.fail_commit(faults.commits_tried() + 1);
            done()
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    let request = World::request(definition, "{}")?;
    assert_eq!(world.ended_in_time(key).await?, "COMPLETED");
    assert_eq!(runs.of(key), 1, "the attempt is not repeated, only its answer");
    assert!(world.handle().start_instance(request).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_job_that_is_cancelled_before_its_turn_does_not_run() -> anyhow::Result<()> {
    let config = Config { concurrent_jobs_max: 1, ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let (runs, hold, begun) = (Runs::default(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (seen, held, ring, count) =
        (runs.clone(), Arc::clone(&hold), Arc::clone(&begun), Arc::new(AtomicUsize::new(0)));
    world.workers.serve("work", "worker@1.0.0", move |job, _| {
        seen.note(job.process_instance);
        let (held, ring, first) =
            (Arc::clone(&held), Arc::clone(&ring), count.fetch_add(1, Ordering::SeqCst) == 0);
        async move {
            if first {
                ring.notify_one();
                held.notified().await;
            }
            done()
        }
    });
    let first = world.start_instance(definition, "{}").await?;
    begun.notified().await;
    let cancelled = world.start_instance(definition, "{}").await?;
    world.handle().cancel_instance(cancelled, Actor::default()).await?;
    hold.notify_one();
    assert_eq!(world.ended(first).await?, "COMPLETED");
    let last = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended(last).await?, "COMPLETED");
    assert_eq!((runs.of(first), runs.of(cancelled), runs.of(last)), (1, 0, 1));
    Ok(())
}

#[tokio::test]
async fn an_attempt_whose_start_is_not_written_is_stopped_and_made_again() -> anyhow::Result<()> {
    // The first one was never recorded.
    a_start_meets(Faults::fail_commit, 1).await
}

#[tokio::test]
async fn a_job_whose_start_was_written_without_an_answer_is_not_left_running() -> anyhow::Result<()> {
    // The first one is on record.
    a_start_meets(Faults::lose_answer, 2).await
}

/// The commit with the start of the first attempt meets `fault`; the attempt that follows has number `second`.
async fn a_start_meets(fault: fn(&Faults, u64), second: u32) -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let runs = Runs::default();
    let (seen, store) = (runs.clone(), Arc::clone(&world.store));
    world.workers.serve("work", "worker@1.0.0", move |job, _| {
        let (seen, store) = (seen.clone(), Arc::clone(&store));
        async move {
            seen.note(job.process_instance);
            if seen.of(job.process_instance) == 1 {
                let faults = store.faults();
                fault(faults, faults.commits_tried() + 1);
                std::future::pending::<()>().await;
            }
            assert_eq!(job.attempt, second);
            done()
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended_in_time(key).await?, "COMPLETED");
    assert_eq!(runs.of(key), 2);
    Ok(())
}

#[tokio::test]
async fn a_component_that_panics_in_the_host_fails_its_job() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    world.workers.serve("work", "worker@1.0.0", |job, _| async move {
        assert_ne!(job.attempt, 1, "on purpose");
        done()
    });
    let key = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended(key).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn a_connector_sees_the_inputs_of_its_task_and_a_worker_all_variables() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("mappings.bpmn").await?;
    let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), done);
    for is_connector in [false, true] {
        let seen = Arc::clone(&seen);
        world.workers.serve_as("map", "worker@1.0.0", is_connector, move |job, _| {
            let names: Vec<String> = job.variables.iter().map(|(name, _)| name.to_string()).collect();
            seen.lock().expect("no test panics with it").push(names);
            async move { answer() }
        });
        let key = world.start_instance(definition, r#"{"order": {"total": 7}, "amount": 1}"#).await?;
        assert_eq!(world.ended(key).await?, "COMPLETED");
    }
    let seen = seen.lock().expect("no test panics with it");
    assert!(seen[0].iter().any(|name| name == "amount"), "{seen:?}");
    assert!(seen[1].iter().all(|name| name != "amount") && !seen[1].is_empty(), "{seen:?}");
    Ok(())
}

#[tokio::test]
async fn a_job_whose_type_changes_hands_while_it_waits_is_seen_as_its_connector_may_see_it()
-> anyhow::Result<()> {
    let config = Config { concurrent_jobs_max: 1, ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let definition = world.deploy("mappings.bpmn").await?;
    let (seen, hold, begun) =
        (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()), Arc::new(Notify::new()));
    for (label, is_connector) in [("worker@1.0.0", false), ("connector@1.0.0", true)] {
        let (noted, held, ring) = (Arc::clone(&seen), Arc::clone(&hold), Arc::clone(&begun));
        world.workers.serve_as("map", label, is_connector, move |job, _| {
            let names: Vec<String> = job.variables.iter().map(|(name, _)| name.to_string()).collect();
            noted.lock().expect("no test panics with it").push((is_connector, names));
            let (held, ring) = (Arc::clone(&held), Arc::clone(&ring));
            async move {
                if !is_connector {
                    ring.notify_one();
                    held.notified().await;
                }
                done()
            }
        });
        let variables = r#"{"order": {"total": 7}, "amount": 1}"#;
        world.start_instance(definition, variables).await?;
        if !is_connector {
            begun.notified().await;
            // Described for a worker, and the only place is taken.
            world.start_instance(definition, variables).await?;
        }
    }
    hold.notify_one();
    let last = world.start_instance(definition, r#"{"order": {"total": 7}}"#).await?;
    assert_eq!(world.ended(last).await?, "COMPLETED");
    let seen = seen.lock().expect("no test panics with it");
    assert_eq!(seen.iter().filter(|(is_connector, _)| *is_connector).count(), 3, "{seen:?}");
    for (is_connector, names) in seen.iter() {
        assert_eq!(names.iter().any(|name| name == "amount"), !is_connector, "{seen:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_an_attempt_waits_for_before_it_begins_takes_none_of_its_time() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let (asked, there, seen) =
        (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
    let noted = Arc::clone(&seen);
    world.workers.serve("work", "worker@1.0.0", move |job, _| {
        noted.lock().expect("no test panics with it").push(job.deadline);
        async { done() }
    });
    let (ring, comes) = (Arc::clone(&asked), Arc::clone(&there));
    world.workers.prepare("work", move || {
        let (ring, comes) = (Arc::clone(&ring), Arc::clone(&comes));
        async move {
            ring.notify_one();
            comes.notified().await;
            Ok(Held::default())
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    asked.notified().await;
    world.clock.advance(Duration::from_secs(60 * 60));
    there.notify_one();
    assert_eq!(world.ended(key).await?, "COMPLETED");
    let deadline = world.clock.now() + Duration::from_secs(10);
    assert_eq!(*seen.lock().expect("no test panics with it"), [deadline]);
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_replaced_while_its_code_is_loaded_does_not_get_the_job() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let (asked, there, seen) =
        (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
    let serve = |label: &'static str| {
        let noted = Arc::clone(&seen);
        world.workers.serve("work", label, move |_, _| {
            noted.lock().expect("no test panics with it").push(label);
            async { done() }
        });
    };
    serve("worker@1.0.0");
    let (ring, comes) = (Arc::clone(&asked), Arc::clone(&there));
    world.workers.prepare("work", move || {
        let (ring, comes) = (Arc::clone(&ring), Arc::clone(&comes));
        async move {
            ring.notify_one();
            comes.notified().await;
            Ok(Held::default())
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    asked.notified().await;
    serve("worker@2.0.0");
    there.notify_one();
    assert_eq!(world.ended(key).await?, "COMPLETED");
    assert_eq!(*seen.lock().expect("no test panics with it"), ["worker@2.0.0"]);
    Ok(())
}

#[tokio::test]
async fn jobs_whose_code_is_loaded_take_no_places() -> anyhow::Result<()> {
    let config = Config { concurrent_jobs_max: 2, ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let there = Arc::new(Semaphore::new(0));
    let (asked, asks) = watch::channel(0);
    let mut cold = Vec::new();
    for number in 0..5 {
        let job_type = format!("cold-{number}");
        world.workers.serve(&job_type, &format!("{job_type}@1.0.0"), |_, _| async { done() });
        let (asked, comes) = (asked.clone(), Arc::clone(&there));
        world.workers.prepare(&job_type, move || {
            let (asked, comes) = (asked.clone(), Arc::clone(&comes));
            async move {
                asked.send_modify(|count| *count += 1);
                comes.acquire().await.expect("it is not closed").forget();
                Ok(Held::default())
            }
        });
        let definition = world.deploy_with_type(&job_type).await?;
        cold.push(world.start_instance(definition, "{}").await?);
    }
    asks.clone().wait_for(|asked| *asked == 5).await?;
    assert_eq!(world.handle().figures().places_taken, 0);
    world.workers.serve("warm", "warm@1.0.0", |_, _| async { done() });
    let definition = world.deploy_with_type("warm").await?;
    for _ in 0..10 {
        let warm = world.start_instance(definition, "{}").await?;
        assert_eq!(world.ended(warm).await?, "COMPLETED");
    }
    there.add_permits(5);
    for key in cold {
        assert_eq!(world.ended(key).await?, "COMPLETED");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_prepared_is_held_until_the_attempt_ends() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let (code, turn) = (Arc::new(()), Arc::new(()));
    let (seen_code, seen_turn) = (Arc::downgrade(&code), Arc::downgrade(&turn));
    world.workers.serve("work", "worker@1.0.0", {
        let (code, turn) = (seen_code.clone(), seen_turn.clone());
        move |_, _| {
            let is_held = code.strong_count() == 1 && turn.strong_count() == 0;
            async move { if is_held { done() } else { Err(types::JobError::Failed(types::Failure::new("gone"))) } }
        }
    });
    let held = Mutex::new(Some(Held { code: Some(Box::new(code)), turn: Some(Box::new(turn)) }));
    world.workers.prepare("work", move || {
        let held = held.lock().expect("no test panics with it").take();
        async move {
            tokio::task::yield_now().await;
            Ok(held.unwrap_or_default())
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended(key).await?, "COMPLETED");
    let attempts = world.store.job_attempts(AttemptsOf::Instance(key), None, 10).await?;
    assert!(attempts.is_empty(), "{attempts:?}");
    assert_eq!(seen_code.strong_count(), 0);
    Ok(())
}

#[tokio::test]
async fn an_attempt_that_cannot_be_prepared_fails_and_says_why() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    world.workers.serve("work", "worker@1.0.0", |_, _| async { done() });
    let tries = AtomicUsize::new(0);
    world.workers.prepare("work", move || {
        let number = tries.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_ne!(number, 0, "on purpose");
            let reason = types::Failure::new("its code is not there");
            if number == 1 { Err(types::JobError::Failed(reason)) } else { Ok(Held::default()) }
        }
    });
    let key = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended(key).await?, "COMPLETED");
    let attempts = world.store.job_attempts(AttemptsOf::Instance(key), None, 10).await?;
    let messages: Vec<_> = attempts.iter().filter_map(|attempt| attempt.message.as_deref()).collect();
    assert_eq!(
        messages,
        ["the host failed while it made the component ready; its log tells more", "its code is not there"]
    );
    Ok(())
}

#[tokio::test]
async fn a_host_that_cannot_write_what_it_takes_up_does_not_start() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let begun = Arc::new(Notify::new());
    let ring = Arc::clone(&begun);
    world.workers.serve("work", "worker@1.0.0", move |_, checkpoints| {
        let ring = Arc::clone(&ring);
        async move {
            checkpoints.save(Vec::new()).await.expect("the checkpoint is taken");
            ring.notify_one();
            std::future::pending::<()>().await;
            done()
        }
    });
    world.start_instance(definition, "{}").await?;
    begun.notified().await;
    let World { store, clock, workers, runtime } = world;
    runtime.abort().await;
    store.faults().fail_commit(store.faults().commits_tried() + 1);
    let started = Runtime::start(
        Arc::clone(&store) as _,
        Arc::clone(&clock) as _,
        Arc::clone(&workers) as _,
        Arc::new(NoSecrets),
        Config::default(),
    );
    assert!(matches!(started.await, Err(Error::Unavailable(_))));
    Ok(())
}

#[tokio::test]
async fn an_instance_with_more_to_do_goes_on_after_a_failed_commit() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("loop.bpmn").await?;
    // Each round enters two elements, and a step enters a thousand at most.
    let request = World::request(definition, r#"{"n": 0, "limit": 1600}"#)?;
    let faults = world.store.faults();
    let before = faults.commits_tried();
    faults.fail_commit(before + 2);
    let key = world.handle().start_instance(request).await?.key;
    assert_eq!(world.ended_in_time(key).await?, "COMPLETED");
    assert!(faults.commits_tried() >= before + 5, "{} commits", faults.commits_tried() - before);
    Ok(())
}

#[tokio::test]
async fn a_worker_that_went_away_takes_no_job_with_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let key = world.start_instance(definition, "{}").await?;
    let handle = world.handle().clone();
    {
        let gone = handle.activate_jobs(activation("work", Duration::ZERO));
        tokio::pin!(gone);
        // Its request is in the inbox, and nobody waits for the answer.
        assert!(futures_util::poll!(&mut gone).is_pending());
    }
    let job = world.take("work").await?;
    assert_eq!((job.process_instance, job.retries, job.attempt), (key, 3, 1));
    Ok(())
}

#[tokio::test]
async fn a_change_of_one_type_looks_at_its_own_rows_only() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (definition, mapped) = (world.deploy("one-task.bpmn").await?, world.deploy("mappings.bpmn").await?);
    let variables = r#"{"order": {"total": 7}, "amount": 1}"#;
    let (work, map) =
        (world.start_instance(definition, "{}").await?, world.start_instance(mapped, variables).await?);
    for job_type in ["work", "map"] {
        world.workers.serve(job_type, "worker@1.0.0", |_, _| async { done() });
    }
    world.handle().job_types_changed(&TenantId::default(), &["work".into()]);
    assert_eq!(world.ended(work).await?, "COMPLETED");
    let is_active = world.store.process_instance(map).await?.is_some_and(|map| map.ended_at.is_none());
    assert!(is_active, "nobody has looked for its job");
    world.handle().job_types_changed(&TenantId::default(), &["map".into()]);
    assert_eq!(world.ended(map).await?, "COMPLETED");
    Ok(())
}
