//! What hostile or merely large processes cannot do: take for ever, take all memory, or get stuck where a step ends.

extern crate fermata_engine as engine;

#[path = "scenarios/rows.rs"]
mod rows;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use engine::command::{
    ActivateElement, CompleteJob, CreateInstance, JobAttempt, JobResult, ModifyInstance, StartJob,
};
use engine::state::{IncidentKind, InstanceStatus, JobState};
use engine::{Command, Event, Rejection};
use types::{JobKey, SharedStr, TenantId, VARIABLES_BYTES_MAX, Variables};
use world::{DEFINITION, World};

/// Elements that a step enters at most.
const ELEMENTS_PER_STEP_MAX: usize = 1_000;

/// Steps within which every instance of these tests ends or stops.
const STEPS_MAX: usize = 100;

fn model(elements: &str) -> String {
    format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="http://fermata.example/limits"><bpmn:process id="process" isExecutable="true">{elements}</bpmn:process></bpmn:definitions>"#
    )
}

fn flow(source: &str, target: &str) -> String {
    format!(r#"<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}" />"#)
}

fn script(id: &str, expression: &str, result: &str) -> String {
    format!(
        r#"<bpmn:scriptTask id="{id}"><bpmn:extensionElements><zeebe:script expression="={expression}" resultVariable="{result}" /></bpmn:extensionElements></bpmn:scriptTask>"#
    )
}

/// Start, a gateway to which the script comes back for ever, and the script.
fn endless(script: &str) -> String {
    model(&format!(
        r#"<bpmn:startEvent id="start" /><bpmn:exclusiveGateway id="again" />{script}{}{}{}"#,
        flow("start", "again"),
        flow("again", "work"),
        flow("work", "again")
    ))
}

/// A fork with `width` branches, each an element that `branch` writes, and a join.
fn wide(width: usize, branch: impl Fn(&str) -> String) -> anyhow::Result<String> {
    let mut elements = String::from(
        r#"<bpmn:startEvent id="start" /><bpmn:parallelGateway id="fork" /><bpmn:parallelGateway id="join" /><bpmn:endEvent id="end" />"#,
    );
    write!(elements, "{}{}", flow("start", "fork"), flow("join", "end"))?;
    for number in 0..width {
        let id = format!("b{number}");
        write!(elements, "{}{}{}", branch(&id), flow("fork", &id), flow(&id, "join"))?;
    }
    Ok(model(&elements))
}

fn start(world: &mut World, variables: &str) -> anyhow::Result<Vec<Event>> {
    let command = Command::CreateInstance(CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables: Variables::parse(variables)?,
        business_id: None,
        tags: Vec::new(),
        start: Default::default(),
        ends_after: Vec::new(),
        caller: None,
    });
    Ok(world.step(command)?.events)
}

fn is_paused(world: &World) -> bool {
    world.state.instance().is_some_and(|instance| instance.paused)
}

fn status(world: &World) -> Option<InstanceStatus> {
    world.state.instance().map(|instance| instance.state)
}

/// Continues as often as the instance asks for it; gives the events of each step.
fn go_on(world: &mut World) -> anyhow::Result<Vec<Vec<Event>>> {
    let mut steps = Vec::new();
    while is_paused(world) {
        ensure!(steps.len() < STEPS_MAX, "the instance does not come to an end");
        steps.push(world.step(Command::Continue)?.events);
        world.check_invariants()?;
    }
    Ok(steps)
}

fn entered(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::ElementEntered { .. })).count()
}

fn incidents(world: &World) -> Vec<(IncidentKind, String)> {
    world.state.incidents().map(|incident| (incident.kind, incident.message.to_string())).collect()
}

#[test]
fn a_join_goes_on_wherever_the_bound_falls() -> anyhow::Result<()> {
    let mut paused = 0;
    for width in ELEMENTS_PER_STEP_MAX - 5..ELEMENTS_PER_STEP_MAX + 2 {
        let mut world = World::of_model(&wide(width, |id| script(id, "1", "result"))?)?;
        start(&mut world, "{}")?;
        world.check_invariants()?;
        paused += usize::from(is_paused(&world));
        go_on(&mut world)?;
        ensure!(status(&world) == Some(InstanceStatus::Completed), "{width} branches: the join is stuck");
    }
    ensure!((1..7).contains(&paused), "the bound never falls at the join");
    Ok(())
}

