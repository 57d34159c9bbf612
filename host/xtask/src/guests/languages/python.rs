//! Python: with componentize-py, in a virtual environment of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::MissingTool;
use super::changes::{component, is_newer};

/// What says which version of the compiler the SDK is tested with.
const SDK_MANIFEST: &str = "fermata/sdk/pyproject.toml";
/// Where the SDK's modules are: they are used as they are here, not as they were installed some time.
const SDK: &str = "fermata/sdk";
/// Folders that are not what a component is made of.
const MADE: [&str; 5] = ["dist", ".fermata", ".venv", "build", "__pycache__"];

/// Builds the project's component.
pub(super) fn build(project: &Path, tools: &Path) -> anyhow::Result<PathBuf> {
    let component = component(project)?;
    let python = install(project, tools)?;
    if !is_newer(&component, project, &MADE)? {
        // Where the component is; what goes wrong is said on standard error.
        run(module(&python, project, &["fermata", "build"]).stdout(Stdio::null()))?;
    }
    Ok(component)
}

/// Runs the project's tests under the interpreter of this machine.
pub(super) fn test(project: &Path, tools: &Path) -> anyhow::Result<()> {
    let python = install(project, tools)?;
    run(&mut module(&python, project, &["unittest", "--quiet"]))
}

fn module(python: &Path, project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command.current_dir(project).env("PYTHONPATH", project.join(SDK)).arg("-m").args(arguments);
    command
}

/// Makes the virtual environment; gives its interpreter.
fn install(project: &Path, tools: &Path) -> anyhow::Result<PathBuf> {
    let manifest = project.join(SDK_MANIFEST);
    let wanted = fs::read(&manifest).with_context(|| format!("failed to read {}", manifest.display()))?;
    let venv = tools.join("venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = venv.join("installed.toml");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&venv).stdout(Stdio::null());
    match make.status() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(missing("`python3` is missing: install Python 3.10 or newer"));
        }
        status => {
            if !status.context("failed to run python3")?.success() {
                return Err(missing(
                    "Python makes no virtual environment: on Debian, `apt-get install python3-venv`",
                ));
            }
        }
    }
    let requirement = format!("{}[build]", project.join(SDK).display());
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &requirement]);
    run(&mut pip).map_err(|error| {
        missing(&format!("the compiler of {SDK_MANIFEST} cannot be installed: {error:#}"))
    })?;
    fs::write(&installed, wanted).with_context(|| format!("failed to write {}", installed.display()))?;
    Ok(python)
}

fn missing(advice: &str) -> anyhow::Error {
    MissingTool(advice.to_owned()).into()
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("failed to run Python")?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
