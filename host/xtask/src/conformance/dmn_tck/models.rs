//! The models of a folder, which import each other by namespace.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use dmn::{Files, Model, Severity};

/// The files of a folder: their names and texts.
pub(super) struct Models(Vec<(String, String)>);

impl Models {
    pub(super) fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "dmn") {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("failed to read {}", path.display()))?;
            files.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text));
        }
        files.sort();
        Ok(Self(files))
    }

    /// The model in a file, or what keeps it from being read.
    pub(super) fn load(&self, name: &str) -> Result<Arc<Model>, String> {
        // Cases of the kit stand beside each other in one model: what is wrong in one of them must not stop the others.
        let files = Files::deployed(self.0.iter().map(|(name, text)| (&**name, &**text)));
        let parsed = files.read(name).ok_or_else(|| format!("there is no file `{name}`"))?;
        parsed.model.clone().ok_or_else(|| {
            let errors = parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error);
            errors.map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })
    }
}
