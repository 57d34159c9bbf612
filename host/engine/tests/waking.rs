//! Many that wait for the same condition or signal: woken in bounded steps, and none of them forgotten.

extern crate fermata_engine as engine;

#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/rows.rs"]
mod rows;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use engine::command::CreateInstance;
use engine::state::{Awaited, ConditionLeft, InstanceStatus};
use engine::{Command, Event};
use types::{SubscriptionKey, TenantId, Variables};
use world::{DEFINITION, World};

/// Elements that a step enters at most.
const ELEMENTS_PER_STEP_MAX: usize = 1_000;

/// Who waits: more than fit into two steps.
const ITEMS: usize = 2_500;

/// Each item of a loop waits in an event with this definition; beside the loop, something throws a signal when it is told to.
fn model(definition: &str) -> String {
    let flow = |id: &str, source: &str, target: &str| {
        format!(r#"<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}" />"#)
    };
    let flows = [
        flow("to-each", "fork", "each"),
        flow("to-tell", "fork", "tell"),
        flow("to-throw", "tell", "throw"),
        flow("to-end", "each", "end"),
        flow("to-done", "throw", "done"),
        flow("to-fork", "start", "fork"),
    ]
    .concat();
    format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://fermata.example/waking"><bpmn:signal id="signal" name="go" /><bpmn:message id="message" name="tell"><bpmn:extensionElements><zeebe:subscription correlationKey="=1" /></bpmn:extensionElements></bpmn:message><bpmn:process id="process" isExecutable="true"><bpmn:startEvent id="start" /><bpmn:parallelGateway id="fork" /><bpmn:subProcess id="each"><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items" inputElement="item" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics><bpmn:startEvent id="begin" /><bpmn:intermediateCatchEvent id="wait">{definition}</bpmn:intermediateCatchEvent><bpmn:endEvent id="over" /><bpmn:sequenceFlow id="a" sourceRef="begin" targetRef="wait" /><bpmn:sequenceFlow id="b" sourceRef="wait" targetRef="over" /></bpmn:subProcess><bpmn:intermediateCatchEvent id="tell"><bpmn:messageEventDefinition messageRef="message" /></bpmn:intermediateCatchEvent><bpmn:intermediateThrowEvent id="throw"><bpmn:signalEventDefinition signalRef="signal" /></bpmn:intermediateThrowEvent><bpmn:endEvent id="done" /><bpmn:endEvent id="end" />{flows}</bpmn:process></bpmn:definitions>"#
    )
}

const CONDITION: &str = r#"<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">=level &gt; item</bpmn:condition></bpmn:conditionalEventDefinition>"#;
const SIGNAL: &str = r#"<bpmn:signalEventDefinition signalRef="signal" />"#;

