//! Every model of `tests/models` gives exactly the findings that it names itself.
//!
//! A model names them in comments, one a line: `expect: 12:7 error[unsupported-element]`, optionally followed by
//! `: ` and a part of the message. Models under `accept` have no errors, those under `reject` at least one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fermata_bpmn::{Diagnostic, Options, Parsed, RULES, parse};

#[derive(Debug)]
struct Expectation {
    position_and_rule: String,
    message: String,
}

fn models(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models").join(folder);
    let entries = fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "bpmn"));
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no models", folder.display());
    Ok(paths)
}

fn expectations(source: &str) -> Vec<Expectation> {
    let lines =
        source.lines().filter_map(|line| line.trim().strip_prefix("<!-- expect: ")?.strip_suffix(" -->"));
    lines
        .map(|text| {
            let (position_and_rule, message) =
                text.split_once("]: ").unwrap_or((text.trim_end_matches(']'), ""));
            Expectation { position_and_rule: format!("{position_and_rule}]"), message: message.to_owned() }
        })
        .collect()
}

fn check(path: &Path) -> Result<(String, Parsed)> {
    let source = fs::read_to_string(path)?;
    let name = path.file_name().context("no file name")?.to_string_lossy();
    let parsed = parse(&source, &Options::new(&name));
    let expected = expectations(&source);
    let matches = |(found, expected): (&Diagnostic, &Expectation)| {
        let position_and_rule = format!("{}:{} {}[{}]", found.line, found.column, found.severity, found.rule);
        position_and_rule == expected.position_and_rule && found.message.contains(&expected.message)
    };
    ensure!(
        parsed.diagnostics.len() == expected.len() && parsed.diagnostics.iter().zip(&expected).all(matches),
        "{name} gives\n{}\nbut names\n{expected:#?}",
        parsed.diagnostics.iter().map(|found| format!("{found}\n")).collect::<String>(),
    );
    Ok((source, parsed))
}

#[test]
fn accepted_models_have_processes_and_no_errors() -> Result<()> {
    for path in models("accept")? {
        let (_, parsed) = check(&path)?;
        ensure!(!parsed.has_errors(), "{} has errors", path.display());
        ensure!(!parsed.processes.is_empty(), "{} has no process", path.display());
    }
    Ok(())
}

#[test]
fn rejected_models_have_no_processes() -> Result<()> {
    for path in models("reject")? {
        let (_, parsed) = check(&path)?;
        ensure!(parsed.has_errors(), "{} has no errors", path.display());
        ensure!(parsed.processes.is_empty(), "{} has a process", path.display());
    }
    Ok(())
}

#[test]
fn every_place_can_be_shown() -> Result<()> {
    for path in models("accept")?.into_iter().chain(models("reject")?) {
        let (source, parsed) = check(&path)?;
        for found in &parsed.diagnostics {
            let rendered = found.render(&source);
            ensure!(rendered.contains(found.rule), "the rule is missing in\n{rendered}");
            ensure!(rendered.contains(&found.resource), "the file is missing in\n{rendered}");
            ensure!(
                rendered.contains(&format!("{}:{}", found.line, found.column)),
                "{}:{} is missing in\n{rendered}",
                found.line,
                found.column
            );
        }
    }
    Ok(())
}

#[test]
fn every_rule_has_a_model_that_breaks_it() -> Result<()> {
    // Models beyond the limits are larger than a file of tests should be, and forms are no models.
    let elsewhere = ["resource-limit", "merge-limit", "form-syntax", "form-id"];
    let mut broken: Vec<&str> = elsewhere.to_vec();
    for path in models("accept")?.into_iter().chain(models("reject")?) {
        broken.extend(check(&path)?.1.diagnostics.iter().map(|found| found.rule));
    }
    let missing: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    ensure!(missing.is_empty(), "no model breaks {missing:?}");
    Ok(())
}
