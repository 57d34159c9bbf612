//! What a runtime tells of what it does.

mod support;

use std::sync::Arc;

use anyhow::Context as _;
use fermata_runtime::{Config, Resource, RuntimeFigures};
use tokio::sync::Notify;
use types::{Actor, Failure, JobError, JobOutcome, SharedStr, TenantId, Variables};

use support::{ManualClock, World};

/// What the counts of instances and incidents are.
fn counts(figures: &RuntimeFigures) -> [u64; 5] {
    [
        figures.instances_started,
        figures.instances_completed,
        figures.instances_terminated,
        figures.incidents_opened,
        figures.incidents_resolved,
    ]
}

#[tokio::test]
async fn instances_and_incidents_are_counted_once_they_are_durable() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    assert_eq!(counts(&world.handle().figures()), [0; 5]);
    world.workers.serve("work", "worker@1.0.0", |_, _| async {
        Err(JobError::Failed(Failure { retries: Some(0), ..Failure::new("broken") }))
    });
    let broken = world.start_instance(definition, "{}").await?;
    while world.handle().figures().incidents_opened == 0 {
        tokio::task::yield_now().await;
    }
    world.handle().cancel_instance(broken, Actor::default()).await?;
    world.workers.serve("work", "worker@1.0.1", |_, _| async { Ok(JobOutcome::Completed(Variables::new())) });
    let done = world.start_instance(definition, "{}").await?;
    assert_eq!(world.ended(done).await?, "COMPLETED");
    while world.handle().figures().instances_completed == 0 {
        tokio::task::yield_now().await;
    }
    let figures = world.handle().figures();
    // An incident that goes with its element was resolved by nobody.
    assert_eq!(counts(&figures), [2, 1, 1, 1, 0]);
    assert_eq!(figures.since, world.handle().started_at());
    assert!(figures.commits > 0 && figures.commits == figures.commit_times.count(), "{figures:?}");
    assert!(figures.commands >= 7, "{figures:?}");

    // What the store does not take is no start.
    let faults = world.store.faults();
    faults.fail_commit(faults.commits_tried() + 1);
    assert!(world.start_instance(definition, "{}").await.is_err());
    let figures = world.handle().figures();
    assert_eq!((figures.instances_started, figures.commits_failed), (2, 1));
    Ok(())
}

#[tokio::test]
async fn jobs_of_external_workers_are_counted_by_type() -> anyhow::Result<()> {
    let world = World::start().await?;
    let definition = world.deploy("one-task.bpmn").await?;
    for _ in 0..2 {
        world.start_instance(definition, "{}").await?;
        world.take("work").await?;
    }
    let activated = world.handle().figures().activated;
    assert_eq!(activated.into_iter().collect::<Vec<_>>(), [(SharedStr::from("work"), 2)]);
    Ok(())
}

/// A task whose type is an expression.
const OF_EACH_CUSTOMER: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <process id="charging" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="to-charge" sourceRef="start" targetRef="charge"/>
    <serviceTask id="charge"><extensionElements><zeebe:taskDefinition type="=&quot;charge-&quot; + customer"/></extensionElements></serviceTask>
  </process>
</definitions>"#;

#[tokio::test]
async fn variables_in_job_types_are_no_names_to_count_by() -> anyhow::Result<()> {
    let world = World::start().await?;
    let resource = Resource { name: "charging.bpmn".to_owned(), content: OF_EACH_CUSTOMER.into() };
    let (deployed, _) = world.handle().deploy(TenantId::default(), Actor::default(), vec![resource]).await?;
    let definition = deployed.processes.first().context("a process")?.key;
    world.start_instance(definition, r#"{"customer": "ada"}"#).await?;
    world.take("charge-ada").await?;
    let figures = world.handle().figures();
    assert!(figures.activated.is_empty(), "{:?}", figures.activated);
    assert_eq!(figures.activated_others, 1);
    Ok(())
}

#[tokio::test]
async fn jobs_that_run_and_jobs_that_wait_are_told() -> anyhow::Result<()> {
    let config = Config { concurrent_jobs_max: 1, ..Config::default() };
    let world = World::start_on(Arc::default(), ManualClock::new(), Arc::default(), config).await?;
    let definition = world.deploy("one-task.bpmn").await?;
    let (hold, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (held, ring) = (Arc::clone(&hold), Arc::clone(&begun));
    world.workers.serve("work", "worker@1.0.0", move |_, _| {
        let (held, ring) = (Arc::clone(&held), Arc::clone(&ring));
        async move {
            ring.notify_one();
            held.notified().await;
            Ok(JobOutcome::Completed(Variables::new()))
        }
    });
    world.start_instance(definition, "{}").await?;
    begun.notified().await;
    for _ in 0..3 {
        world.start_instance(definition, "{}").await?;
    }
    let figures = world.handle().figures();
    assert_eq!((figures.places, figures.places_taken, figures.partitions_behind), (1, 1, 0));
    let waiting: Vec<_> = figures.queued.into_iter().collect();
    assert_eq!(waiting, [((TenantId::default(), SharedStr::from("worker")), 3)]);
    Ok(())
}
