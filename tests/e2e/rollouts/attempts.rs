//! The version of an attempt: chosen when it starts, the same to its end.

use anyhow::{Context as _, ensure};
use serde_json::json;

use crate::harness::{Gate, Host, completed, component, model, packed, put, text, upload, workers};
use crate::{CANARY, ROLLOUT, STABLE, canary};

/// Rolls one version out.
async fn roll_out(host: &Host, version: &str) -> anyhow::Result<()> {
    put(host, ROLLOUT, &json!({ "versions": [{ "version": version, "weight": 100 }] })).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_ends_on_the_version_it_began_with_and_a_retry_takes_the_one_of_the_moment()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let gate = Gate::start().await?;
    upload(&host, component("echo.wasm")?).await?;
    upload(&host, canary()?).await?;
    put(&host, "/fermata/v1/grants/echo", &json!({ "grants": { "hosts": [gate.url] } })).await?;
    host.deploy(
        "echo-retried.bpmn",
        model("echo-retried.bpmn")?.replace(r#"retries="30""#, r#"retries="1""#),
    )
    .await?;
    roll_out(&host, CANARY).await?;

    // One is at work on the canary, and one has failed on it, when the roll-out changes.
    let url = format!("{}/at-work", gate.url);
    let at_work =
        host.start_instance("echo-retried", json!({ "attack": "host-not-granted", "url": url })).await?;
    host.wait_for("the request", || async { Ok((gate.waiting() == 1).then_some(())) }).await?;
    let failed = host.start_instance("echo-retried", json!({ "attack": "panic" })).await?;
    let incident = host
        .wait_for("an incident", || async {
            Ok(host.search_all("/v2/incidents/search", json!({ "state": "ACTIVE" })).await?.pop())
        })
        .await?;
    roll_out(&host, STABLE).await?;
    let after = host.run_instance("echo-retried", json!({})).await?;
    ensure!(after["variables"]["workerVersion"] == "1.0.0", "{after}");

    gate.open();
    completed(&host, std::slice::from_ref(&at_work)).await?;
    ensure!(workers(&host, &at_work).await? == [CANARY]);
    let found = host.search_all("/v2/variables/search", json!({ "processInstanceKey": at_work })).await?;
    let proof = found.iter().find(|variable| variable["name"] == "proof").context("the canary's answer")?;
    ensure!(text(proof, "value")?.contains("200 let go"), "{proof}");

    let job = text(&incident, "jobKey")?;
    let changeset = json!({ "changeset": { "retries": 1 } });
    let (status, answer) = host.send("PATCH", &format!("/v2/jobs/{job}"), Some(&changeset)).await?;
    ensure!(status == 204, "{status} {answer}");
    host.post(&format!("/v2/incidents/{}/resolution", text(&incident, "incidentKey")?), &json!({})).await?;
    completed(&host, std::slice::from_ref(&failed)).await?;
    ensure!(workers(&host, &failed).await? == [CANARY, STABLE]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_gets_its_share_of_the_rollout_or_the_highest_version_in_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    for version in ["1.1.0", "1.3.0", "1.2.4", "2.0.0"] {
        upload(&host, packed("echo.wasm", "echo", version, &["echo"])?).await?;
    }
    let asking = model("echo-pinned.bpmn")?.replace(r#"value="^1""#, r#"value="^1.2""#);
    host.deploy("echo-pinned.bpmn", asking.clone()).await?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    let by = async |process: &str| {
        let ended = host.run_instance(process, json!({})).await?;
        Ok::<_, anyhow::Error>(workers(&host, &text(&ended, "processInstanceKey")?).await?.concat())
    };
    ensure!(by("one-echo").await? == "echo@2.0.0", "the last upload");
    ensure!(by("echo-pinned").await? == "echo@1.3.0", "the highest in `^1.2`");

    // Those in the roll-out come first, and an operator can pin one version of a process and leave the next one alone.
    let versions =
        json!([{ "version": "echo@2.0.0", "weight": 60 }, { "version": "echo@1.2.4", "weight": 40 }]);
    put(&host, ROLLOUT, &json!({ "versions": versions })).await?;
    for _ in 0..5 {
        ensure!(by("echo-pinned").await? == "echo@1.2.4");
    }
    let pins = json!([
        { "processDefinitionId": "one-echo", "processDefinitionVersion": 1, "workerVersion": "~1.1" },
        { "processDefinitionId": "echo-pinned", "workerVersion": "^2" },
    ]);
    put(&host, ROLLOUT, &json!({ "versions": [{ "version": "echo@2.0.0", "weight": 100 }], "pins": pins }))
        .await?;
    ensure!(by("one-echo").await? == "echo@1.1.0");
    ensure!(by("echo-pinned").await? == "echo@2.0.0", "the operator's word counts more than the model's");
    let next = model("one-echo.bpmn")?.replace(r#"id="work""#, r#"id="work" name="Echo""#);
    host.deploy("one-echo.bpmn", next).await?;
    ensure!(by("one-echo").await? == "echo@2.0.0", "version 2 of the process is not pinned");
    Ok(())
}
