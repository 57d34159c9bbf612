//! Compilers that make core modules: `make module` in the project, and here what `fermata worker pack` does with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use wit_parser::Resolve;

use crate::process::run;

/// Where the project's files have the module, the component and the WIT packages.
const MODULE: &str = "build/module.wasm";
const COMPONENT: &str = "build/component.wasm";
const WIT: &str = "fermata/wit";
/// The world that the SDKs' bindings are made for.
const WORLD: &str = "connector";

/// Builds the project's module, and makes a component of it.
pub(super) fn build(project: &Path, command: &mut Command) -> anyhow::Result<PathBuf> {
    make(project, command, "module")?;
    let module = project.join(MODULE);
    let bytes = fs::read(&module).with_context(|| format!("failed to read {}", module.display()))?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(project.join(WIT)).context("failed to read the WIT packages")?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let component = manifest::componentize(&bytes, Some((&resolve, world)))
        .with_context(|| format!("{} does not become a component", module.display()))?;
    let path = project.join(COMPONENT);
    fs::write(&path, component).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}

/// Has make, with the command's environment and variables, make a goal in a folder.
pub(super) fn make(folder: &Path, command: &mut Command, goal: &str) -> anyhow::Result<()> {
    run(command.current_dir(folder).args(["--no-print-directory", "--silent", goal]))
}
