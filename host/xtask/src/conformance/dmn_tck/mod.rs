//! `cargo xtask conformance dmn-tck DIR`: every case below a folder, compared with its expected results.

mod case;
mod models;
mod value;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::exceptions::Exceptions;
use crate::workspace::Workspace;
use case::{Case, Outcome};
use models::Models;

/// Where the known exceptions are listed, in the workspace.
const EXCEPTIONS: &str = "tests/conformance/dmn-tck.toml";

/// Which cases to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A folder with models (*.dmn) and their cases (*-test-*.xml), at any depth
    folder: PathBuf,
    /// Print also the cases that are known to fail, with the reason
    #[arg(long)]
    known: bool,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Cases that fail and are not listed.
    unlisted: usize,
    /// Cases that are listed and do not fail.
    outdated: usize,
    known: String,
    unexpected: String,
}

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let exceptions = Exceptions::read(&Workspace::load()?.root.join(EXCEPTIONS))?;
    let tally = run_folder(&arguments.folder, &exceptions)?;
    if arguments.known {
        print!("{}", tally.known);
    }
    print!("{}", tally.unexpected);
    println!("{} passed, {} failed", tally.passed, tally.failed);
    match (tally.unlisted, tally.outdated) {
        (0, 0) => Ok(()),
        (0, outdated) => bail!("{outdated} cases do not fail that {EXCEPTIONS} lists"),
        (unlisted, _) => bail!("{unlisted} cases fail that {EXCEPTIONS} does not list"),
    }
}

fn run_folder(folder: &Path, exceptions: &Exceptions) -> anyhow::Result<Tally> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut tally = Tally::default();
    for file in &files {
        run_file(file, exceptions, &mut tally)?;
    }
    ensure!(tally.passed + tally.failed > 0, "there are no cases in {}", folder.display());
    Ok(tally)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_case_file(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_case_file(path: &Path) -> bool {
    let is_xml = path.extension().is_some_and(|extension| extension == "xml");
    is_xml && path.file_stem().is_some_and(|stem| stem.to_string_lossy().contains("-test-"))
}

fn run_file(path: &Path, exceptions: &Exceptions, tally: &mut Tally) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let document = roxmltree::Document::parse(&text)
        .with_context(|| format!("{} is no well-formed XML", path.display()))?;
    let root = document.root_element();
    let file = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new("."));
    let named = root.children().find(|node| node.tag_name().name() == "modelName");
    let model = match named.and_then(|node| node.text()) {
        Some(model) => Models::in_folder(folder)?.load(model.trim()),
        None => Err("the file names no model".to_owned()),
    };
    let mut seen = BTreeSet::new();
    for node in root.children().filter(|node| node.tag_name().name() == "testCase") {
        let case = Case::read(node);
        seen.insert(case.id.clone());
        let outcome = match &model {
            Ok(model) => case.run(model),
            Err(reason) => Outcome::Failed(reason.clone()),
        };
        let reason = exceptions.reason(&file, &case.id);
        match (outcome, reason) {
            (Outcome::Passed, None) => tally.passed += 1,
            (Outcome::Passed, Some(reason)) => {
                (tally.passed, tally.outdated) = (tally.passed + 1, tally.outdated + 1);
                writeln!(tally.unexpected, "passes, although it is listed: {file} {}: {reason}", case.id)?;
            }
            (Outcome::Failed(_), Some(reason)) => {
                tally.failed += 1;
                writeln!(tally.known, "known: {file} {}: {reason}", case.id)?;
            }
            (Outcome::Failed(how), None) => {
                (tally.failed, tally.unlisted) = (tally.failed + 1, tally.unlisted + 1);
                writeln!(tally.unexpected, "fails: {file} {}: {how}", case.id)?;
            }
        }
    }
    for case in exceptions.cases(&file).filter(|case| !seen.contains(*case)) {
        tally.outdated += 1;
        writeln!(tally.unexpected, "is listed, and there is no such case: {file} {case}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(exceptions: &str) -> anyhow::Result<Tally> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/sample");
        run_folder(&folder, &toml::from_str(exceptions)?)
    }

    #[test]
    fn cases_pass_by_value_and_type_and_fail_one_by_one() -> anyhow::Result<()> {
        let tally = sample("")?;
        assert_eq!((tally.passed, tally.failed, tally.unlisted), (4, 4, 4), "{}", tally.unexpected);
        for case in ["unexpected-error", "other-type", "other-value", "no-decision"] {
            let line = format!("fails: sample-test-01 {case}: ");
            assert!(tally.unexpected.contains(&line), "{line} is missing in {}", tally.unexpected);
        }
        Ok(())
    }

    #[test]
    fn listed_cases_may_fail_and_must_not_pass() -> anyhow::Result<()> {
        let tally = sample(
            "[sample-test-01]\nother-type = \"a string is no date\"\nimport = \"no imports\"\ngone = \"renamed\"",
        )?;
        assert_eq!((tally.passed, tally.failed, tally.unlisted, tally.outdated), (4, 4, 3, 2));
        assert!(
            tally.known.contains("known: sample-test-01 other-type: a string is no date"),
            "{}",
            tally.known
        );
        let passes = "passes, although it is listed: sample-test-01 import: no imports";
        assert!(tally.unexpected.contains(passes), "{}", tally.unexpected);
        let gone = "is listed, and there is no such case: sample-test-01 gone";
        assert!(tally.unexpected.contains(gone), "{}", tally.unexpected);
        Ok(())
    }
}
