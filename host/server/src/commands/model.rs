//! Model files as `deploy` and `lint` read them: checked here, with findings as a compiler prints them.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bpmn::{Diagnostic, Severity};

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A BPMN model.
    Bpmn,
    /// A DMN model.
    Dmn,
    /// A form.
    Form,
}

impl Kind {
    /// Models that can be deployed.
    pub(super) const DEPLOYABLE: &[Self] = &[Self::Bpmn, Self::Dmn];
    /// Models that can be checked.
    pub(super) const ALL: &[Self] = &[Self::Bpmn, Self::Dmn, Self::Form];

    fn of(name: &str) -> Option<Self> {
        if name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml") {
            Some(Self::Bpmn)
        } else if name.ends_with(".dmn") {
            Some(Self::Dmn)
        } else if name.ends_with(".form") {
            Some(Self::Form)
        } else {
            None
        }
    }

    fn files(self) -> &'static str {
        match self {
            Self::Bpmn => "BPMN files (`.bpmn`)",
            Self::Dmn => "DMN files (`.dmn`)",
            Self::Form => "forms (`.form`)",
        }
    }
}

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

/// Reads and checks all files, so that all findings are told at once. Files of other kinds than `kinds` are refused.
pub(super) fn read_all(paths: &[PathBuf], kinds: &[Kind]) -> anyhow::Result<Vec<Model>> {
    let files = paths.iter().map(|path| File::read(path, kinds)).collect::<anyhow::Result<Vec<_>>>()?;
    let findings = check_all(&files);
    let models = files.into_iter().zip(paths).zip(findings);
    Ok(models
        .map(|((file, path), findings)| Model { path: path.clone(), content: file.text.into(), findings })
        .collect())
}

/// A file that is not checked yet.
struct File {
    shown: String,
    kind: Kind,
    text: String,
}

impl File {
    fn read(path: &Path, kinds: &[Kind]) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let Some(kind) = Kind::of(&shown).filter(|kind| kinds.contains(kind)) else {
            let offered: Vec<_> = kinds.iter().map(|kind| kind.files()).collect();
            bail!("{shown}: only {} are offered", offered.join(", "));
        };
        let size = std::fs::metadata(path).with_context(|| format!("failed to read {shown}"))?.len();
        if size > bpmn::RESOURCE_BYTES_MAX as u64 {
            bail!("{shown}: the file takes {size} bytes, the limit is {}", bpmn::RESOURCE_BYTES_MAX);
        }
        let content = std::fs::read(path).with_context(|| format!("failed to read {shown}"))?;
        let Ok(text) = String::from_utf8(content) else {
            bail!("{shown}: the file is not UTF-8 text");
        };
        Ok(Self { shown, kind, text })
    }
}

/// The findings in each file. A DMN model may import those that come before it.
fn check_all(files: &[File]) -> Vec<Vec<Diagnostic>> {
    let mut decisions: HashMap<String, Arc<dmn::Model>> = HashMap::new();
    let check = |file: &File| match file.kind {
        Kind::Bpmn => bpmn::parse(&file.text, &bpmn::Options::new(&file.shown)).diagnostics,
        Kind::Form => bpmn::parse_form(&file.text, &file.shown).diagnostics,
        Kind::Dmn => {
            let imports = |namespace: &str| decisions.get(namespace).cloned();
            let options = dmn::Options { imports: Some(&imports), ..dmn::Options::new(&file.shown) };
            let parsed = dmn::parse(&file.text, &options);
            if let Some(model) = parsed.model {
                decisions.insert(model.namespace().to_owned(), model);
            }
            parsed.diagnostics
        }
    };
    files.iter().map(check).collect()
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
