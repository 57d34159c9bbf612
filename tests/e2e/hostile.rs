//! Hostile components in a real host: each fails its job or its upload with a message that names the cause,
//! retries and incidents follow the model, and other jobs go on.
//!
//! That each attack succeeds when its guard is off is shown by the sandbox's own suite.

mod harness;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use harness::{Host, component, model, text};

/// An attack, and what the incident must say.
const ATTACKS: &[(&str, &str)] = &[
    ("endless-loop", "the component used more than its 5 s of CPU time"),
    ("memory-bomb", "memory limit of 64 MiB exceeded"),
    ("deep-recursion", "stack overflow"),
    ("giant-result", "the limit is 4194304"),
    ("panic", "this worker panics on purpose"),
    ("wrong-result", "not a JSON object"),
    ("broken-result", "not valid JSON"),
    ("host-not-granted", "fermata worker grant hostile"),
    ("redirect", "fermata worker grant hostile"),
    ("secret-not-granted", "fermata worker grant hostile"),
];

#[tokio::test(flavor = "multi_thread")]
async fn attacks_end_as_incidents_while_other_jobs_go_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    for name in ["hostile.wasm", "echo.wasm"] {
        let (status, answer) = host.upload(component(name)?).await?;
        ensure!(status == 201, "{name}: {status} {answer}");
    }
    host.deploy("hostile.bpmn", model("hostile.bpmn")?).await?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;

    let mut attacks = Vec::new();
    for (attack, expected) in ATTACKS {
        let variables = json!({ "attack": attack, "url": "http://127.0.0.1:9/", "secret": "BANK_KEY" });
        attacks.push((attack, expected, host.start_instance("hostile", variables).await?));
    }
    // Beside them, well-behaved jobs are done.
    for number in 0..50 {
        let answer = host.run_instance("one-echo", json!({ "n": number })).await?;
        ensure!(answer["variables"]["n"] == number, "{answer}");
    }
    for (attack, expected, instance) in attacks {
        let incident =
            host.wait_for(&format!("the incident of {attack}"), || incident_of(&host, &instance)).await?;
        let message = text(&incident, "errorMessage")?;
        ensure!(message.contains(expected), "{attack}: `{message}` does not say `{expected}`");
        ensure!(incident["errorType"] == "JOB_NO_RETRIES", "{attack}: {incident}");
        // The model gives two attempts.
        let history =
            host.get(&format!("/fermata/v1/process-instances/{instance}/history?limit=100")).await?;
        let started = history.to_string().matches("JOB_STARTED").count();
        ensure!(started == 2 || message.contains("fermata"), "{attack}: {started} attempts");
    }

    // An operator gives the job retries and lets it run again.
    let well = host.start_instance("hostile", json!({ "attack": "panic" })).await?;
    let incident = host.wait_for("the incident", || incident_of(&host, &well)).await?;
    let scope = host
        .send(
            "PUT",
            &format!("/v2/element-instances/{well}/variables"),
            Some(&json!({ "variables": { "attack": "ok" } })),
        )
        .await?;
    ensure!(scope.0 == 204, "{scope:?}");
    let job = text(&incident, "jobKey")?;
    let updated = host
        .send("PATCH", &format!("/v2/jobs/{job}"), Some(&json!({ "changeset": { "retries": 1 } })))
        .await?;
    ensure!(updated.0 == 204, "{updated:?}");
    let key = text(&incident, "incidentKey")?;
    let resolved = host.send("POST", &format!("/v2/incidents/{key}/resolution"), Some(&json!({}))).await?;
    ensure!(resolved.0 == 204, "{resolved:?}");
    host.wait_for("the repaired instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{well}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_component_is_refused_and_changes_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let core_module = b"\0asm\x01\0\0\0".to_vec();
    let empty_component = b"\0asm\x0d\0\x01\0".to_vec();
    let mut noise = Vec::with_capacity(50 << 20);
    let mut state = 1_u64;
    while noise.len() < 50 << 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.extend_from_slice(&state.to_be_bytes());
    }
    for (what, bytes, expected) in [
        ("a core module", core_module, "core WebAssembly module"),
        ("a component without a manifest", empty_component, "manifest"),
        ("50 MB of noise", noise, "not WebAssembly"),
        ("nothing", Vec::new(), "no body"),
    ] {
        let (status, answer) = host.upload(bytes).await?;
        ensure!(status == 400, "{what}: {status} {answer}");
        let detail = text(&answer, "detail")?;
        ensure!(detail.contains(expected), "{what}: `{detail}` does not say `{expected}`");
    }
    let components = host.get("/fermata/v1/components").await?;
    ensure!(components["items"].as_array().is_some_and(Vec::is_empty), "{components}");
    Ok(())
}

async fn incident_of(host: &Host, instance: &str) -> anyhow::Result<Option<Value>> {
    let found = host
        .post(
            "/v2/incidents/search",
            &json!({ "filter": { "processInstanceKey": instance, "state": "ACTIVE" } }),
        )
        .await?;
    Ok(found["items"].as_array().context("items")?.first().cloned())
}
