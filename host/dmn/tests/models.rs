//! Every model of `tests/models/dmn` gives exactly the findings that it names itself, and decides as it says.
//!
//! A model names findings in comments, one a line: `expect: 12:7 error[reference]`, optionally followed by `: ` and a
//! part of the message. Models under `accept` have no errors, those under `reject` at least one.
//!
//! Accepted models have cases: `case: ID VARIABLES => OUTPUT`, or `! PART OF THE MESSAGE` for an evaluation that fails.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use common::{Variables, context, models, read};
use fermata_dmn::{Diagnostic, Parsed, RULES};

/// The texts of comments that begin with `word`.
fn comments<'s>(source: &'s str, word: &str) -> impl Iterator<Item = &'s str> {
    let start = format!("<!-- {word}: ");
    source.lines().filter_map(move |line| line.trim().strip_prefix(&start)?.strip_suffix(" -->"))
}

fn check(path: &Path) -> Result<(String, Parsed)> {
    let source = fs::read_to_string(path)?;
    let name = path.file_name().context("no file name")?.to_string_lossy();
    let parsed = read(&source, &name);
    let expected: Vec<(String, &str)> = comments(&source, "expect")
        .map(|text| match text.split_once("]: ") {
            Some((position_and_rule, message)) => (format!("{position_and_rule}]"), message),
            None => (text.to_owned(), ""),
        })
        .collect();
    let matches = |(found, (place, message)): (&Diagnostic, &(String, &str))| {
        let position_and_rule = format!("{}:{} {}[{}]", found.line, found.column, found.severity, found.rule);
        position_and_rule == *place && found.message.contains(message)
    };
    ensure!(
        parsed.diagnostics.len() == expected.len() && parsed.diagnostics.iter().zip(&expected).all(matches),
        "{name} gives\n{}\nbut names\n{expected:#?}",
        parsed.diagnostics.iter().map(|found| format!("{found}\n")).collect::<String>(),
    );
    Ok((source, parsed))
}

#[test]
fn accepted_models_decide_as_they_say() -> Result<()> {
    let mut failed = Vec::new();
    for path in models("accept")? {
        let (source, parsed) = check(&path)?;
        let name = path.file_name().context("no file name")?.to_string_lossy();
        let model = parsed.model.with_context(|| format!("{name} has errors"))?;
        for case in comments(&source, "case") {
            let (id, rest) = case.split_once(' ').context("a case has an id")?;
            let (variables, expected) = match (rest.split_once(" => "), rest.split_once(" ! ")) {
                (Some((variables, output)), _) => (variables, Ok(output)),
                (None, Some((variables, message))) => (variables, Err(message)),
                (None, None) => bail!("{name}: `{case}` expects nothing"),
            };
            let variables = Variables::of(variables).with_context(|| format!("{name}: {case}"))?;
            let found = model.evaluate(id, &variables, &context()).map(|evaluation| evaluation.output);
            let is_expected = match (&found, expected) {
                (Ok(found), Ok(expected)) => found == expected,
                (Err(error), Err(expected)) => error.to_string().contains(expected),
                _ => false,
            };
            if !is_expected {
                failed.push(format!("{name}: {case}\n  found {found:?}"));
            }
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

#[test]
fn every_decision_of_an_accepted_model_has_a_case() -> Result<()> {
    for path in models("accept")? {
        let (source, parsed) = check(&path)?;
        let mut evaluated = BTreeSet::new();
        let model = parsed.model.context("a model")?;
        for case in comments(&source, "case") {
            let (id, rest) = case.split_once(' ').context("a case has an id")?;
            let (variables, _) =
                rest.split_once(" => ").or(rest.split_once(" ! ")).context("an expectation")?;
            let variables = Variables::of(variables)?;
            evaluated.insert(id.to_owned());
            if let Ok(evaluation) = model.evaluate(id, &variables, &context()) {
                evaluated.extend(evaluation.decisions.into_iter().map(|decision| decision.id));
            }
        }
        for decision in model.decisions() {
            ensure!(evaluated.contains(decision.id()), "{}: {} has no case", path.display(), decision.id());
        }
    }
    Ok(())
}

#[test]
fn rejected_models_are_no_models() -> Result<()> {
    for path in models("reject")? {
        let (_, parsed) = check(&path)?;
        ensure!(parsed.has_errors() && parsed.model.is_none(), "{} is accepted", path.display());
    }
    Ok(())
}

#[test]
fn every_place_can_be_shown() -> Result<()> {
    for path in models("accept")?.into_iter().chain(models("reject")?) {
        let (source, parsed) = check(&path)?;
        for found in &parsed.diagnostics {
            let rendered = found.render(&source);
            for part in [found.rule, &found.resource, &format!("{}:{}", found.line, found.column)] {
                ensure!(rendered.contains(part), "{part} is missing in\n{rendered}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_rule_has_a_model_that_breaks_it() -> Result<()> {
    // Their models are larger than a file of tests should be; the limits have tests of their own.
    let mut broken = BTreeSet::from(["resource-limit", "context-size"]);
    for path in models("accept")?.into_iter().chain(models("reject")?) {
        broken.extend(check(&path)?.1.diagnostics.iter().map(|found| found.rule));
    }
    let missing: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    ensure!(missing.is_empty(), "no model breaks {missing:?}");
    Ok(())
}
