//! The file `dev.toml` of a worker's folder: how the worker is built.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

/// The file beside a worker's sources that says how it is built.
pub(crate) const PROJECT_FILE: &str = "dev.toml";

/// The manifest beside it.
pub(crate) const MANIFEST_FILE: &str = "component.toml";

/// How a worker is built.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// The command line that builds it, run by the shell in its folder.
    pub(crate) build: String,
    /// The command line that tests it.
    pub(crate) test: Option<String>,
    /// The component that the build makes, as seen from the folder.
    pub(crate) component: PathBuf,
}

impl Project {
    /// What a folder says; `None` when it has no such file.
    pub(crate) fn find(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(PROJECT_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("failed to read {}", path.display()));
            }
        };
        Ok(Some(toml::from_str(&text).with_context(|| format!("{} is not usable", path.display()))?))
    }

    /// The command line that uploads it, run in its folder.
    pub(crate) fn push(&self) -> String {
        format!("fermata worker push {} --manifest {MANIFEST_FILE}", self.component.display())
    }
}
