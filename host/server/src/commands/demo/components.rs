//! Where the demo's components are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::failure::Failure;

/// The example's worker.
const WORKER: &str = "score-customer.wasm";

/// The connectors of the model.
const CONNECTORS: [&str; 3] = ["sendgrid.wasm", "stripe.wasm", "hubspot.wasm"];

/// Where `cargo xtask guests` puts components, from the workspace's root.
const BUILT: &str = "target/guests/components";

/// A folder with all components of the demo.
pub(super) struct Components {
    folder: PathBuf,
}

impl Components {
    /// Finds them in `folder`, or where `cargo xtask guests` puts them.
    pub(super) fn find(folder: Option<PathBuf>) -> Result<Self, Failure> {
        let folder = folder.or_else(built_beside_executable).unwrap_or_else(|| PathBuf::from(BUILT));
        let missing = CONNECTORS.into_iter().chain([WORKER]).find(|name| !folder.join(name).is_file());
        if let Some(missing) = missing {
            let folder = folder.display();
            let advice = "run `cargo xtask guests`, or name another folder with --components";
            return Err(Failure::unusable(anyhow!("the component {missing} is not in {folder}: {advice}")));
        }
        Ok(Self { folder })
    }

    /// The folder, from which a host offers the connectors.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The example's worker.
    pub(super) fn worker(&self) -> anyhow::Result<Vec<u8>> {
        let path = self.folder.join(WORKER);
        std::fs::read(&path).with_context(|| format!("failed to read {}", path.display()))
    }
}

/// `target/guests/components` when the executable is `target/debug/fermata`.
fn built_beside_executable() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    let folder = executable.parent()?.parent()?.parent()?.join(BUILT);
    folder.is_dir().then_some(folder)
}
