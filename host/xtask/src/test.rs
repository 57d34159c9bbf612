//! `cargo xtask test`: everything that must hold before a change lands.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use crate::guests::WithoutTools;
use crate::process::{cargo, run, tool};
use crate::workspace::Workspace;
use crate::{guests, prerequisites};

/// The npm package whose test drives a host with Camunda's client.
const CAMUNDA_CLIENT: &str = "tests/e2e/camunda-client";
/// The SDKs that their languages' own tools test; cargo tests that of Rust with the rest.
const JS_SDK: &str = "guest-sdk/js";
const PYTHON_SDK: &str = "guest-sdk/python";

/// What to test.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these packages, without formatting and lints; all without
    #[arg(short, long = "package")]
    packages: Vec<String>,
    /// Passed on to the test binaries: a name to filter by, `--nocapture` …
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Runs the task.
pub(crate) fn run_all(arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let workspace = Workspace::load()?;
    prerequisites::check()?;
    if arguments.packages.is_empty() {
        stage("formatting", || run(cargo().args(["fmt", "--all", "--check"])))?;
    }
    stage("components", || guests::build_with_templates(&workspace, &[], WithoutTools::Fail).map(drop))?;
    stage("templates", || guests::test_templates(&workspace))?;
    stage("the SDKs' own tests", || test_sdks(&workspace.root))?;
    stage("Camunda's client", || install_client(&workspace.root))?;
    if arguments.packages.is_empty() {
        stage("lints", || {
            run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))
        })?;
    }
    stage("tests", || {
        let mut test = cargo();
        test.args(["test", "--no-fail-fast"]);
        if arguments.packages.is_empty() {
            test.arg("--workspace");
        }
        for package in &arguments.packages {
            test.args(["--package", package]);
        }
        test.arg("--").args(&arguments.rest);
        run(&mut test)
    })?;
    eprintln!("everything passed in {} s", started.elapsed().as_secs());
    Ok(())
}

fn stage(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let started = Instant::now();
    eprintln!("== {name}");
    work().with_context(|| format!("{name} failed"))?;
    eprintln!("== {name}: {} s", started.elapsed().as_secs());
    Ok(())
}

fn test_sdks(root: &Path) -> anyhow::Result<()> {
    let js = root.join(JS_SDK);
    install(&js)?;
    run(tool("npm").args(["test", "--silent"]).current_dir(&js))?;
    run(tool("python3")
        .args(["-m", "unittest", "--quiet"])
        .env("PYTHONPATH", "sdk")
        .current_dir(root.join(PYTHON_SDK)))
}

fn install_client(root: &Path) -> anyhow::Result<()> {
    install(&root.join(CAMUNDA_CLIENT))
}

fn install(package: &Path) -> anyhow::Result<()> {
    // npm's own words when it fails, and none otherwise.
    run(tool("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(package))
}
