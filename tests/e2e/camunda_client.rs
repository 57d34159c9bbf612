//! Camunda's own client, from npm, drives a host.

mod harness;

use std::process::Command;

use anyhow::{Context as _, ensure};

use harness::{Host, root};

/// The model to run; a file with the same jobs and ids may stand in for the one of these tests.
const MODEL_VARIABLE: &str = "FERMATA_ONBOARDING_MODEL";

#[tokio::test(flavor = "multi_thread")]
async fn camundas_client_works_an_onboarding_to_its_end_on_both_branches() -> anyhow::Result<()> {
    let client = root().join("tests/e2e/camunda-client");
    ensure!(
        client.join("node_modules/@camunda8").exists(),
        "the client is missing: run `npm ci` in {}, as `cargo xtask test` does",
        client.display()
    );
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let model = match std::env::var_os(MODEL_VARIABLE) {
        Some(model) => model.into(),
        None => root().join("tests/e2e/models/customer-onboarding.bpmn"),
    };
    let output = Command::new("node")
        .arg(client.join("onboarding.mjs"))
        .arg(&host.url)
        .arg(&model)
        .output()
        .context("failed to run node")?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the client failed:\n{out}\n{err}");
    ensure!(out.matches("COMPLETED").count() == 2, "two instances end:\n{out}");
    Ok(())
}
