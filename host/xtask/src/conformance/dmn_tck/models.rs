//! The models of a folder, which import each other by namespace.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use dmn::{Model, Options, Severity};

/// The files of a folder and what was read of them.
pub(super) struct Models {
    folder: PathBuf,
    /// Files by the namespace of the model in them.
    files: BTreeMap<String, PathBuf>,
    /// Models that are imported; `None` while one is being read, so that a circle of imports ends.
    read: RefCell<BTreeMap<String, Option<Arc<Model>>>>,
}

impl Models {
    pub(super) fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "dmn") {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("failed to read {}", path.display()))?;
            if let Ok(document) = roxmltree::Document::parse(&text)
                && let Some(namespace) = document.root_element().attribute("namespace")
            {
                files.insert(namespace.to_owned(), path);
            }
        }
        Ok(Self { folder: folder.to_owned(), files, read: RefCell::default() })
    }

    /// The model in a file, or what keeps it from being read.
    pub(super) fn load(&self, name: &str) -> Result<Arc<Model>, String> {
        self.load_file(&self.folder.join(name))
    }

    fn load_file(&self, path: &Path) -> Result<Arc<Model>, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("failed to read {}: {error}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let resolver = |namespace: &str| self.imported(namespace);
        // Cases of the kit stand beside each other in one model: what is wrong in one of them must not stop the others.
        let parsed = dmn::load(&text, &Options { resource: &name, imports: Some(&resolver) });
        parsed.model.ok_or_else(|| {
            let errors = parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error);
            errors.map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })
    }

    fn imported(&self, namespace: &str) -> Option<Arc<Model>> {
        if let Some(known) = self.read.borrow().get(namespace) {
            return known.clone();
        }
        self.read.borrow_mut().insert(namespace.to_owned(), None);
        let model = self.load_file(self.files.get(namespace)?).ok();
        self.read.borrow_mut().insert(namespace.to_owned(), model.clone());
        model
    }
}
