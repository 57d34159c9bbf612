//! Rust: with the compiler that builds the other guests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::guests::toolchain::Toolchain;
use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// The versions of the workspace's dependencies.
const LOCK_FILE: &str = "Cargo.lock";

/// Builds the project's component.
pub(super) fn build(project: &Path, tools: &Path) -> anyhow::Result<PathBuf> {
    // The versions that the workspace is tested with. Cargo leaves out what the project does not use.
    let lock = Workspace::load()?.root.join(LOCK_FILE);
    fs::copy(&lock, project.join(LOCK_FILE)).with_context(|| format!("failed to copy {}", lock.display()))?;
    let toolchain = Toolchain::find()?;
    let target = tools.join("target");
    let mut cargo = toolchain.cargo_build();
    cargo.current_dir(project).env("CARGO_TARGET_DIR", &target).arg("--release");
    let status = cargo.status().with_context(|| format!("failed to run {}", toolchain.describe()))?;
    ensure!(status.success(), "it does not build with {}", toolchain.describe());
    let built = target.join(toolchain.target()).join("release");
    Ok(built.join(format!("{}.wasm", package_name(project)?.replace('-', "_"))))
}

/// Runs the project's tests on this machine.
pub(super) fn test(project: &Path, tools: &Path) -> anyhow::Result<()> {
    let target = tools.join("target");
    run(cargo().args(["test", "--quiet"]).current_dir(project).env("CARGO_TARGET_DIR", target))
}

fn package_name(project: &Path) -> anyhow::Result<String> {
    let path = project.join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let manifest: toml::Table = text.parse().with_context(|| format!("failed to read {}", path.display()))?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    Ok(name.with_context(|| format!("{} names no package", path.display()))?.to_owned())
}
