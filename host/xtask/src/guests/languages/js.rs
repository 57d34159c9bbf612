//! JavaScript and TypeScript: with npm, which installs the compilers that the project's lock file names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::MissingTool;
use super::changes::{component, is_newer};

/// What npm installs exactly.
const LOCK_FILE: &str = "package-lock.json";
/// What was installed last, in the folder that npm removes before it installs.
const INSTALLED: &str = "node_modules/.installed.json";
/// Where npm installs.
pub(super) const PACKAGES: &str = "node_modules";
/// Folders that are not what a component is made of.
const MADE: [&str; 3] = [PACKAGES, "dist", ".fermata"];

/// Builds the project's component.
pub(super) fn build(project: &Path, tools: &Path) -> anyhow::Result<PathBuf> {
    let component = component(project)?;
    // Who shares the packages of another project does not install them.
    if !project.join(PACKAGES).is_symlink() {
        install(project, tools)?;
    }
    if !is_newer(&component, project, &MADE)? {
        npm(project, tools, &["run", "--silent", "build"])?;
    }
    Ok(component)
}

/// Runs the project's tests under Node.
pub(super) fn test(project: &Path, tools: &Path) -> anyhow::Result<()> {
    npm(project, tools, &["run", "--silent", "test"])
}

fn install(project: &Path, tools: &Path) -> anyhow::Result<()> {
    let lock = project.join(LOCK_FILE);
    let wanted = fs::read(&lock).with_context(|| format!("failed to read {}", lock.display()))?;
    let installed = project.join(INSTALLED);
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // No package's own scripts: none of them is needed.
    npm(project, tools, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).map_err(
        |error| MissingTool(format!("the compilers of {LOCK_FILE} cannot be installed: {error:#}")),
    )?;
    fs::write(&installed, wanted).with_context(|| format!("failed to write {}", installed.display()))
}

fn npm(project: &Path, tools: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut npm = Command::new("npm");
    npm.current_dir(project).args(arguments).arg("--cache").arg(tools.join("npm"));
    // What the compilers say is of interest only when they fail, and then they say it on standard error.
    npm.stdin(Stdio::null()).stdout(Stdio::null());
    let status = match npm.status() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let advice = "`npm` is missing: install Node.js 20 or newer, from nodejs.org or your distribution, with npm";
            return Err(MissingTool(advice.to_owned()).into());
        }
        status => status.context("failed to run npm")?,
    };
    ensure!(status.success(), "`npm {}` ended with {status} in {}", arguments.join(" "), project.display());
    Ok(())
}
