//! What a guard counts: a canary is given up for what it does, and not for what its host does to it.

use std::path::Path;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::{
    Gate, Host, Options, binary, completed, component, model, put, root, text, upload, workers,
};
use crate::{CANARY, ROLLOUT, STABLE, canary};

/// Instances that are started at once: some of their jobs go to either version.
const INSTANCES: usize = 20;

/// Rolls the canary out beside the stable version; it is given up when its first attempts fail.
async fn roll_out(host: &Host, after_attempts: u32) -> anyhow::Result<()> {
    let plan = json!({
        "versions": [{ "version": STABLE, "weight": 50 }, { "version": CANARY, "weight": 50 }],
        "guard": { "failAbovePercent": 0, "afterAttempts": after_attempts },
    });
    put(host, ROLLOUT, &plan).await?;
    Ok(())
}

/// Starts instances of a process with one job of the type.
async fn start_instances(host: &Host, variables: &Value) -> anyhow::Result<Vec<String>> {
    try_join_all((0..INSTANCES).map(|_| host.start_instance("echo-retried", variables.clone()))).await
}

/// The changes of the roll-out, the last one first.
async fn changes(host: &Host) -> anyhow::Result<Vec<Value>> {
    let history = host.get(&format!("{ROLLOUT}/history")).await?;
    let changes = history["items"].as_array().context("items")?;
    Ok(changes.iter().filter(|change| change["action"] != "UPLOADED").cloned().collect())
}

/// Attempts and failures of the canary that are counted.
async fn counted(host: &Host) -> anyhow::Result<(u64, u64)> {
    let rollout = host.get(ROLLOUT).await?;
    ensure!(
        rollout["versions"].as_array().is_some_and(|versions| versions.len() == 2),
        "given up: {rollout}"
    );
    let of_canary = &rollout["counted"][1];
    let number = |field: &str| of_canary[field].as_u64().with_context(|| format!("{field} in {rollout}"));
    Ok((number("attempts")?, number("failures")?))
}

