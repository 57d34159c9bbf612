//! Tries what can be asked of instances: everything, from every state of small models, up to a bound; and at random for
//! models that are made up, and for those with something broken in them.
//!
//! After each command the state must be what its events and its rows say, nothing may belong to what is gone, no token may
//! wait that could go on, and an instance that has not ended must wait for something that can come.
//! `EXPLORATION_SEED` runs one seed of the random parts again.

extern crate fermata_engine as engine;

#[path = "exploration/commands.rs"]
mod commands;
#[path = "exploration/generator.rs"]
mod generator;
#[path = "exploration/random.rs"]
mod random;
#[path = "scenarios/rows.rs"]
mod rows;
#[path = "exploration/shape.rs"]
mod shape;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use commands::Ask;
use engine::Rejection;
use engine::state::InstanceStatus;
use generator::Generated;
use random::Random;
use shape::shape;
use types::Variables;
use world::World;

/// States of one model and beginning that are looked at.
const STATES_PER_START_MAX: usize = 100;

/// States that all models together have at least: fewer would mean that something is not explored.
const STATES_MIN: usize = 8_000;

/// Elements of a model up to which each is entered and ended by an operator in every state.
const ELEMENTS_FOR_MODIFICATION_MAX: usize = 12;

fn models_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models")
}

