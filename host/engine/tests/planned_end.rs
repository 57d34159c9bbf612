//! An instance that is to be ended after an element: nothing else begins before that.

extern crate fermata_engine as engine;

#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/rows.rs"]
mod rows;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use anyhow::{Context as _, ensure};
use engine::command::CreateInstance;
use engine::state::InstanceStatus;
use engine::{Command, Event};
use types::{Key, PartitionId, SignalKey, TenantId, Variables};
use world::{DEFINITION, World};

#[test]
fn the_event_that_a_gateway_waited_for_is_not_entered_when_the_instance_ends_after_the_gateway()
-> anyhow::Result<()> {
    let flow = |source: &str, target: &str| {
        format!(r#"<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}" />"#)
    };
    let catch = |id: &str| {
        format!(
            r#"<bpmn:intermediateCatchEvent id="{id}"><bpmn:signalEventDefinition signalRef="{id}-s" /></bpmn:intermediateCatchEvent>"#
        )
    };
    let xml = format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="definitions" targetNamespace="http://fermata.example/ends"><bpmn:signal id="one-s" name="one" /><bpmn:signal id="other-s" name="other" /><bpmn:process id="process" isExecutable="true"><bpmn:startEvent id="start" /><bpmn:eventBasedGateway id="first-of" />{}{}<bpmn:endEvent id="end" />{}{}{}{}{}</bpmn:process></bpmn:definitions>"#,
        catch("one"),
        catch("other"),
        flow("start", "first-of"),
        flow("first-of", "one"),
        flow("first-of", "other"),
        flow("one", "end"),
        flow("other", "end"),
    );
    let mut world = World::of_model(&xml)?;
    world.step(Command::CreateInstance(CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables: Variables::new(),
        business_id: None,
        tags: Vec::new(),
        start: Default::default(),
        ends_after: vec!["first-of".into()],
        caller: None,
    }))?;
    let subscription = world.state.subscriptions().next().context("the gateway waits")?.key;
    let signal = SignalKey(Key::new(PartitionId::FIRST, 900_000));
    let command = Command::ReceiveSignal { subscription, signal, variables: Variables::new() };
    let events = world.step(command)?.events;
    let entered = |event: &Event| matches!(event, Event::ElementEntered { .. });
    ensure!(!events.iter().any(entered), "something begins: {events:?}");
    ensure!(world.state.instance().map(|instance| instance.state) == Some(InstanceStatus::Terminated));
    world.check_invariants()
}
