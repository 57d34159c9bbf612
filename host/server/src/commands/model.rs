//! Model files as `deploy` and `lint` read them: checked here, with findings as a compiler prints them.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bpmn::{Diagnostic, Severity};

/// A model file and what is wrong with it.
pub(super) struct Model {
    /// Its path as given.
    pub(super) path: PathBuf,
    /// Its content.
    pub(super) content: Vec<u8>,
    /// What a check found.
    pub(super) findings: Vec<Diagnostic>,
}

impl Model {
    /// Reads a file and checks it.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let is_bpmn = shown.ends_with(".bpmn") || shown.ends_with(".bpmn20.xml");
        if !is_bpmn {
            bail!("{shown}: only BPMN files (`.bpmn`) are offered");
        }
        let size = std::fs::metadata(path).with_context(|| format!("failed to read {shown}"))?.len();
        if size > bpmn::RESOURCE_BYTES_MAX as u64 {
            bail!("{shown}: the file takes {size} bytes, the limit is {}", bpmn::RESOURCE_BYTES_MAX);
        }
        let content = std::fs::read(path).with_context(|| format!("failed to read {shown}"))?;
        let Ok(text) = std::str::from_utf8(&content) else {
            bail!("{shown}: the file is not UTF-8 text");
        };
        let findings = bpmn::parse(text, &bpmn::Options::new(&shown)).diagnostics;
        Ok(Self { path: path.to_owned(), content, findings })
    }

    /// Its name without folders.
    pub(super) fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// How many findings keep it from being deployed.
    pub(super) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// Prints the findings with their source lines on standard error.
    pub(super) fn print_findings(&self) {
        let source = String::from_utf8_lossy(&self.content);
        let colored = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        for finding in &self.findings {
            let text = if colored { finding.render_colored(&source) } else { finding.render(&source) };
            eprintln!("{text}");
        }
    }
}

/// Reads all files, so that all findings are told at once.
pub(super) fn read_all(paths: &[PathBuf]) -> anyhow::Result<Vec<Model>> {
    paths.iter().map(|path| Model::read(path)).collect()
}

/// `2 errors and 1 warning in 3 files`.
pub(super) fn summary(models: &[Model]) -> String {
    let errors: usize = models.iter().map(Model::errors).sum();
    let warnings = models.iter().map(|model| model.findings.len()).sum::<usize>() - errors;
    format!(
        "{} and {} in {}",
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(models.len(), "file")
    )
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
