//! A model that an earlier release has accepted can be loaded by one with more rules.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use fermata_bpmn::model::{Binding, ElementKind, Form};
use fermata_bpmn::{Options, Parsed, Process, Severity, load, parse};

/// Models under `reject` that break nothing but checks: they can be read, and run as they are.
const REFUSED_BY_CHECKS: &[&str] = &[
    "ad-hoc.bpmn",
    "boundary-positions.bpmn",
    "duplicate-catches.bpmn",
    "event-gateways.bpmn",
    "ids.bpmn",
    "inbound-connectors.bpmn",
    "link-flows.bpmn",
    "loaded-extensions.bpmn",
    "retry-backoff.bpmn",
    "start-events.bpmn",
    "worker-version.bpmn",
];

/// Rules about what has no meaning at all: breaking them is an error on either occasion.
const UNREADABLE: &[&str] = &[
    "boundary-attachment",
    "called-decision",
    "called-element",
    "cancel-event",
    "compensation-handler",
    "compensation-reference",
    "conditional-event",
    "correlation-key",
    "error-code",
    "error-reference",
    "escalation-code",
    "escalation-reference",
    "event-definition",
    "event-position",
    "expression-required",
    "feel-syntax",
    "flow-reference",
    "flow-scope",
    "link-event",
    "listener",
    "loop",
    "message-reference",
    "missing-id",
    "multi-instance",
    "multiple-event",
    "no-executable-process",
    "not-bpmn",
    "script-task",
    "signal-reference",
    "task-definition",
    "timer-definition",
    "unsupported-element",
    "variable-mapping",
    "xml-dtd",
    "xml-syntax",
];

fn models(folder: &str) -> Result<Vec<(String, String)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models").join(folder);
    let mut models = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        models.push((
            path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            fs::read_to_string(path)?,
        ));
    }
    models.sort();
    Ok(models)
}

/// Elements and flows of all processes.
fn contents(parsed: &Parsed) -> Vec<String> {
    let elements = parsed.processes.iter().flat_map(Process::elements).map(|element| format!("{element:?}"));
    let flows = parsed.processes.iter().flat_map(Process::flows).map(|flow| format!("{flow:?}"));
    elements.chain(flows).collect()
}

#[test]
fn what_is_accepted_loads_as_the_same() -> Result<()> {
    for (name, source) in models("accept")? {
        let (parsed, loaded) = (parse(&source, &Options::new(&name)), load(&source, &Options::new(&name)));
        ensure!(!loaded.has_errors(), "{name}: {:?}", loaded.diagnostics);
        ensure!(contents(&loaded) == contents(&parsed), "{name}");
        ensure!(loaded.secrets == parsed.secrets, "{name}");
    }
    Ok(())
}

#[test]
fn what_only_checks_refuse_loads_with_warnings() -> Result<()> {
    let mut loadable = Vec::new();
    for (name, source) in models("reject")? {
        let (parsed, loaded) = (parse(&source, &Options::new(&name)), load(&source, &Options::new(&name)));
        ensure!(loaded.processes.is_empty() == loaded.has_errors(), "{name}: {:?}", loaded.diagnostics);
        if loaded.has_errors() {
            continue;
        }
        let refused = parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        for found in refused {
            let mut warning = found.clone();
            warning.severity = Severity::Warning;
            ensure!(loaded.diagnostics.contains(&warning), "{name} says nothing of {found}");
        }
        loadable.push(name);
    }
    ensure!(loadable == REFUSED_BY_CHECKS, "these load: {loadable:#?}");
    Ok(())
}

#[test]
fn only_what_has_no_meaning_is_an_error_when_a_model_is_loaded() -> Result<()> {
    let mut broken = BTreeSet::new();
    for (name, source) in models("reject")? {
        let loaded = load(&source, &Options::new(&name));
        let errors = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        broken.extend(errors.map(|found| found.rule));
    }
    ensure!(broken.iter().eq(UNREADABLE), "these are errors: {broken:#?}");
    Ok(())
}

#[test]
fn extensions_that_were_ignored_once_change_nothing_when_a_model_is_loaded() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/reject/loaded-extensions.bpmn");
    let loaded = load(&fs::read_to_string(path)?, &Options::new("loaded-extensions.bpmn"));
    let process = loaded.processes.first().context("no process")?;
    let kinds = |id| process.element_by_id(id).map(|index| &process.element(index).kind);
    for id in ["Computed", "Untagged"] {
        let Some(ElementKind::UserTask(task)) = kinds(id) else { bail!("`{id}` is no user task") };
        ensure!(matches!(task.form, Some(Form::Linked { binding: Binding::Latest, .. })), "{:?}", task.form);
    }
    let Some(ElementKind::JobTask(job)) = kinds("Work") else { bail!("no job") };
    ensure!(job.priority.is_none() && job.linked_resources.is_empty());
    Ok(())
}