/// An instance in which all items wait.
fn waiting(definition: &str) -> anyhow::Result<World> {
    let mut items = String::from("0");
    for number in 1..ITEMS {
        write!(items, ",{number}")?;
    }
    let mut world = World::of_model(&model(definition))?;
    let command = Command::CreateInstance(CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables: Variables::parse(&format!(r#"{{"level":0,"items":[{items}]}}"#))?,
        business_id: None,
        tags: Vec::new(),
        start: Default::default(),
        ends_after: Vec::new(),
        caller: None,
    });
    world.step(command)?;
    go_on(&mut world)?;
    ensure!(world.state.subscriptions().count() == ITEMS + 1, "{}", world.state.subscriptions().count());
    Ok(world)
}

fn is_paused(world: &World) -> bool {
    world.state.instance().is_some_and(|instance| instance.paused)
}

/// Continues as often as the instance asks for it; gives how many were woken in each step.
fn go_on(world: &mut World) -> anyhow::Result<Vec<usize>> {
    let mut steps = Vec::new();
    while is_paused(world) {
        ensure!(steps.len() < 100, "the instance does not come to rest");
        let events = world.step(Command::Continue)?.events;
        world.check_invariants()?;
        steps.push(checked(&events)?);
    }
    Ok(steps)
}

/// How many were woken, after a look that the step was bounded.
fn checked(events: &[Event]) -> anyhow::Result<usize> {
    let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
    let entered = count(|event| matches!(event, Event::ElementEntered { .. }));
    let woken = count(|event| matches!(event, Event::SubscriptionTriggered { .. }));
    // A sub-process and its start event are entered together.
    ensure!(entered <= ELEMENTS_PER_STEP_MAX + 1, "a step enters {entered}");
    ensure!(woken <= ELEMENTS_PER_STEP_MAX, "a step wakes {woken}");
    Ok(woken)
}

fn set_level(world: &mut World, level: usize) -> anyhow::Result<usize> {
    let scope = world.state.instance().context("the instance")?.key.root_scope();
    let variables = Variables::parse(&format!(r#"{{"level":{level}}}"#))?;
    let events = world.step(Command::SetVariables { scope, variables, local: true })?.events;
    world.check_invariants()?;
    checked(&events)
}

/// Conditions of which something is left.
fn left(world: &World) -> Vec<(SubscriptionKey, bool, Option<ConditionLeft>)> {
    let rows = world.state.conditions().map(|row| match row.awaited {
        Awaited::Condition { held, left } => (row.key, held, left),
        _ => (row.key, false, None),
    });
    rows.filter(|(_, _, left)| left.is_some()).collect()
}

#[test]
fn conditions_that_become_true_together_happen_in_bounded_steps() -> anyhow::Result<()> {
    let mut world = waiting(CONDITION)?;
    ensure!(set_level(&mut world, 1)? == 1 && left(&world).is_empty(), "one item is woken at once");

    let woken = set_level(&mut world, ITEMS)?;
    let still = left(&world);
    ensure!(still.len() == ITEMS - 1 - woken, "{} are left after {woken}", still.len());
    ensure!(still.iter().all(|(_, held, left)| *held && *left == Some(ConditionLeft::Happen)));
    // They have become true, and happen all the same when they are no longer.
    let woken = woken + set_level(&mut world, 1)?;
    let rest: usize = go_on(&mut world)?.iter().sum();
    ensure!(woken + rest == ITEMS - 1, "{woken} and {rest} were woken");
    ensure!(left(&world).is_empty());
    ensure!(world.times_entered("over") == ITEMS && world.times_entered("end") == 1);
    Ok(())
}

#[test]
fn a_held_instance_keeps_what_has_become_true() -> anyhow::Result<()> {
    let mut world = waiting(CONDITION)?;
    world.step(Command::SuspendInstance)?;
    ensure!(set_level(&mut world, 7)? == 0, "a held instance lets nothing happen");
    ensure!(left(&world).len() == 7);
    world.step(Command::UnsuspendInstance)?;
    world.check_invariants()?;
    go_on(&mut world)?;
    ensure!(left(&world).is_empty() && world.times_entered("over") == 7);
    Ok(())
}

#[test]
fn an_own_signal_wakes_as_many_as_there_is_room_for_and_leaves_the_others_to_the_broadcast()
-> anyhow::Result<()> {
    let mut world = waiting(SIGNAL)?;
    let tell = world.state.subscriptions().find(|row| matches!(row.awaited, Awaited::Message { .. }));
    let tell = tell.context("the message")?.clone();
    let Awaited::Message { name, correlation_key } = tell.awaited else { unreachable!() };
    let mailbox = engine::state::MailboxAddress { tenant: TenantId::default(), name, correlation_key };
    let message = types::MessageKey::from_i64(1);
    let correlate =
        Command::Correlate { mailbox, subscription: tell.key, message, variables: Variables::new() };
    let output = world.step(correlate)?;
    world.check_invariants()?;
    // The message is one of them.
    let mut woken = checked(&output.events)? - 1;
    ensure!((1..ELEMENTS_PER_STEP_MAX).contains(&woken), "{woken} were woken");
    go_on(&mut world)?;
    let waiting: Vec<SubscriptionKey> = world.state.subscriptions().map(|row| row.key).collect();
    ensure!(waiting.len() == ITEMS - woken, "{} still wait", waiting.len());
    for subscription in waiting {
        let signal = types::SignalKey::from_i64(1);
        let variables = Variables::new();
        let events =
            world.step_without_copy(Command::ReceiveSignal { subscription, signal, variables })?.events;
        woken += checked(&events)?;
        go_on(&mut world)?;
    }
    ensure!(woken == ITEMS && world.times_entered("over") == ITEMS);
    ensure!(world.state.instance().is_some_and(|row| row.state == InstanceStatus::Completed));
    Ok(())
}
