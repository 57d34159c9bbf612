//! The texts that are changed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::target::Target;

/// Folders of the repository, below its root.
const BPMN_FOLDERS: [&str; 4] =
    ["tests/models/accept", "tests/models/reject", "tests/models/scenarios", "examples"];
const DMN_FOLDERS: [&str; 2] = ["tests/models/dmn", "examples"];
const EXPRESSIONS: &str = "host/feel/tests/cases/expressions";
const UNARY_TESTS: &str = "host/feel/tests/cases/unary_tests";

/// What stands between an expression and its expected value in FEEL's own tests.
const CASE_SEPARATOR: &str = " ==> ";

/// The texts of a target.
///
/// # Errors
/// The repository is not where it was built, or has no such texts.
pub fn read(target: Target) -> anyhow::Result<Vec<String>> {
    let texts = match target {
        Target::Feel => cases(EXPRESSIONS)?,
        Target::UnaryTests => cases(UNARY_TESTS)?,
        Target::Dmn => files(&DMN_FOLDERS, "dmn")?,
        Target::Bpmn => files(&BPMN_FOLDERS, "bpmn")?,
    };
    ensure!(!texts.is_empty(), "there is no text to change for {target:?}");
    Ok(texts)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folders: &[&str], ending: &str) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    for folder in folders {
        collect(&root().join(folder), ending, &mut texts)?;
    }
    Ok(texts)
}

/// In the order of their names, so that a case is the same everywhere.
fn collect(folder: &Path, ending: &str, texts: &mut Vec<String>) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("folder {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, ending, texts)?;
        } else if path.extension().is_some_and(|found| found == ending) {
            texts.push(std::fs::read_to_string(&path).with_context(|| format!("file {}", path.display()))?);
        }
    }
    Ok(())
}

fn cases(folder: &str) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    collect(&root().join(folder), "txt", &mut files)?;
    let lines = files.iter().flat_map(|file| file.lines());
    let expressions = lines.filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (expression, _) = line.split_once(CASE_SEPARATOR)?;
        Some(expression.to_owned())
    });
    Ok(expressions.collect())
}
