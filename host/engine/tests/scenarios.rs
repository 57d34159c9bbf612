//! Runs the scenarios under `tests/models/scenarios`: a model, actions, and the golden trace of what they lead to.
//!
//! After every action three things must hold: the state that the events replay to, the state that the changed rows
//! load to, and the state itself are the same.
//! `UPDATE_SCENARIOS=1` writes the traces found into the files; read them like code before committing.

extern crate fermata_engine as engine;

#[path = "scenarios/actions.rs"]
mod actions;
#[path = "scenarios/rows.rs"]
mod rows;
#[path = "scenarios/trace.rs"]
mod trace;
#[path = "scenarios/world.rs"]
mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use world::World;

fn scenarios_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/scenarios")
}

#[test]
fn every_scenario_gives_its_golden_trace() -> anyhow::Result<()> {
    let update = std::env::var_os("UPDATE_SCENARIOS").is_some();
    let mut run = 0;
    let mut failures = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(scenarios_folder())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "scenario")) {
        let expected = std::fs::read_to_string(file)?;
        run += 1;
        let found = match play(&expected) {
            Ok(found) => found,
            Err(error) => {
                failures.push(format!("{}:\n  {error:#}", file.display()));
                continue;
            }
        };
        if found != expected {
            if update {
                std::fs::write(file, found)?;
            } else {
                failures.push(format!("{}:\n{}", file.display(), difference(&expected, &found)));
            }
        }
    }
    ensure!(run >= 20, "only {run} scenarios found");
    if !failures.is_empty() {
        bail!("{} of {run} scenarios differ:\n{}", failures.len(), failures.join("\n"));
    }
    Ok(())
}

/// Plays a scenario and gives its text with the traces found.
fn play(text: &str) -> anyhow::Result<String> {
    let mut output = String::new();
    let mut world: Option<World> = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(model) = line.strip_prefix("model ") {
            world = Some(World::open(&scenarios_folder().join(model.trim()))?);
            writeln!(output, "{line}")?;
        } else if let Some(model) = line.strip_prefix("version ") {
            let world = world.as_mut().context("the scenario has no `model` line before another version")?;
            world.add_version(&std::fs::read_to_string(scenarios_folder().join(model.trim()))?)?;
            writeln!(output, "{line}")?;
        } else if let Some(action) = line.strip_prefix("> ") {
            let world = world.as_mut().context("the scenario has no `model` line before its first action")?;
            writeln!(output, "{line}")?;
            let trace =
                actions::act(world, action).with_context(|| format!("line {}: {action}", index + 1))?;
            world.check_invariants().with_context(|| format!("after line {}: {action}", index + 1))?;
            for step in trace {
                writeln!(output, "  {step}")?;
            }
        } else if line.trim().is_empty() || line.starts_with('#') {
            writeln!(output, "{line}")?;
        }
    }
    Ok(output)
}

fn difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (expected.next(), found.next()) {
            (Some(left), Some(right)) if left == right => {}
            (None, None) => return "they differ in their ends of line".to_owned(),
            (left, right) => {
                return format!(
                    "  line {line}\n    expected: {}\n    found:    {}",
                    left.unwrap_or("(end)"),
                    right.unwrap_or("(end)")
                );
            }
        }
    }
}