#[test]
fn an_inclusive_gateway_goes_on_wherever_the_bound_falls() -> anyhow::Result<()> {
    let mut paused = 0;
    for width in ELEMENTS_PER_STEP_MAX - 5..ELEMENTS_PER_STEP_MAX + 2 {
        let joined = wide(width, |id| script(id, "1", "result"))?;
        let merged = joined.replace(r#"parallelGateway id="join""#, r#"inclusiveGateway id="join""#);
        let mut world = World::of_model(&merged)?;
        start(&mut world, "{}")?;
        world.check_invariants()?;
        paused += usize::from(is_paused(&world));
        go_on(&mut world)?;
        ensure!(status(&world) == Some(InstanceStatus::Completed), "{width} branches: the gateway is stuck");
        ensure!(world.times_entered("end") == 1, "{width} branches: the gateway has gone on too early");
    }
    ensure!((1..7).contains(&paused), "the bound never falls at the gateway");
    Ok(())
}

#[test]
fn a_modification_has_a_limit() -> anyhow::Result<()> {
    let xml = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/scenarios/one-task.bpmn"),
    )?;
    let mut world = World::of_model(&xml)?;
    start(&mut world, "{}")?;
    let task = world.state.elements().nth(1).context("the task")?;
    let activate = ActivateElement {
        element: task.element.clone(),
        after: false,
        ancestor: None,
        variables: Vec::new(),
    };
    let modify = |count| {
        Command::ModifyInstance(ModifyInstance {
            activate: vec![activate.clone(); count],
            ..ModifyInstance::default()
        })
    };
    let refused = world.step(modify(ELEMENTS_PER_STEP_MAX + 1));
    ensure!(matches!(refused, Err(Rejection::InvalidArgument { .. })), "{refused:?}");
    world.step(modify(ELEMENTS_PER_STEP_MAX))?;
    world.check_invariants()?;
    ensure!(world.state.jobs().count() == ELEMENTS_PER_STEP_MAX + 1);
    Ok(())
}

