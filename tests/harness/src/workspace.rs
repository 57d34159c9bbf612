//! Where things are in the workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// The workspace's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A component that `cargo xtask guests` has built.
///
/// # Errors
/// It is not there.
pub fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    let path = root().join("target/guests/components").join(name);
    std::fs::read(&path)
        .with_context(|| format!("{} is missing: run `cargo xtask guests` first", path.display()))
}

/// A binary of the same build as this program: it stands beside it, or above the folder of the tests.
///
/// # Errors
/// It is not there.
pub fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let mut folder = this.parent().context("the folder of this program")?;
    if folder.ends_with("deps") {
        folder = folder.parent().context("the folder of the binaries")?;
    }
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    ensure!(path.exists(), "{} is missing: build it first", path.display());
    Ok(path)
}
