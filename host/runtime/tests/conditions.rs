//! Processes that conditions start: limits, faults, restarts.

mod support;

use std::fmt::Write as _;
use std::num::NonZeroU16;
use std::sync::Arc;

use engine::Rejection;
use fermata_runtime::{Config, Error, EvaluateConditions, EvaluatedConditions, Resource};
use store::Store as _;
use store::memory::MemoryStore;
use store::search::ProcessInstanceSearch;
use types::{Actor, ProcessDefinitionKey, TenantId, Variables};

use support::{ManualClock, World};

/// So many processes that start when `x` is greater than their number.
fn model(processes: usize) -> String {
    let mut xml = String::from(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://fermata.example/many">"#,
    );
    for number in 0..processes {
        let _ = write!(
            xml,
            r#"<bpmn:process id="p{number}" isExecutable="true">
              <bpmn:startEvent id="s{number}"><bpmn:conditionalEventDefinition><bpmn:condition>=x &gt; {number}</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:startEvent>
              <bpmn:endEvent id="e{number}" />
              <bpmn:sequenceFlow id="f{number}" sourceRef="s{number}" targetRef="e{number}" />
            </bpmn:process>"#
        );
    }
    xml + "</bpmn:definitions>"
}

async fn deploy(world: &World, processes: usize) -> anyhow::Result<Vec<ProcessDefinitionKey>> {
    let resource = Resource { name: "many.bpmn".to_owned(), content: model(processes).into() };
    let (deployed, _) = world.handle().deploy(TenantId::default(), Actor::default(), vec![resource]).await?;
    Ok(deployed.processes.iter().map(|process| process.key).collect())
}

async fn evaluate(
    world: &World,
    definition: Option<ProcessDefinitionKey>,
    variables: &str,
) -> Result<EvaluatedConditions, Error> {
    let variables = Variables::parse(variables).expect("the test's own variables");
    let (tenant, actor) = (TenantId::default(), Actor::default());
    world.handle().evaluate_conditions(EvaluateConditions { definition, variables, tenant, actor }).await
}

async fn instances(world: &World) -> anyhow::Result<usize> {
    let page = world.store.search_process_instances(&ProcessInstanceSearch::default()).await?;
    Ok(page.total_items as usize)
}

fn refusal(outcome: Result<EvaluatedConditions, Error>) -> String {
    match outcome {
        Err(Error::Rejected(rejection @ Rejection::InvalidArgument { .. })) => rejection.to_string(),
        other => panic!("{other:?} is no refusal"),
    }
}

#[tokio::test]
async fn one_request_starts_so_many_instances_and_no_more() -> anyhow::Result<()> {
    let world = World::start().await?;
    let versions = deploy(&world, 101).await?;
    assert_eq!(evaluate(&world, None, "{\"x\": 100}").await?.started.len(), 100);
    assert_eq!(instances(&world).await?, 100);
    assert_eq!(
        refusal(evaluate(&world, None, "{\"x\": 101}").await),
        "processDefinitionKey: 101 conditional start events happen with these variables, and one request starts at most \
         100 instances: evaluate one process definition at a time"
    );
    let large = format!("{{\"x\": 50, \"y\": \"{}\"}}", "y".repeat(400_000));
    assert!(refusal(evaluate(&world, None, &large).await).starts_with("variables: 50 instances would begin"));
    assert_eq!(instances(&world).await?, 100, "nothing was started");
    let started = evaluate(&world, Some(versions[3]), &large).await?.started;
    assert_eq!(started.iter().map(|start| start.definition).collect::<Vec<_>>(), [versions[3]]);
    Ok(())
}

#[tokio::test]
async fn the_latest_versions_are_meant_unless_another_is_asked_for() -> anyhow::Result<()> {
    let world = World::start().await?;
    let first = deploy(&world, 1).await?[0];
    let newer = model(1).replace("x &gt; 0", "x &gt; 10");
    let resource = Resource { name: "many.bpmn".to_owned(), content: newer.into() };
    world.handle().deploy(TenantId::default(), Actor::default(), vec![resource]).await?;
    assert!(evaluate(&world, None, "{\"x\": 5}").await?.started.is_empty());
    assert_eq!(evaluate(&world, Some(first), "{\"x\": 5}").await?.started.len(), 1);
    let latest = evaluate(&world, None, "{\"x\": 11}").await?.started;
    assert!(latest.len() == 1 && latest[0].definition != first);
    Ok(())
}

#[tokio::test]
async fn all_instances_are_started_or_none_and_every_key_is_given_once() -> anyhow::Result<()> {
    let partitions = NonZeroU16::new(3).expect("not zero");
    for loses_answer in [false, true] {
        let store = Arc::<MemoryStore>::default();
        let config = Config { partitions, ..Config::default() };
        let world =
            World::start_on(Arc::clone(&store), ManualClock::new(), Arc::default(), config.clone()).await?;
        deploy(&world, 5).await?;
        // Nothing begins, and yet the key is used.
        let before = evaluate(&world, None, "{}").await?;
        assert!(before.started.is_empty());
        let number = store.faults().commits_tried() + 1;
        if loses_answer {
            store.faults().lose_answer(number);
        } else {
            store.faults().fail_commit(number);
        }
        let failed = evaluate(&world, None, "{\"x\": 5}").await;
        assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}");
        assert_eq!(instances(&world).await?, if loses_answer { 5 } else { 0 });
        let World { clock, workers, runtime, .. } = world;
        runtime.abort().await;
        let world = World::start_on(store, clock, workers, config).await?;
        let mut keys = vec![before.key];
        for _ in 0..4 {
            let after = evaluate(&world, None, "{}").await?;
            assert!(!keys.contains(&after.key), "{} twice", after.key);
            keys.push(after.key);
        }
    }
    Ok(())
}