/// A loop that enters nearly as many elements as a step may, then a fork, a sub-process, and a join.
#[test]
fn an_instance_enters_the_same_elements_wherever_the_bound_falls() -> anyhow::Result<()> {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/scenarios/bound.bpmn");
    let xml = std::fs::read_to_string(path)?;
    let mut expected: Option<BTreeMap<String, usize>> = None;
    for odd in [false, true] {
        for turns in 485..=500 {
            let mut world = World::of_model(&xml)?;
            let mut steps =
                vec![start(&mut world, &format!(r#"{{"n": 0, "limit": {turns}, "odd": {odd}}}"#))?];
            world.check_invariants()?;
            steps.extend(go_on(&mut world)?);
            ensure!(status(&world) == Some(InstanceStatus::Completed), "{turns} turns, odd {odd}: stuck");
            let mut elements: BTreeMap<String, usize> = BTreeMap::new();
            for events in &steps {
                // A sub-process and its start event are entered together.
                ensure!(entered(events) <= ELEMENTS_PER_STEP_MAX + 1, "a step enters {}", entered(events));
                for event in events {
                    if let Event::ElementEntered { element, .. } = event {
                        *elements.entry(element.to_string()).or_default() += 1;
                    }
                }
            }
            ensure!(elements.remove("count") == Some(turns) && elements.remove("again") == Some(turns + 1));
            ensure!(elements.remove("odd-one").is_some() == odd);
            let expected = expected.get_or_insert_with(|| elements.clone());
            ensure!(elements == *expected, "{turns} turns, odd {odd}: {elements:?}");
        }
    }
    Ok(())
}

#[test]
fn a_computed_value_has_the_limits_of_one_from_outside() -> anyhow::Result<()> {
    // `large` is 3 MB, so that twice that is too much for one variable.
    let large = format!(r#"{{"large": "{}"}}"#, "x".repeat(3_000_000));
    let nested = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let nested = format!(r#"{{"large": {nested}}}"#);
    let task = |inner: &str| {
        model(&format!(
            r#"<bpmn:startEvent id="start" /><bpmn:serviceTask id="work"><bpmn:extensionElements>{inner}</bpmn:extensionElements></bpmn:serviceTask>{}"#,
            flow("start", "work")
        ))
    };
    let input = |inputs: &str| {
        task(&format!(r#"<zeebe:taskDefinition type="work" /><zeebe:ioMapping>{inputs}</zeebe:ioMapping>"#))
    };
    let too_large = format!("bytes, the limit is {VARIABLES_BYTES_MAX}");
    for (xml, variables, kind, message) in [
        (
            endless(&script("work", "large + large", "result")),
            &large,
            IncidentKind::ExtractValueError,
            too_large.as_str(),
        ),
        (
            endless(&script(
                "work",
                &format!("for i in 1..1 return {{a: {}large{}}}", "[".repeat(45), "]".repeat(45)),
                "result",
            )),
            &nested,
            IncidentKind::ExtractValueError,
            "nest deeper than 100 levels",
        ),
        (
            input(r#"<zeebe:input source="=large + large" target="a" />"#),
            &large,
            IncidentKind::IoMappingError,
            too_large.as_str(),
        ),
        (
            input(r#"<zeebe:input source="=large" target="a" /><zeebe:input source="=large" target="b" />"#),
            &large,
            IncidentKind::IoMappingError,
            too_large.as_str(),
        ),
        (
            input(
                r#"<zeebe:input source="=large" target="a.b" /><zeebe:input source="=large" target="a.c" />"#,
            ),
            &large,
            IncidentKind::IoMappingError,
            too_large.as_str(),
        ),
        (
            task(r#"<zeebe:taskDefinition type="=large + large" />"#),
            &large,
            IncidentKind::ExtractValueError,
            too_large.as_str(),
        ),
    ] {
        let mut world = World::of_model(&xml)?;
        start(&mut world, variables)?;
        let found = incidents(&world);
        ensure!(
            matches!(&found[..], [(found_kind, text)] if *found_kind == kind && text.contains(message)),
            "{xml}\n{found:?}"
        );
    }
    Ok(())
}

#[test]
fn a_result_that_is_too_much_says_so() -> anyhow::Result<()> {
    let xml = model(&format!(
        r#"<bpmn:startEvent id="start" /><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work" /><zeebe:taskHeaders><zeebe:header key="resultExpression" value="=if twice then {{all: [body, body]}} else if named then context([{{key: body, value: 1}}]) else body" /></zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>{}"#,
        flow("start", "work")
    ));
    for (response, message) in [
        (format!(r#"{{"twice": true, "body": "{}"}}"#, "x".repeat(3_000_000)), "bytes, the limit is"),
        (format!(r#"{{"named": true, "body": "{}"}}"#, "x".repeat(300)), "name takes 300 bytes"),
        (r#"{"body": "x"}"#.to_owned(), "expected a context from the result expression, found string"),
    ] {
        let mut world = World::of_model(&xml)?;
        start(&mut world, "{}")?;
        let job = world.state.jobs().next().context("job")?.key;
        let result = JobResult::Connector(Variables::parse(&response)?);
        world.step(Command::CompleteJob(CompleteJob { attempt: JobAttempt::current(job), result }))?;
        let found = incidents(&world);
        ensure!(
            matches!(&found[..], [(IncidentKind::JobNoRetries, text)] if text.contains(message)),
            "{message}: {found:?}"
        );
    }
    Ok(())
}

#[test]
fn a_step_stops_when_its_events_take_much_memory() -> anyhow::Result<()> {
    // A variable of 2 MB that differs in each turn.
    let large = format!(r#"{{"large": "{}", "n": 0}}"#, "x".repeat(2_000_000));
    let mut world = World::of_model(&endless(&script("work", "large + uuid()", "result")))?;
    let events = start(&mut world, &large)?;
    ensure!(is_paused(&world));
    let bytes: usize = events
        .iter()
        .map(|event| if let Event::VariableSet { value, .. } = event { value.as_str().len() } else { 0 })
        .sum();
    ensure!((16 << 20..24 << 20).contains(&bytes), "the step makes {bytes} bytes");
    Ok(())
}

#[test]
fn a_step_stops_when_its_expressions_take_long() -> anyhow::Result<()> {
    let work = script("work", "count(for i in 1..500000 return i)", "result");
    let mut world = World::of_model(&endless(&work))?;
    let turns = entered(&start(&mut world, "{}")?) / 2;
    ensure!(is_paused(&world) && turns < 10, "{turns} turns of a million steps each");
    Ok(())
}

#[test]
fn the_expressions_of_an_element_share_their_steps() -> anyhow::Result<()> {
    let inputs: String = (0..20)
        .map(|number| {
            format!(r#"<zeebe:input source="=count(for i in 1..300000 return i)" target="a{number}" />"#)
        })
        .collect();
    let xml = model(&format!(
        r#"<bpmn:startEvent id="start" /><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work" /><zeebe:ioMapping>{inputs}</zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask>{}"#,
        flow("start", "work")
    ));
    let mut world = World::of_model(&xml)?;
    start(&mut world, "{}")?;
    let found = incidents(&world);
    ensure!(
        matches!(&found[..], [(IncidentKind::IoMappingError, text)] if text.contains("together")),
        "{found:?}"
    );
    Ok(())
}

/// To pass on a large variable needs hardly a step of FEEL, and still goes through all of it.
#[test]
fn mappings_that_pass_on_large_variables_share_the_steps_too() -> anyhow::Result<()> {
    let large = format!(r#"{{"large": "{}"}}"#, "x".repeat(3_000_000));
    let inputs = r#"<zeebe:input source="=large" target="a" />"#.repeat(150);
    let xml = model(&format!(
        r#"<bpmn:startEvent id="start" /><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work" /><zeebe:ioMapping>{inputs}</zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask>{}"#,
        flow("start", "work")
    ));
    let mut world = World::of_model(&xml)?;
    start(&mut world, &large)?;
    let found = incidents(&world);
    ensure!(
        matches!(&found[..], [(IncidentKind::IoMappingError, text)] if text.contains("together")),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn random_functions_draw_anew_in_every_turn() -> anyhow::Result<()> {
    let mut world = World::of_model(&endless(&script("work", "[uuid(), random number()]", "result")))?;
    let mut drawn = BTreeSet::new();
    let events = start(&mut world, "{}")?;
    let mut count = 0;
    for event in &events {
        if let Event::VariableSet { value, .. } = event {
            let pair: (String, serde_json::Number) = serde_json::from_str(value.as_str())?;
            drawn.extend([pair.0, pair.1.to_string()]);
            count += 2;
        }
    }
    ensure!(count > 900 && drawn.len() == count, "{} different values of {count}", drawn.len());
    Ok(())
}

/// Each turn of the loop makes two tokens of one.
#[test]
fn a_flood_of_tokens_stops_with_an_incident() -> anyhow::Result<()> {
    const TOKENS_MAX: usize = 10_000;
    let elements = format!(
        r#"<bpmn:startEvent id="start" /><bpmn:exclusiveGateway id="again" /><bpmn:parallelGateway id="fork" />{}{}{}<bpmn:sequenceFlow id="second" sourceRef="fork" targetRef="again" />"#,
        flow("start", "again"),
        flow("again", "fork"),
        flow("fork", "again")
    );
    let mut world = World::of_model(&model(&elements))?;
    let first = start(&mut world, "{}")?;
    let steps = go_on(&mut world)?;
    // A token that waits is taken up once and put back once at the most, however many wait.
    for events in std::iter::once(&first).chain(&steps) {
        let taken = events.iter().filter(|event| matches!(event, Event::TokenTaken { .. })).count();
        ensure!(taken <= ELEMENTS_PER_STEP_MAX, "a step takes up {taken} tokens");
        ensure!(events.len() < 10 * ELEMENTS_PER_STEP_MAX, "a step has {} events", events.len());
    }
    let found = incidents(&world);
    ensure!(matches!(&found[..], [(_, message)] if message.contains("more than 10000 tokens")), "{found:?}");
    ensure!(world.state.waiting_tokens() > TOKENS_MAX && world.state.waiting_tokens() < TOKENS_MAX + 10);

    // The operator lets it go on for a while: it gets one step further, and stops again.
    let incident = world.state.incidents().next().context("incident")?.key;
    world.step(Command::ResolveIncident { incident })?;
    world.check_invariants()?;
    ensure!(is_paused(&world));
    let steps = go_on(&mut world)?;
    ensure!(steps.iter().map(|events| entered(events)).sum::<usize>() > 0, "nothing was entered");
    ensure!(incidents(&world).len() == 1);
    let events = world.step(Command::CancelInstance)?.events;
    world.check_invariants()?;
    ensure!(events.len() < 10, "{} events end the instance", events.len());
    Ok(())
}

/// As wide as an instance may be: what belongs to each element is found without a look at the others.
#[test]
fn ending_many_elements_takes_time_in_proportion() -> anyhow::Result<()> {
    const WIDTH: usize = 9_000;
    let task = |id: &str| {
        format!(
            r#"<bpmn:serviceTask id="{id}"><bpmn:extensionElements><zeebe:taskDefinition type="work" /></bpmn:extensionElements></bpmn:serviceTask>"#
        )
    };
    let mut world = World::of_model(&wide(WIDTH, task)?)?;
    start(&mut world, "{}")?;
    while is_paused(&world) {
        world.step(Command::Continue)?;
    }
    ensure!(world.state.jobs().count() == WIDTH);
    let root = world.state.instance().context("instance")?.key.root_scope();
    ensure!(world.state.element(root).is_some_and(|root| root.children() == WIDTH));
    world.step(Command::CancelInstance)?;
    while is_paused(&world) {
        world.step(Command::Continue)?;
    }
    ensure!(world.state.jobs().count() == 0 && world.state.elements().count() == 0);
    world.check_invariants()
}

/// Listeners of more user tasks than a step has room for hear of the end of their tasks in the steps that follow.
#[test]
fn many_listeners_hear_of_an_end_in_several_steps() -> anyhow::Result<()> {
    const WIDTH: usize = 2_500;
    let task = |id: &str| {
        format!(
            r#"<bpmn:userTask id="{id}"><bpmn:extensionElements><zeebe:userTask /><zeebe:taskListeners><zeebe:taskListener eventType="canceling" type="tidy" /></zeebe:taskListeners></bpmn:extensionElements></bpmn:userTask>"#
        )
    };
    let mut world = World::of_model(&wide(WIDTH, task)?)?;
    start(&mut world, "{}")?;
    while is_paused(&world) {
        world.step(Command::Continue)?;
    }
    ensure!(world.state.user_tasks().count() == WIDTH);
    world.step(Command::CancelInstance)?;
    let mut told = vec![world.state.jobs().count()];
    while is_paused(&world) {
        world.check_invariants()?;
        world.step(Command::Continue)?;
        told.push(world.state.jobs().count());
    }
    ensure!(told.len() == 3 && told.last() == Some(&WIDTH), "listeners told after each step: {told:?}");
    let jobs: Vec<JobKey> = world.state.jobs().map(|job| job.key).collect();
    for job in jobs {
        let (attempt, result) = (JobAttempt::current(job), JobResult::Variables(Variables::new()));
        world.step(Command::CompleteJob(CompleteJob { attempt, result }))?;
    }
    ensure!(!world.state.is_active() && world.state.elements().count() == 0);
    world.check_invariants()
}

#[test]
fn a_component_cannot_ask_to_be_called_again_for_ever() -> anyhow::Result<()> {
    const FREE_ATTEMPTS: u32 = 10_000;
    let xml = model(&format!(
        r#"<bpmn:startEvent id="start" /><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work" retries="2" /></bpmn:extensionElements></bpmn:serviceTask>{}"#,
        flow("start", "work")
    ));
    let mut world = World::of_model(&xml)?;
    start(&mut world, "{}")?;
    let job = world.state.jobs().next().context("job")?.key;
    let again = |world: &mut World, attempt: u32| -> Result<(), Rejection> {
        world.now = world.now + std::time::Duration::from_secs(1);
        let deadline = world.now + std::time::Duration::from_secs(10);
        let worker = SharedStr::from("poller@1.0.0");
        world.step(Command::StartJob(StartJob { job, attempt, worker, deadline }))?;
        world.step(Command::PostponeJob { attempt: JobAttempt::exactly(job, attempt), after_ms: 0 })?;
        Ok(())
    };
    for attempt in 1..=FREE_ATTEMPTS {
        again(&mut world, attempt)?;
    }
    let retries = |world: &World| world.state.job(job).map(|job| job.retries);
    ensure!(retries(&world) == Some(2));
    again(&mut world, FREE_ATTEMPTS + 1)?;
    ensure!(retries(&world) == Some(1));
    again(&mut world, FREE_ATTEMPTS + 2)?;
    ensure!(world.state.job(job).is_some_and(|job| job.state == JobState::Stopped));
    let found = incidents(&world);
    ensure!(
        matches!(&found[..], [(IncidentKind::JobNoRetries, text)] if text.contains("again")),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn messages_show_the_beginning_of_what_is_long() -> anyhow::Result<()> {
    let expression = format!("missing + {}", vec!["1"; 50_000].join(" + "));
    let xml = model(&format!(
        r#"<bpmn:startEvent id="start" /><bpmn:exclusiveGateway id="choose" default="choose-a" /><bpmn:task id="a" /><bpmn:task id="b" />{}{}<bpmn:sequenceFlow id="choose-b" sourceRef="choose" targetRef="b"><bpmn:conditionExpression>={expression}</bpmn:conditionExpression></bpmn:sequenceFlow>"#,
        flow("start", "choose"),
        flow("choose", "a"),
    ));
    let mut world = World::of_model(&xml)?;
    start(&mut world, "{}")?;
    let found = incidents(&world);
    ensure!(
        matches!(&found[..], [(_, text)] if text.contains("missing + 1 + 1") && text.contains("no variable called 'missing'") && text.len() < 500),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn a_command_for_no_instance_says_so() -> anyhow::Result<()> {
    let mut world = World::of_model(&endless(&script("work", "1", "result")))?;
    let rejection = world.step(Command::Continue).err().context("accepted")?;
    ensure!(
        rejection.to_string()
            == "processInstanceKey: there is no process instance that the command could be for"
    );
    Ok(())
}
