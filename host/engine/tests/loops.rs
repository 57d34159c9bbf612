//! Loops over many items: bounded steps, an end, and no work for each item that grows with their number.

extern crate fermata_engine as engine;

#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/rows.rs"]
mod rows;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use engine::command::{CompleteJob, CreateInstance, JobAttempt, JobResult};
use engine::state::{Awaited, IncidentKind, InstanceStatus, MailboxAddress, Role};
use engine::{Command, Event};
use types::{JobKey, TenantId, Variables};
use world::{DEFINITION, World};

/// Elements that a step enters at most.
const ELEMENTS_PER_STEP_MAX: usize = 1_000;

/// Element instances that a step ends at most in what is ended from outside.
const ENDS_PER_STEP_MAX: usize = 1_000;

/// Element instances up to which loops enter more.
const ELEMENT_INSTANCES_MAX: usize = 250_000;

fn model(elements: &str) -> String {
    format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://fermata.example/loops"><bpmn:process id="process" isExecutable="true"><bpmn:startEvent id="start" />{elements}<bpmn:endEvent id="end" /><bpmn:sequenceFlow id="in" sourceRef="start" targetRef="each" /><bpmn:sequenceFlow id="out" sourceRef="each" targetRef="end" /></bpmn:process></bpmn:definitions>"#
    )
}

fn multi_instance(sequential: bool, condition: &str) -> String {
    let condition = match condition {
        "" => String::new(),
        text => format!(
            r#"<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">={text}</bpmn:completionCondition>"#
        ),
    };
    format!(
        r#"<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}"><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items" inputElement="item" outputCollection="results" outputElement="=result" /></bpmn:extensionElements>{condition}</bpmn:multiInstanceLoopCharacteristics>"#
    )
}

fn work(loop_of: &str) -> String {
    model(&format!(
        r#"<bpmn:serviceTask id="each"><bpmn:extensionElements><zeebe:taskDefinition type="work" /></bpmn:extensionElements>{loop_of}</bpmn:serviceTask>"#
    ))
}

fn script(loop_of: &str) -> String {
    model(&format!(
        r#"<bpmn:scriptTask id="each"><bpmn:extensionElements><zeebe:script expression="=item" resultVariable="result" /></bpmn:extensionElements>{loop_of}</bpmn:scriptTask>"#
    ))
}

/// The numbers from 1 as a JSON array.
fn numbers(count: usize) -> anyhow::Result<String> {
    let mut list = String::from("[1");
    for number in 2..=count {
        write!(list, ",{number}")?;
    }
    Ok(list + "]")
}

fn start(world: &mut World, items: &str) -> anyhow::Result<Vec<Event>> {
    let command = Command::CreateInstance(CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables: Variables::parse(&format!(r#"{{"items":{items}}}"#))?,
        business_id: None,
        tags: Vec::new(),
        start: Default::default(),
        ends_after: Vec::new(),
        caller: None,
    });
    Ok(world.step(command)?.events)
}

fn complete(world: &mut World, job: JobKey, result: &str) -> anyhow::Result<Vec<Event>> {
    let command = Command::CompleteJob(CompleteJob {
        attempt: JobAttempt::current(job),
        result: JobResult::Variables(Variables::parse(result)?),
    });
    Ok(world.step_without_copy(command)?.events)
}

fn is_paused(world: &World) -> bool {
    world.state.instance().is_some_and(|instance| instance.paused)
}

fn status(world: &World) -> Option<InstanceStatus> {
    world.state.instance().map(|instance| instance.state)
}

fn entered(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::ElementEntered { .. })).count()
}

/// Continues as often as the instance asks for it, within bounded steps; gives how often that was.
fn go_on(world: &mut World) -> anyhow::Result<usize> {
    let mut steps = 0;
    while is_paused(world) {
        let events = world.step_without_copy(Command::Continue)?.events;
        steps += 1;
        ensure!(
            (1..=ELEMENTS_PER_STEP_MAX + 1).contains(&entered(&events)),
            "a step enters {}",
            entered(&events)
        );
    }
    Ok(steps)
}

