//! Files as `deploy` and `lint` read them: models and forms are checked here, with findings as a compiler prints them.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

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
    /// Anything else: there is nothing to check.
    Other,
}

impl Kind {
    /// Files that can be deployed.
    pub(super) const DEPLOYABLE: &[Self] = &[Self::Bpmn, Self::Dmn, Self::Form, Self::Other];
    /// Files that can be checked.
    pub(super) const CHECKED: &[Self] = &[Self::Bpmn, Self::Dmn, Self::Form];

    fn of(name: &str) -> Self {
        if name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml") {
            Self::Bpmn
        } else if name.ends_with(".dmn") {
            Self::Dmn
        } else if name.ends_with(".form") {
            Self::Form
        } else {
            Self::Other
        }
    }

    fn files(self) -> &'static str {
        match self {
            Self::Bpmn => "BPMN files (`.bpmn`)",
            Self::Dmn => "DMN files (`.dmn`)",
            Self::Form => "forms (`.form`)",
            Self::Other => "other files",
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
        .map(|((file, path), findings)| Model { path: path.clone(), content: file.content, findings })
        .collect())
}

/// A file that is not checked yet.
struct File {
    shown: String,
    kind: Kind,
    content: Vec<u8>,
}

impl File {
    fn read(path: &Path, kinds: &[Kind]) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let kind = Kind::of(&shown);
        if !kinds.contains(&kind) {
            let offered: Vec<_> = kinds.iter().map(|kind| kind.files()).collect();
            bail!("{shown}: only {} are offered", offered.join(", "));
        }
        let size = std::fs::metadata(path).with_context(|| format!("failed to read {shown}"))?.len();
        if size > bpmn::RESOURCE_BYTES_MAX as u64 {
            bail!("{shown}: the file takes {size} bytes, the limit is {}", bpmn::RESOURCE_BYTES_MAX);
        }
        let content = std::fs::read(path).with_context(|| format!("failed to read {shown}"))?;
        if kind != Kind::Other && std::str::from_utf8(&content).is_err() {
            bail!("{shown}: the file is not UTF-8 text");
        }
        Ok(Self { shown, kind, content })
    }

    /// Of a file that is checked, which is text.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.content).unwrap_or_default()
    }
}

/// The findings in each file. DMN models may import each other.
fn check_all(files: &[File]) -> Vec<Vec<Diagnostic>> {
    let decisions = files.iter().filter(|file| matches!(file.kind, Kind::Dmn));
    let decisions = dmn::Files::to_deploy(decisions.map(|file| (&*file.shown, file.text())));
    let check = |file: &File| match file.kind {
        Kind::Bpmn => bpmn::parse(file.text(), &bpmn::Options::new(&file.shown)).diagnostics,
        Kind::Form => bpmn::parse_form(file.text(), &file.shown).diagnostics,
        Kind::Other => Vec::new(),
        Kind::Dmn => decisions.read(&file.shown).map(|parsed| parsed.diagnostics.clone()).unwrap_or_default(),
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
