//! Camunda's own client, from npm, drives a host.

mod harness;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use harness::{Host, root};

/// One more model to run, with the same jobs and ids.
const MODEL_VARIABLE: &str = "FERMATA_ONBOARDING_MODEL";

/// The models of the onboarding that are here, and those that are not.
///
/// One is of these tests. Another, drawn by others for another engine, lies beside the workspace on machines that have it:
/// unmodified, it shows that nothing was made to measure.
fn models() -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let own = root().join("tests/e2e/models/customer-onboarding.bpmn");
    ensure!(own.exists(), "{} is missing", own.display());
    let beside = root().join("../shared/models/onboarding/customer-onboarding.bpmn");
    let given = std::env::var_os(MODEL_VARIABLE).map(PathBuf::from);
    if let Some(given) = &given {
        ensure!(given.exists(), "{MODEL_VARIABLE}: {} is missing", given.display());
    }
    Ok([Some(own), Some(beside), given].into_iter().flatten().partition(|model| model.exists()))
}

/// Works an onboarding to its end on both branches, on a host of its own.
fn work(model: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let output = Command::new("node")
        .arg(root().join("tests/e2e/camunda-client/onboarding.mjs"))
        .arg(&host.url)
        .arg(model)
        .output()
        .context("failed to run node")?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the client failed on {}:\n{out}\n{err}", model.display());
    ensure!(out.matches("COMPLETED").count() == 2, "two instances end on {}:\n{out}", model.display());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn camundas_client_works_an_onboarding_to_its_end_on_both_branches() -> anyhow::Result<()> {
    let client = root().join("tests/e2e/camunda-client");
    ensure!(
        client.join("node_modules/@camunda8").exists(),
        "the client is missing: run `npm ci` in {}, as `cargo xtask test` does",
        client.display()
    );
    let (present, missing) = models()?;
    for model in &present {
        work(model)?;
        tell("worked to its end", model);
    }
    for model in &missing {
        tell("SKIPPED, it is not here", model);
    }
    Ok(())
}

/// Past the test's own output, which is shown only when it fails.
fn tell(what: &str, model: &Path) {
    use std::io::Write as _;
    let shown = model.canonicalize().unwrap_or_else(|_| model.to_owned());
    let _ = writeln!(std::io::stderr(), "Camunda's client: {what}: {}", shown.display());
}