#[test]
fn many_items_are_entered_in_bounded_steps() -> anyhow::Result<()> {
    const ITEMS: usize = 5_500;
    for sequential in [false, true] {
        let mut world = World::of_model(&script(&multi_instance(sequential, "")))?;
        start(&mut world, &numbers(ITEMS)?)?;
        world.check_invariants()?;
        let steps = go_on(&mut world)?;
        ensure!((5..=6).contains(&steps), "sequential {sequential}: {steps} steps");
        world.check_invariants()?;
        ensure!(
            status(&world) == Some(InstanceStatus::Completed),
            "sequential {sequential}: it does not end"
        );
    }
    Ok(())
}

#[test]
fn results_of_many_items_are_in_their_order() -> anyhow::Result<()> {
    const ITEMS: usize = 2_500;
    let list = numbers(ITEMS)?;
    let mut world = World::of_model(&work(&multi_instance(false, "")))?;
    start(&mut world, &list)?;
    ensure!(go_on(&mut world)? == 2);
    let jobs: Vec<JobKey> = world.state.jobs().map(|job| job.key).collect();
    ensure!(jobs.len() == ITEMS);
    let mut last = Vec::new();
    // From the last to the first: in the order of the items all the same.
    for (number, job) in (0..ITEMS).zip(&jobs).rev() {
        let number = number + 1;
        last = complete(&mut world, *job, &format!(r#"{{"result":{number}}}"#))?;
    }
    let collected = last.iter().find_map(|event| match event {
        Event::VariableSet { name, value, .. } if &**name == "results" => Some(value.to_string()),
        _ => None,
    });
    ensure!(collected.as_deref() == Some(&*list), "the results are {collected:?}");
    world.check_invariants()
}

/// Continues until nothing is left to do, checks all that has to hold after each step, and gives how many items ended.
fn end_in_steps(world: &mut World) -> anyhow::Result<usize> {
    let mut ended = 0;
    while is_paused(world) {
        world.check_invariants()?;
        let events = world.step_without_copy(Command::Continue)?.events;
        ended += terminated(&events)?;
    }
    world.check_invariants()?;
    Ok(ended)
}

/// How many element instances a step ends, which is bounded.
fn terminated(events: &[Event]) -> anyhow::Result<usize> {
    let count = events.iter().filter(|event| matches!(event, Event::ElementTerminated { .. })).count();
    ensure!(count <= ENDS_PER_STEP_MAX + 1, "a step ends {count}");
    Ok(count)
}

#[test]
fn many_items_end_in_bounded_steps_when_the_completion_condition_holds() -> anyhow::Result<()> {
    const ITEMS: usize = 3_000;
    let mut world = World::of_model(&work(&multi_instance(false, "numberOfCompletedInstances = 2")))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    let jobs: Vec<JobKey> = world.state.jobs().take(2).map(|job| job.key).collect();
    complete(&mut world, jobs[0], "{}")?;
    let events = complete(&mut world, jobs[1], "{}")?;
    let at_once = terminated(&events)?;
    ensure!(at_once == ENDS_PER_STEP_MAX && is_paused(&world));
    ensure!(at_once + end_in_steps(&mut world)? == ITEMS - 2);
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    Ok(())
}

/// A loop over sub-processes, each with a job, a timer, a message and a signal that it waits for, and a boundary event on
/// the loop.
fn busy_items() -> String {
    let flow = |source: &str, target: &str| {
        format!(r#"<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}" />"#)
    };
    let inside = [("item", "fork"), ("fork", "work"), ("fork", "pause"), ("fork", "hear"), ("fork", "note")];
    let flows: String = inside.iter().map(|(source, target)| flow(source, target)).collect();
    let xml = model(&format!(
        r#"<bpmn:subProcess id="each">{}<bpmn:startEvent id="item" /><bpmn:parallelGateway id="fork" /><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work" /></bpmn:extensionElements></bpmn:serviceTask><bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent><bpmn:receiveTask id="note" messageRef="note-m" /><bpmn:intermediateCatchEvent id="hear"><bpmn:signalEventDefinition signalRef="go" /></bpmn:intermediateCatchEvent>{flows}</bpmn:subProcess><bpmn:boundaryEvent id="stop" attachedToRef="each"><bpmn:messageEventDefinition messageRef="stop-m" /></bpmn:boundaryEvent><bpmn:serviceTask id="after"><bpmn:extensionElements><zeebe:taskDefinition type="after" /></bpmn:extensionElements></bpmn:serviceTask>{}"#,
        multi_instance(false, ""),
        flow("stop", "after"),
    ));
    let around = r#"<bpmn:signal id="go" name="go" /><bpmn:message id="note-m" name="note"><bpmn:extensionElements><zeebe:subscription correlationKey="=string(loopCounter)" /></bpmn:extensionElements></bpmn:message><bpmn:message id="stop-m" name="stop"><bpmn:extensionElements><zeebe:subscription correlationKey="=&quot;all&quot;" /></bpmn:extensionElements></bpmn:message><bpmn:process"#;
    xml.replace("<bpmn:process", around)
}

/// While a later step has to end an item, nothing that comes for it does anything, and nothing of it is lost or doubled.
#[test]
fn nothing_goes_on_in_items_that_are_left_to_end() -> anyhow::Result<()> {
    const ITEMS: usize = 700;
    let mut world = World::of_model(&busy_items())?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    let state = &world.state;
    let stop = state
        .subscriptions()
        .find_map(|row| match &row.awaited {
            Awaited::Message { name, correlation_key } if &**name == "stop" => {
                let (name, correlation_key) = (name.clone(), correlation_key.clone());
                Some((row.key, MailboxAddress { tenant: TenantId::default(), name, correlation_key }))
            }
            _ => None,
        })
        .context("the boundary event waits")?;
    let last = |owner: types::ElementInstanceKey| state.any_element(owner).map(|element| element.scope);
    let (job, item) =
        state.jobs().last().map(|job| (job.key, last(job.element_instance))).context("a job")?;
    let (timer, due) = state.timers().last().map(|timer| (timer.key, timer.due)).context("a timer")?;
    let signal = |row: &&engine::state::Subscription| matches!(row.awaited, Awaited::Signal { .. });
    let signal = state.subscriptions().filter(signal).last().context("a signal")?.key;
    let note = |row: &&engine::state::Subscription| matches!(&row.awaited, Awaited::Message { name, .. } if &**name == "note");
    let note = state.subscriptions().filter(note).last().context("a message")?.key;
    let item = item.context("the item of the job")?;

    let (subscription, mailbox) = stop;
    let variables = Variables::parse(r#"{"why":"enough"}"#)?;
    let message = types::MessageKey(types::Key::new(types::PartitionId::FIRST, 900_000));
    let correlate = |mailbox: MailboxAddress, subscription, variables| Command::Correlate {
        mailbox,
        subscription,
        message,
        variables,
    };
    world.step_without_copy(correlate(mailbox.clone(), subscription, variables))?;
    ensure!(is_paused(&world) && world.state.has_ends_left());
    ensure!(world.state.is_doomed(item) && world.state.element(item).is_none());
    world.check_invariants()?;

    world.now = due;
    let gone = |result: Result<engine::Output, engine::Rejection>| {
        ensure!(matches!(result, Err(engine::Rejection::NotFound { .. })), "{result:?}");
        Ok(())
    };
    let completes = CompleteJob {
        attempt: JobAttempt::current(job),
        result: JobResult::Variables(Variables::parse(r#"{"result":1}"#)?),
    };
    gone(world.step(Command::CompleteJob(completes)))?;
    gone(world.step(Command::TriggerTimer { timer }))?;
    gone(world.step(Command::SetVariables { scope: item, variables: Variables::new(), local: true }))?;
    let signalled = Command::ReceiveSignal {
        subscription: signal,
        signal: types::SignalKey(types::Key::new(types::PartitionId::FIRST, 900_001)),
        variables: Variables::new(),
    };
    ensure!(world.step(signalled)?.events.is_empty());
    let answer = world.step(correlate(mailbox, note, Variables::new()))?;
    ensure!(answer.events.is_empty(), "{:?}", answer.events);
    ensure!(
        matches!(answer.outgoing[..], [engine::Outgoing::Correlated { taken: false, .. }]),
        "its message goes to the next one: {:?}",
        answer.outgoing
    );
    world.check_invariants()?;

    end_in_steps(&mut world)?;
    ensure!(world.state.jobs().count() == 1 && world.state.timers().count() == 0);
    let after = world.state.jobs().next().context("what follows the boundary event")?;
    ensure!(&*after.job_type == "after" && world.times_entered("after") == 1);
    ensure!(world.state.visible_variable(after.element_instance, "why").is_some());
    Ok(())
}

#[test]
fn a_cancelled_instance_with_many_items_ends_in_bounded_steps() -> anyhow::Result<()> {
    const ITEMS: usize = 700;
    let mut world = World::of_model(&busy_items())?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    terminated(&world.step_without_copy(Command::CancelInstance)?.events)?;
    ensure!(status(&world) == Some(InstanceStatus::Active) && is_paused(&world));
    // To cancel it once more changes nothing.
    ensure!(world.step(Command::CancelInstance)?.events.is_empty());
    end_in_steps(&mut world)?;
    ensure!(status(&world) == Some(InstanceStatus::Terminated));
    Ok(())
}

/// Nobody goes on with what an operator holds: what ends in it ends whole.
#[test]
fn a_held_instance_ends_in_one_step() -> anyhow::Result<()> {
    const ITEMS: usize = 2_500;
    let mut world = World::of_model(&work(&multi_instance(false, "")))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    world.step(Command::SuspendInstance)?;
    world.step(Command::CancelInstance)?;
    ensure!(status(&world) == Some(InstanceStatus::Terminated));
    world.check_invariants()?;

    let mut world = World::of_model(&work(&multi_instance(false, "")))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    world.step(Command::CancelInstance)?;
    world.step(Command::SuspendInstance)?;
    ensure!(world.step(Command::Continue)?.events.is_empty());
    world.step(Command::CancelInstance)?;
    ensure!(status(&world) == Some(InstanceStatus::Terminated));
    world.check_invariants()
}

/// A modification ends what it names in one step, so it does not name more than that is good for.
#[test]
fn a_modification_that_would_end_very_many_items_is_refused() -> anyhow::Result<()> {
    const ITEMS: usize = 10_000;
    let mut world = World::of_model(&work(&multi_instance(false, "")))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    let modify = |world: &World, item: bool| {
        let role = |role: Role| match item {
            true => matches!(role, Role::Item { .. }),
            false => role == Role::Loop,
        };
        let ended = world.state.elements().find(|instance| role(instance.role));
        let terminate = ended.into_iter().map(|instance| instance.key).collect();
        let activate = engine::command::ActivateElement {
            element: "each".into(),
            after: true,
            ancestor: None,
            variables: Vec::new(),
        };
        let activate = if item { Vec::new() } else { vec![activate] };
        Command::ModifyInstance(engine::command::ModifyInstance { activate, terminate, moves: Vec::new() })
    };
    let refused = world.step(modify(&world, false));
    let text = refused.err().context("it is refused")?.to_string();
    ensure!(text.contains("more than 10000 element instances"), "{text}");
    world.check_invariants()?;
    world.step_without_copy(modify(&world, true))?;
    world.step_without_copy(modify(&world, false))?;
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    world.check_invariants()
}

#[test]
fn a_loop_ends_early_while_it_is_still_entering_items() -> anyhow::Result<()> {
    const ITEMS: usize = 3_000;
    let mut world = World::of_model(&work(&multi_instance(false, "true")))?;
    start(&mut world, &numbers(ITEMS)?)?;
    ensure!(is_paused(&world));
    let job = world.state.jobs().next().context("a job")?.key;
    complete(&mut world, job, "{}")?;
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    world.check_invariants()
}

#[test]
fn conditions_see_the_same_numbers_wherever_a_step_ends() -> anyhow::Result<()> {
    const ITEMS: usize = 2_000;
    let half = "numberOfCompletedInstances / numberOfInstances &gt;= 0.5 and numberOfActiveInstances = 1000";
    let mut world = World::of_model(&script(&multi_instance(false, half)))?;
    let mut all = entered(&start(&mut world, &numbers(ITEMS)?)?);
    while is_paused(&world) {
        all += entered(&world.step(Command::Continue)?.events);
    }
    ensure!(all == 1_000 + 3, "{all} elements are entered: start, loop, 1,000 items and the end");
    Ok(())
}

#[test]
fn a_loop_has_its_turn_beside_tokens_that_never_rest() -> anyhow::Result<()> {
    let endless = r#"<bpmn:exclusiveGateway id="again" /><bpmn:scriptTask id="spin"><bpmn:extensionElements><zeebe:script expression="=1" resultVariable="x" /></bpmn:extensionElements></bpmn:scriptTask><bpmn:sequenceFlow id="s0" sourceRef="start" targetRef="again" /><bpmn:sequenceFlow id="s1" sourceRef="again" targetRef="spin" /><bpmn:sequenceFlow id="s2" sourceRef="spin" targetRef="again" />"#;
    let each = work(&multi_instance(true, ""));
    let mut world = World::of_model(&each.replace(
        r#"<bpmn:startEvent id="start" />"#,
        &format!(r#"<bpmn:startEvent id="start" />{endless}"#),
    ))?;
    start(&mut world, "[1,2,3]")?;
    let mut jobs = 0;
    for _ in 0..20 {
        let job = world.state.jobs().next().map(|job| job.key);
        if let Some(job) = job {
            jobs += 1;
            complete(&mut world, job, "{}")?;
        }
        world.step(Command::Continue)?;
    }
    ensure!(jobs == 3, "{jobs} items had their turn");
    ensure!(world.state.loops().count() == 0, "the loop does not end");
    world.check_invariants()
}

#[test]
fn results_that_are_too_large_together_are_an_incident() -> anyhow::Result<()> {
    let mut world = World::of_model(&work(&multi_instance(false, "")))?;
    start(&mut world, "[1,2,3]")?;
    let large = format!(r#"{{"result":"{}"}}"#, "x".repeat(2 << 20));
    let jobs: Vec<JobKey> = world.state.jobs().map(|job| job.key).collect();
    complete(&mut world, jobs[0], &large)?;
    complete(&mut world, jobs[1], &large)?;
    let incident = world.state.incidents().next().context("an incident")?;
    ensure!(incident.kind == IncidentKind::ExtractValueError, "{incident:?}");
    let (incident, item) = (incident.key, incident.element_instance);
    world.check_invariants()?;
    world.step(Command::SetVariables {
        scope: item,
        variables: Variables::parse(r#"{"result":1}"#)?,
        local: true,
    })?;
    world.step(Command::ResolveIncident { incident })?;
    complete(&mut world, jobs[2], r#"{"result":2}"#)?;
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    world.check_invariants()
}

#[test]
fn loops_in_loops_stop_at_a_number_of_element_instances() -> anyhow::Result<()> {
    let inner = r#"<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=items" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"#;
    let model = model(&format!(
        r#"<bpmn:subProcess id="each">{inner}<bpmn:startEvent id="b" /><bpmn:receiveTask id="wait" messageRef="m">{inner}</bpmn:receiveTask><bpmn:sequenceFlow id="bw" sourceRef="b" targetRef="wait" /></bpmn:subProcess>"#
    ));
    let message = r#"<bpmn:message id="m" name="m"><bpmn:extensionElements><zeebe:subscription correlationKey="=string(loopCounter)" /></bpmn:extensionElements></bpmn:message><bpmn:process"#;
    let mut world = World::of_model(&model.replace("<bpmn:process", message))?;
    start(&mut world, &numbers(600)?)?;
    let mut steps = 0;
    while is_paused(&world) {
        world.step_without_copy(Command::Continue)?;
        steps += 1;
        ensure!(steps < 600, "it goes on without end");
    }
    let active = world.state.element_count();
    ensure!((ELEMENT_INSTANCES_MAX..ELEMENT_INSTANCES_MAX + 2_000).contains(&active), "{active} are active");
    ensure!(world.state.incidents().all(|incident| incident.message.contains("resolve this when")));
    ensure!(world.state.incidents().next().is_some());
    Ok(())
}

/// In each of many items a gateway waits: what goes on in one item is nothing to those of the others.
#[test]
fn gateways_wait_in_many_items() -> anyhow::Result<()> {
    const ITEMS: usize = 4_000;
    let flow = |source: &str, target: &str| {
        let always = match source {
            "fork" => {
                r#"<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=true</bpmn:conditionExpression>"#
            }
            _ => "",
        };
        format!(
            r#"<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{always}</bpmn:sequenceFlow>"#
        )
    };
    let flows = flow("item", "fork")
        + &flow("fork", "quick")
        + &flow("fork", "slow")
        + &flow("quick", "merge")
        + &flow("slow", "merge")
        + &flow("merge", "item-end");
    let mut world = World::of_model(&model(&format!(
        r#"<bpmn:subProcess id="each">{}<bpmn:startEvent id="item" /><bpmn:inclusiveGateway id="fork" /><bpmn:task id="quick" /><bpmn:serviceTask id="slow"><bpmn:extensionElements><zeebe:taskDefinition type="slow" /></bpmn:extensionElements></bpmn:serviceTask><bpmn:inclusiveGateway id="merge" /><bpmn:endEvent id="item-end" />{flows}</bpmn:subProcess>"#,
        multi_instance(false, "")
    )))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    ensure!(world.state.waiting_merges().count() == ITEMS);
    let jobs: Vec<JobKey> = world.state.jobs().map(|job| job.key).collect();
    for job in &jobs[1..] {
        let entered = entered(&complete(&mut world, *job, "{}")?);
        ensure!(entered == 2, "the gateway and the end of an item are entered, and {entered} elements were");
    }
    ensure!(world.state.waiting_merges().count() == 1);
    complete(&mut world, jobs[0], "{}")?;
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    world.check_invariants()
}

#[test]
fn many_items_are_undone_in_bounded_steps() -> anyhow::Result<()> {
    const ITEMS: usize = 20_000;
    let xml = model(&format!(
        r#"<bpmn:subProcess id="each">{}<bpmn:startEvent id="item" /><bpmn:scriptTask id="book"><bpmn:extensionElements><zeebe:script expression="=item" resultVariable="booked" /></bpmn:extensionElements></bpmn:scriptTask><bpmn:boundaryEvent id="book-done" attachedToRef="book"><bpmn:compensateEventDefinition /></bpmn:boundaryEvent><bpmn:association id="book-undone" sourceRef="book-done" targetRef="unbook" /><bpmn:task id="unbook" isForCompensation="true" /><bpmn:sequenceFlow id="item-book" sourceRef="item" targetRef="book" /></bpmn:subProcess>"#,
        multi_instance(false, "")
    ));
    let undoes = r#"<bpmn:endEvent id="end"><bpmn:compensateEventDefinition /></bpmn:endEvent>"#;
    let mut world = World::of_model(&xml.replace(r#"<bpmn:endEvent id="end" />"#, undoes))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    ensure!(world.times_entered("unbook") == ITEMS && world.state.compensables().count() == 0);
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    world.check_invariants()
}

/// The step that throws a signal does not wake all that wait for it: the rest hears it from the broadcast.
#[test]
fn a_signal_to_many_items_wakes_some_at_once() -> anyhow::Result<()> {
    const ITEMS: usize = 2_500;
    let xml = model(&format!(
        r#"<bpmn:subProcess id="each">{}<bpmn:startEvent id="item" /><bpmn:intermediateCatchEvent id="wait"><bpmn:signalEventDefinition signalRef="go" /></bpmn:intermediateCatchEvent><bpmn:sequenceFlow id="item-wait" sourceRef="item" targetRef="wait" /></bpmn:subProcess><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work" /></bpmn:extensionElements></bpmn:serviceTask><bpmn:endEvent id="tell"><bpmn:signalEventDefinition signalRef="go" /></bpmn:endEvent><bpmn:sequenceFlow id="start-work" sourceRef="start" targetRef="work" /><bpmn:sequenceFlow id="work-tell" sourceRef="work" targetRef="tell" />"#,
        multi_instance(false, "")
    ));
    let signal = r#"<bpmn:signal id="go" name="go" /><bpmn:process "#;
    let mut world = World::of_model(&xml.replacen("<bpmn:process ", signal, 1))?;
    start(&mut world, &numbers(ITEMS)?)?;
    go_on(&mut world)?;
    let job = world.state.jobs().next().context("a job")?.key;
    let events = complete(&mut world, job, "{}")?;
    let Some(signal) = events.iter().find_map(|event| match event {
        Event::SubscriptionTriggered { signal, .. } => *signal,
        _ => None,
    }) else {
        anyhow::bail!("nobody hears the signal");
    };
    let left: Vec<_> = world.state.subscriptions().map(|subscription| subscription.key).collect();
    let woken = ITEMS - left.len();
    ensure!((1..=ELEMENTS_PER_STEP_MAX).contains(&woken), "{woken} are woken in one step");
    for subscription in left {
        let variables = Variables::new();
        world.step_without_copy(Command::ReceiveSignal { subscription, signal, variables })?;
    }
    go_on(&mut world)?;
    ensure!(status(&world) == Some(InstanceStatus::Completed));
    world.check_invariants()
}
