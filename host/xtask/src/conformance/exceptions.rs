//! Cases that are known to fail, each with its reason.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

/// Reasons by file and case.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Exceptions(BTreeMap<String, BTreeMap<String, String>>);

impl Exceptions {
    /// Reads a list. Without the file nothing is known to fail.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("failed to read {}", path.display()))
    }

    /// The cases of a file that are known to fail.
    pub(crate) fn cases(&self, file: &str) -> impl Iterator<Item = &str> {
        self.0.get(file).into_iter().flat_map(|cases| cases.keys()).map(String::as_str)
    }

    /// Why this case is known to fail.
    pub(crate) fn reason(&self, file: &str, case: &str) -> Option<&str> {
        self.0.get(file)?.get(case).map(String::as_str)
    }
}
