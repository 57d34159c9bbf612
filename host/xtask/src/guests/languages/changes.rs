//! Whether a component is newer than what it is made of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use manifest::Manifest;

use crate::guests::MANIFEST_FILE;

/// Where the SDKs of languages with a compiler of their own leave a project's component: `dist/NAME.wasm`.
pub(super) fn component(project: &Path) -> anyhow::Result<PathBuf> {
    let path = project.join(MANIFEST_FILE);
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let manifest =
        Manifest::from_toml(&text).with_context(|| format!("failed to read {}", path.display()))?;
    Ok(project.join("dist").join(format!("{}.wasm", manifest.name)))
}

/// Whether `made` is there, and newer than all of the project but the folders with these names.
pub(super) fn is_newer(made: &Path, project: &Path, left_out: &[&str]) -> anyhow::Result<bool> {
    let Ok(made) = fs::metadata(made).and_then(|made| made.modified()) else { return Ok(false) };
    let changed = last_change(project, left_out)
        .with_context(|| format!("failed to look through {}", project.display()))?;
    Ok(made > changed)
}

fn last_change(folder: &Path, left_out: &[&str]) -> io::Result<SystemTime> {
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if left_out.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let metadata = entry.metadata()?;
        last = last.max(if metadata.is_dir() {
            last_change(&entry.path(), left_out)?
        } else {
            metadata.modified()?
        });
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_old_when_any_source_is_newer() -> anyhow::Result<()> {
        let project = tempfile::tempdir()?;
        let at = |path: &str| project.path().join(path);
        fs::create_dir_all(at("src/deep"))?;
        fs::create_dir_all(at("node_modules"))?;
        let newer = |made: &str| is_newer(&at(made), project.path(), &["node_modules", "dist"]);
        let touch = |path: &str, second: u64| -> anyhow::Result<()> {
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            Ok(fs::File::create(at(path))?.set_modified(time)?)
        };
        touch("src/deep/source", 10)?;
        fs::create_dir(at("dist"))?;
        assert!(!newer("dist/made")?);
        touch("dist/made", 20)?;
        assert!(newer("dist/made")?);
        touch("node_modules/tool", 30)?;
        assert!(newer("dist/made")?);
        touch("src/deep/source", 20)?;
        assert!(!newer("dist/made")?);
        Ok(())
    }
}