fn files(folder: &str, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(models_folder().join(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files.sort();
    Ok(files)
}

fn processes(xml: &str) -> Vec<bpmn::Process> {
    let parsed = bpmn::parse(xml, &bpmn::Options { resource: "model", secret_token: None });
    if parsed.has_errors() { Vec::new() } else { parsed.processes }
}

/// The variables with which scenarios start instances of their models.
fn beginnings() -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut beginnings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files("scenarios", "scenario")? {
        let text = std::fs::read_to_string(&file)?;
        let Some(model) = text.lines().find_map(|line| line.strip_prefix("model ")) else { continue };
        let starts = text.lines().filter_map(|line| line.strip_prefix("> start "));
        beginnings.entry(model.trim().to_owned()).or_default().extend(starts.map(str::to_owned));
    }
    Ok(beginnings)
}

#[test]
fn every_state_of_small_models_is_sound() -> anyhow::Result<()> {
    let beginnings = beginnings()?;
    let mut states = 0;
    let mut explored = 0;
    let mut endings = 0;
    for file in files("accept", "bpmn")?.into_iter().chain(files("scenarios", "bpmn")?) {
        let xml = std::fs::read_to_string(&file)?;
        let name = file.file_name().and_then(|name| name.to_str()).context("a model's name")?;
        let none = BTreeSet::from(["{}".to_owned()]);
        let starts = beginnings.get(name).filter(|starts| !starts.is_empty()).unwrap_or(&none);
        for process in 0..processes(&xml).len() {
            for variables in starts {
                let process = processes(&xml).swap_remove(process);
                let found = explore(World::of_process(process), Variables::parse(variables)?)
                    .with_context(|| format!("model {name}, started with {variables}"))?;
                states += found.states;
                endings += usize::from(found.has_ended);
                if !found.has_ended {
                    println!("no end: {name}, started with {variables}, {} states", found.states);
                }
                explored += 1;
            }
        }
    }
    println!("{explored} beginnings, {states} states, {endings} with an end");
    ensure!(states >= STATES_MIN, "only {states} states were explored");
    ensure!(endings * 4 >= explored * 3, "only {endings} of {explored} beginnings lead to an end");
    Ok(())
}

struct Explored {
    states: usize,
    /// Whether an instance has come to its end by itself.
    has_ended: bool,
}

/// Tries every command in every state that is reached, the nearest first.
fn explore(mut world: World, variables: Variables) -> anyhow::Result<Explored> {
    let mut explored = Explored { states: 0, has_ended: false };
    // Not every process can be started by a command.
    if commands::start(&mut world, variables).is_err() {
        return Ok(explored);
    }
    let mut seen = BTreeSet::from([shape(&world)]);
    let mut open = VecDeque::from([world]);
    // What operators do comes after what happens by itself, or there would be no room for an end.
    let mut changed_by_operators = VecDeque::new();
    while let Some(world) = open.pop_front().or_else(|| changed_by_operators.pop_front()) {
        world.check_state()?;
        explored.states += 1;
        explored.has_ended |=
            world.state.instance().is_some_and(|instance| instance.state == InstanceStatus::Completed);
        let mut asks = commands::of_others(&world);
        let mut can_go_on = asks.is_empty() && !world.state.is_active();
        let others = asks.len();
        asks.extend(commands::of_operators(&world, ELEMENTS_FOR_MODIFICATION_MAX));
        for (number, ask) in asks.into_iter().enumerate() {
            let mut next = world.clone();
            if ask.carry_out(&mut next).is_err() {
                continue;
            }
            can_go_on |= number < others;
            next.check_state().with_context(|| format!("after {ask:?} in state\n{}", shape(&world)))?;
            let is_wanted = number < others || changed_by_operators.len() < STATES_PER_START_MAX / 3;
            if is_wanted && seen.len() < STATES_PER_START_MAX && seen.insert(shape(&next)) {
                let queue = if number < others { &mut open } else { &mut changed_by_operators };
                queue.push_back(next);
            }
        }
        let is_held = world.state.instance().is_some_and(|instance| instance.suspended);
        // A join that waits for ever is the model's fault.
        let is_stuck = world.state.tokens().next().is_some();
        ensure!(can_go_on || is_held || is_stuck, "nothing can be done in state\n{}", shape(&world));
    }
    Ok(explored)
}

#[test]
fn made_up_processes_reach_their_end_once() -> anyhow::Result<()> {
    let seeds: Vec<u64> = match std::env::var("EXPLORATION_SEED") {
        Ok(seed) => vec![seed.parse()?],
        Err(_) => (1..=300).collect(),
    };
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut steps = 0;
    for seed in seeds.iter().copied() {
        let generated = generator::generate(&mut Random::new(seed));
        for kind in &generated.kinds {
            *kinds.entry(kind).or_default() += 1;
        }
        steps += drive(&generated, &mut Random::new(seed))
            .with_context(|| format!("EXPLORATION_SEED={seed}, model:\n{}", generated.xml))?;
    }
    println!("{} models, {steps} steps, {kinds:?}", seeds.len());
    if seeds.len() > 1 {
        ensure!(kinds.len() >= generator::KINDS.len(), "only these kinds of element were made up: {kinds:?}");
        ensure!(steps >= 3_000, "only {steps} steps were made");
    }
    Ok(())
}

/// Steps within which an instance of a made-up process ends.
const STEPS_MAX: usize = 3_000;

/// Lets an instance go on at random until it ends. Its one end event is reached once: no token was lost or doubled.
fn drive(generated: &Generated, random: &mut Random) -> anyhow::Result<usize> {
    let process = processes(&generated.xml).pop().context("the model is refused")?;
    let mut world = World::of_process(process);
    commands::start(&mut world, Variables::new())?;
    let mut steps = 1;
    while world.state.is_active() {
        world.check_invariants()?;
        let asks = commands::of_others(&world);
        let asks: Vec<Ask> = asks.into_iter().filter(|ask| ask.is_expected() || random.one_in(8)).collect();
        let held = commands::holding(&world, asks.is_empty() || random.one_in(10));
        let asks = if held.is_empty() { asks } else { held };
        ensure!(!asks.is_empty(), "nothing can be done in state\n{}", shape(&world));
        let ask = &asks[random.below(asks.len())];
        let rejected: Option<Rejection> = ask.carry_out(&mut world).err();
        ensure!(rejected.is_none() || !ask.is_expected(), "{ask:?} was refused: {rejected:?}");
        steps += 1;
        ensure!(steps <= STEPS_MAX, "not at its end after {STEPS_MAX} steps:\n{}", shape(&world));
    }
    world.check_invariants()?;
    let ends = world.times_entered("end");
    ensure!(ends == 1, "the end event was reached {ends} times");
    Ok(steps)
}

#[test]
fn broken_models_are_refused_or_sound() -> anyhow::Result<()> {
    let seeds: Vec<u64> = match std::env::var("EXPLORATION_SEED") {
        Ok(seed) => vec![seed.parse()?],
        Err(_) => (1..=600).collect(),
    };
    let (mut refused, mut run) = (0, 0);
    for seed in seeds.iter().copied() {
        let mut random = Random::new(seed);
        let generated = generator::generate(&mut random);
        let xml = generator::broken(&generated.xml, &mut random);
        let Some(process) = processes(&xml).pop() else {
            refused += 1;
            continue;
        };
        run += 1;
        wander(process, &mut random).with_context(|| format!("EXPLORATION_SEED={seed}, model:\n{xml}"))?;
    }
    println!("{refused} refused, {run} run");
    if seeds.len() > 1 {
        ensure!(refused >= 50 && run >= 50, "{refused} models were refused and {run} run");
    }
    Ok(())
}

/// Asks for anything, as long as there is something to ask for.
fn wander(process: bpmn::Process, random: &mut Random) -> anyhow::Result<()> {
    let mut world = World::of_process(process);
    if commands::start(&mut world, Variables::new()).is_err() {
        return Ok(());
    }
    for _ in 0..40 {
        world.check_state()?;
        let mut asks = commands::of_others(&world);
        if random.one_in(6) {
            asks.extend(commands::of_operators(&world, usize::MAX));
        }
        if asks.is_empty() {
            break;
        }
        // What is refused has changed nothing, which the world checks.
        let _ = asks[random.below(asks.len())].carry_out(&mut world);
    }
    world.check_state()
}