/// The attempts of a version by their end.
async fn work(host: &Host, version: &str) -> anyhow::Result<Value> {
    let components = host.get("/fermata/v1/components").await?;
    let components = components["items"].as_array().context("items")?;
    let component = components.iter().find(|component| component["version"] == *version);
    Ok(component.context("the version")?["work"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_whose_attempts_take_too_long_is_given_up() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    upload(&host, component("echo.wasm")?).await?;
    upload(&host, canary()?).await?;
    put(&host, "/fermata/v1/grants/echo", &json!({ "limits": { "wall_time_ms": 500 } })).await?;
    host.deploy("echo-retried.bpmn", model("echo-retried.bpmn")?).await?;
    roll_out(&host, 3).await?;
    let instances = start_instances(&host, &json!({ "attack": "sleep-for-ever" })).await?;
    let given_up = host
        .wait_for("the canary to be given up", || async {
            Ok(changes(&host).await?.into_iter().find(|change| change["action"] == "ROLLED_BACK_BY_HOST"))
        })
        .await?;
    let reason = text(&given_up, "reason")?;
    ensure!(reason.starts_with("`echo@1.1.0` failed in ") && reason.contains("(100.0 %)"), "{reason}");
    completed(&host, &instances).await?;
    let rollout = host.get(ROLLOUT).await?;
    ensure!(rollout["versions"] == json!([{ "version": STABLE, "weight": 100 }]), "{rollout}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_whose_code_cannot_be_loaded_is_not_given_up() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (ours, theirs) = (folder.path().join("ours.key"), folder.path().join("theirs.key"));
    let trusted = keygen(&ours).await?;
    keygen(&theirs).await?;
    let data = folder.path().join("data");
    let host = Host::start(&data)?;
    let stable = root().join("target/guests/components/echo.wasm");
    let packed = folder.path().join("canary.wasm");
    std::fs::write(&packed, canary()?)?;
    push(&host, &stable, &ours).await?;
    push(&host, &packed, &theirs).await?;
    host.deploy("echo-retried.bpmn", model("echo-retried.bpmn")?).await?;
    host.terminate()?;

    // Whoever operates the host trusts the canary's author no more, and has not said so to those who roll out.
    let config = folder.path().join("fermata.toml");
    let settings = format!("[components]\nsignatures = \"required\"\ntrusted_keys = [\"{trusted}\"]\n");
    std::fs::write(&config, settings)?;
    let host = Host::start_with(&data, &Options { config: Some(config), ..Options::default() })?;
    roll_out(&host, 1).await?;
    let instances = start_instances(&host, &json!({})).await?;
    completed(&host, &instances).await?;
    let mut tried = 0;
    for instance in &instances {
        tried += workers(&host, instance).await?.iter().filter(|worker| *worker == CANARY).count();
    }
    ensure!(tried > 0, "no job has gone to the canary");
    ensure!(counted(&host).await? == (0, 0), "what the host does not load has done nothing wrong");
    ensure!(changes(&host).await?.len() == 1, "{:?}", changes(&host).await?);
    let work = work(&host, "1.1.0").await?;
    ensure!(work["hostFailures"] == tried && work["failed"] == 0, "{tried} attempts: {work}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_the_host_or_an_operator_stops_is_not_given_up() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let gate = Gate::start().await?;
    upload(&host, component("echo.wasm")?).await?;
    upload(&host, canary()?).await?;
    put(&host, "/fermata/v1/grants/echo", &json!({ "grants": { "hosts": [gate.url] } })).await?;
    host.deploy("echo-retried.bpmn", model("echo-retried.bpmn")?).await?;
    roll_out(&host, 1).await?;
    let url = format!("{}/canary", gate.url);
    let mut instances = start_instances(&host, &json!({ "attack": "host-not-granted", "url": url })).await?;
    let mut of_canary = Vec::new();
    host.wait_for("all to have begun", || async {
        let begun = try_join_all(instances.iter().map(|instance| workers(&host, instance))).await?;
        Ok(begun.iter().all(|workers| !workers.is_empty()).then_some(()))
    })
    .await?;
    for instance in &instances {
        if workers(&host, instance).await? == [CANARY] {
            of_canary.push(instance.clone());
        }
    }
    ensure!(of_canary.len() > 1, "some jobs have gone to the canary");
    host.wait_for("their requests", || async { Ok((gate.waiting() == of_canary.len()).then_some(())) })
        .await?;

    // An operator cancels one, and the host ends while the others are at work.
    let cancelled = of_canary.pop().context("an instance")?;
    let path = format!("/v2/process-instances/{cancelled}/cancellation");
    let (status, answer) = host.send("POST", &path, Some(&json!({}))).await?;
    ensure!(status == 204, "cancellation: {status} {answer}");
    instances.retain(|instance| *instance != cancelled);
    ensure!(counted(&host).await? == (0, 0));
    host.terminate()?;

    let host = Host::start(folder.path())?;
    ensure!(changes(&host).await?.len() == 1, "{:?}", changes(&host).await?);
    gate.open();
    completed(&host, &instances).await?;
    let (attempts, failures) = counted(&host).await?;
    ensure!(failures == 0, "{failures} of {attempts}");
    Ok(())
}

/// Makes a key; gives its public half.
async fn keygen(path: &Path) -> anyhow::Result<String> {
    let output = Command::new(binary("fermata")?).args(["worker", "keygen"]).arg(path).output().await?;
    let said = String::from_utf8(output.stdout)?;
    let public = said.split_whitespace().find(|word| word.starts_with("ed25519:"));
    Ok(public.context("a public key")?.to_owned())
}

/// Uploads a component with a signature.
async fn push(host: &Host, wasm: &Path, key: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(binary("fermata")?);
    command.args(["worker", "push"]).arg(wasm).arg("--key").arg(key).env("FERMATA_URL", &host.url);
    let output = command.output().await?;
    ensure!(output.status.success(), "push: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
