//! One component, with its manifest in it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use manifest::{Manifest, embed, inspect};

/// Writes the component `from` with its manifest to `to` and returns its size in bytes.
///
/// The file stays untouched when it already holds the same bytes.
pub(crate) fn pack(from: &Path, to: &Path, manifest: &Manifest) -> anyhow::Result<usize> {
    let component = fs::read(from).with_context(|| format!("failed to read {}", from.display()))?;
    let packed = embed(&component, manifest).with_context(|| format!("failed to pack {}", from.display()))?;
    let inspection = inspect(&packed).with_context(|| format!("failed to inspect {}", from.display()))?;
    if let Some(problem) = inspection.problems.first() {
        bail!("no host would run {}: {problem}", from.display());
    }
    if fs::read(to).is_ok_and(|present| present == packed) {
        return Ok(packed.len());
    }
    // Whoever reads the folder meanwhile sees the old component or the new one.
    let fresh = to.with_extension("wasm.new");
    fs::write(&fresh, &packed).with_context(|| format!("failed to write {}", fresh.display()))?;
    fs::rename(&fresh, to).with_context(|| format!("failed to write {}", to.display()))?;
    Ok(packed.len())
}
