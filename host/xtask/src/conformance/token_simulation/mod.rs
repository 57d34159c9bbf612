//! `cargo xtask conformance token-simulation DIR`: models of bpmn-js-token-simulation's tests, each with the trace of its
//! simulation.
//!
//! The engine runs each model, driven as its trace tells, and must enter and leave the same elements, as often, in an order
//! that agrees: nothing before what it rests on, and nothing before or after an act from outside that was not so in the
//! trace. What tokens of different paths do between two such acts may take turns differently.

mod case;
mod fact;
mod model;
mod observer;
mod rewrite;
mod script;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::exceptions::Exceptions;
use crate::workspace::Workspace;
use case::Passed;
use model::Model;
use script::Line;

/// Where the known exceptions are listed, in the workspace.
const EXCEPTIONS: &str = "tests/conformance/token-simulation.toml";

/// Which cases to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A folder with models (X.bpmn) and traces of each (X.json, or X-1.json and so on)
    folder: PathBuf,
    /// Print also the cases that are known to fail, with the reason, and those that a deployment would refuse
    #[arg(long)]
    known: bool,
    /// Run only cases with this in their name
    #[arg(long)]
    only: Option<String>,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    unlisted: usize,
    known: String,
    unexpected: String,
}

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let exceptions = Exceptions::read(&Workspace::load()?.root.join(EXCEPTIONS))?;
    let models = names(&arguments.folder, "bpmn")?;
    let mut traces: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for trace in names(&arguments.folder, "json")? {
        let model = models.iter().filter(|model| is_of(&trace, model)).max_by_key(|model| model.len());
        let model = model.with_context(|| format!("the trace {trace} has no model"))?;
        traces.entry(model.clone()).or_default().push(trace);
    }
    let mut tally = Tally::default();
    for model in &models {
        let Some(traces) = traces.get(model) else {
            println!("skipped: {model} has no expected trace");
            continue;
        };
        run_model(arguments, model, traces, &exceptions, &mut tally)?;
    }
    ensure!(tally.passed + tally.failed > 0, "there are no cases in {}", arguments.folder.display());
    if arguments.known {
        print!("{}", tally.known);
    }
    print!("{}", tally.unexpected);
    println!("{} passed, {} failed", tally.passed, tally.failed);
    match tally.unlisted {
        0 => Ok(()),
        unlisted => bail!("{unlisted} cases fail that {EXCEPTIONS} does not list"),
    }
}

/// The names of the files with this extension, without it, in order.
fn names(folder: &Path, extension: &str) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension)
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn is_of(trace: &str, model: &str) -> bool {
    trace.strip_prefix(model).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn run_model(
    arguments: &Arguments,
    name: &str,
    traces: &[String],
    exceptions: &Exceptions,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    let xml = std::fs::read_to_string(folder.join(format!("{name}.bpmn")))
        .with_context(|| format!("failed to read {name}.bpmn"))?;
    let document =
        roxmltree::Document::parse(&xml).with_context(|| format!("{name}.bpmn is no well-formed XML"))?;
    let model = Model::read(&document);
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for trace in traces {
        let text = std::fs::read_to_string(folder.join(format!("{trace}.json")))
            .with_context(|| format!("failed to read {trace}.json"))?;
        let lines = serde_json::from_str(&text)
            .with_context(|| format!("{trace}.json is no list of the trace's lines"))?;
        texts.insert(trace, lines);
    }
    let mut lines: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
    for (trace, text) in &texts {
        lines.insert(trace, text.iter().map(|line| Line::read(line)).collect::<anyhow::Result<_>>()?);
    }
    for trace in lines.keys().filter(|trace| arguments.only.as_ref().is_none_or(|only| trace.contains(only)))
    {
        let outcome = match whole_trace(&lines, trace) {
            Some(lines) => case::run(&model, &lines),
            None => Err("the trace begins in the middle, and no other leads there".to_owned()),
        };
        tally.count(name, trace, outcome, exceptions)?;
    }
    Ok(())
}

/// The lines of a trace. One that begins in the middle follows another of its model, which then comes first.
fn whole_trace<'l, 't>(lines: &'l BTreeMap<&str, Vec<Line<'t>>>, trace: &str) -> Option<Vec<Line<'t>>> {
    let own = &lines[trace];
    let Some(first) = own.first().filter(|line| !line.begins_at_the_top()) else { return Some(own.clone()) };
    let leads_here = |other: &&'l Vec<Line<'t>>| {
        other.first().is_some_and(Line::begins_at_the_top) && script::leaves_open(other, first)
    };
    let before = lines.values().find(leads_here)?;
    Some(before.iter().chain(own).cloned().collect())
}

impl Tally {
    fn count(
        &mut self,
        model: &str,
        trace: &str,
        outcome: Result<Passed, String>,
        exceptions: &Exceptions,
    ) -> anyhow::Result<()> {
        match (outcome, exceptions.reason(model, trace)) {
            (Ok(passed), reason) => {
                self.passed += 1;
                if let Some(refused) = passed.refused {
                    writeln!(self.known, "passes, but a deployment would refuse it: {trace}: {refused}")?;
                }
                if let Some(reason) = reason {
                    writeln!(self.unexpected, "passes, although it is listed: {trace}: {reason}")?;
                }
            }
            (Err(_), Some(reason)) => {
                self.failed += 1;
                writeln!(self.known, "known: {trace}: {reason}")?;
            }
            (Err(how), None) => {
                (self.failed, self.unlisted) = (self.failed + 1, self.unlisted + 1);
                writeln!(self.unexpected, "fails: {trace}: {how}")?;
            }
        }
        Ok(())
    }
}
