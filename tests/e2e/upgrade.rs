//! Data folders of earlier schemas, with instances in flight, opened by this release: everything goes on to its end.
//!
//! `tests/e2e/upgrade/schema-N` is what a host of a release whose schema had version N has left behind when it was killed.
//! Whoever adds the first migration after a release writes that release's folder first, with it:
//!
//! ```text
//! cargo test -p fermata-server --test upgrade -- --ignored
//! ```
//!
//! A folder never changes once a release has written it.

#[path = "upgrade/dump.rs"]
mod dump;
mod harness;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use store::sqlite::SCHEMA_VERSION;

use harness::{Host, component, model, root, text};

/// Schemas that releases had before the present one.
const RELEASED_SCHEMAS: std::ops::RangeInclusive<i64> = 1..=3;

/// What the instances do when the host is killed, by their business ids.
const IN_FLIGHT: [(&str, &str); 8] = [
    ("waiting", "work"),
    ("held", "work"),
    ("backing-off", "work"),
    ("in-trouble", "work"),
    ("running", "run"),
    ("timer", "pause"),
    ("user-task", "approve"),
    ("join", "join"),
];

/// A component that runs for so long that the host is killed meanwhile, in milliseconds.
const RUNS_FOR_MS: u64 = 25_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_instance_of_an_older_folder_goes_on_to_its_end() -> anyhow::Result<()> {
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(fixtures())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(version) = name.strip_prefix("schema-") {
            let version: i64 = version.parse()?;
            go_on(&path, version).await.with_context(|| format!("schema {version}"))?;
            versions.push(version);
        }
    }
    for version in RELEASED_SCHEMAS {
        ensure!(versions.contains(&version), "no folder of schema {version} is kept");
    }
    Ok(())
}

async fn go_on(fixture: &Path, version: i64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path();
    dump::load(fixture, data).await?;
    ensure!(dump::check(data).await? == version);
    let mut host = Host::start(data)?;
    let before = host.search_all("/v2/process-instances/search", json!({ "state": "ACTIVE" })).await?;
    ensure!(before.len() <= IN_FLIGHT.len(), "{} instances are active", before.len());

    // What a component of then has done, and does.
    let echoed = instance(&host, "echoed").await?;
    ensure!(echoed["state"] == "COMPLETED", "{echoed}");
    let history = host.get(&format!("/fermata/v1/process-instances/{}/history", key(&echoed)?)).await?;
    ensure!(history.to_string().contains("INSTANCE_COMPLETED"), "{history}");
    let fresh = host.run_instance("in-flight", json!({ "way": "echo" })).await?;
    ensure!(fresh["variables"]["way"] == "echo", "{fresh}");
    let secrets = host.get("/fermata/v1/secrets").await?;
    ensure!(secrets["items"][0]["name"] == "API_KEY" && secrets["items"][0]["version"] == 2, "{secrets}");
    let grant = host.get("/fermata/v1/grants/echo").await?;
    ensure!(grant.to_string().contains("api.example.com"), "{grant}");

    let incidents = host.search_all("/v2/incidents/search", json!({ "state": "ACTIVE" })).await?;
    ensure!(incidents.len() == 1 && incidents[0]["errorMessage"] == "no money", "{incidents:?}");
    let job = text(&incidents[0], "jobKey")?;
    let (status, answer) = host
        .send("PATCH", &format!("/v2/jobs/{job}"), Some(&json!({ "changeset": { "retries": 1 } })))
        .await?;
    ensure!(status == 204, "{status} {answer}");
    host.post(&format!("/v2/incidents/{}/resolution", text(&incidents[0], "incidentKey")?), &json!({}))
        .await?;

    let tasks = host.search_all("/v2/user-tasks/search", json!({ "state": "CREATED" })).await?;
    ensure!(tasks.len() == 1 && tasks[0]["assignee"] == "demo", "{tasks:?}");
    ensure!(tasks[0]["candidateGroups"] == json!(["sales", "support"]), "{tasks:?}");
    let task = text(&tasks[0], "userTaskKey")?;
    host.post(&format!("/v2/user-tasks/{task}/completion"), &json!({ "variables": { "yes": true } })).await?;

    for (job_type, jobs, variables) in
        [("work", 4, json!({ "worked": true })), ("hostile", 1, json!({})), ("add", 1, json!({ "added": 1 }))]
    {
        for _ in 0..jobs {
            let job = take(&host, job_type).await?;
            let path = format!("/v2/jobs/{}/completion", text(&job, "jobKey")?);
            host.post(&path, &json!({ "variables": variables })).await?;
            ensure!(job_type != "work" || job["customHeaders"] == json!({ "color": "blue" }), "{job}");
        }
    }

    let expected = serde_json::to_string(TEXT)?;
    for (business_id, way) in IN_FLIGHT {
        let ended = host
            .wait_for(business_id, || async {
                let instance = instance(&host, business_id).await?;
                Ok((instance["state"] == "COMPLETED").then_some(instance))
            })
            .await?;
        ensure!(ended["tags"] == json!(["kept", way]), "{ended}");
        let filter = json!({ "processInstanceKey": key(&ended)?, "name": "text" });
        let variables = host.search_all("/v2/variables/search", filter).await?;
        ensure!(variables.len() == 1 && variables[0]["value"] == *expected, "{variables:?}");
    }
    let joined = key(&instance(&host, "join").await?)?;
    let filter = json!({ "processInstanceKey": joined, "name": "total" });
    let total = host.search_all("/v2/variables/search", filter).await?;
    ensure!(total.len() == 1 && total[0]["value"] == "43", "{total:?}");
    host.kill()?;
    ensure!(dump::check(data).await? == SCHEMA_VERSION);
    Ok(())
}

/// What is easily lost on the way through SQL.
const TEXT: &str = "it's \"quoted\", ends;\nand goes on: Grüße, 😀";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes the folder of the present schema, once"]
async fn write_the_folder_of_this_schema() -> anyhow::Result<()> {
    let target = fixtures().join(format!("schema-{SCHEMA_VERSION}"));
    ensure!(!target.exists(), "{} exists: it never changes", target.display());
    let folder = tempfile::tempdir()?;
    let data = folder.path();
    let mut host = Host::start(data)?;
    for name in ["echo.wasm", "hostile.wasm"] {
        let (status, answer) = host.upload(component(name)?).await?;
        ensure!(status == 201, "{name}: {status} {answer}");
    }
    let grant = json!({ "grants": { "hosts": ["api.example.com"] } });
    let (status, answer) = host.send("PUT", "/fermata/v1/grants/echo", Some(&grant)).await?;
    ensure!(status < 300, "grant: {status} {answer}");
    for value in ["hunter1", "hunter2"] {
        let (status, answer) =
            host.send("PUT", "/fermata/v1/secrets/API_KEY", Some(&json!({ "value": value }))).await?;
        ensure!(status == 200, "secret: {status} {answer}");
    }
    host.deploy("in-flight.bpmn", model("in-flight.bpmn")?).await?;
    start(&host, "echoed", "echo").await?;
    host.wait_for("the echo", || async {
        Ok((instance(&host, "echoed").await?["state"] == "COMPLETED").then_some(()))
    })
    .await?;
    for (business_id, way) in IN_FLIGHT {
        start(&host, business_id, way).await?;
    }

    // The four jobs of one type, in the order in which they were made.
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(text(&take(&host, "work").await?, "jobKey")?);
    }
    let fail = async |job: &str, body: Value| host.post(&format!("/v2/jobs/{job}/failure"), &body).await;
    // Given back, as if it had never been taken.
    fail(&jobs[0], json!({ "retries": 3, "retryBackOff": 0, "errorMessage": "not me" })).await?;
    fail(&jobs[2], json!({ "retries": 2, "retryBackOff": 20_000, "errorMessage": "not now" })).await?;
    fail(&jobs[3], json!({ "retries": 0, "retryBackOff": 0, "errorMessage": "no money" })).await?;
    host.wait_for("the component to run", || async {
        let jobs = host.search_all("/v2/jobs/search", json!({ "type": "hostile" })).await?;
        Ok(jobs
            .iter()
            .any(|job| job["worker"].as_str().is_some_and(|worker| !worker.is_empty()))
            .then_some(()))
    })
    .await?;
    host.kill()?;
    // It is large, and of no use without a job to hang in.
    dump::execute(
        data,
        "DELETE FROM component_bytes WHERE sequence IN (SELECT sequence FROM component WHERE name = 'hostile'); \
         DELETE FROM component WHERE name = 'hostile'",
    )
    .await?;
    // Past by every machine's clock.
    dump::execute(
        data,
        "UPDATE timer SET due = 1600000000000 WHERE element_id = 'pause'; \
         UPDATE job SET due = 1600000000000 WHERE due > 0",
    )
    .await?;
    let version = dump::write(data, &target).await?;
    ensure!(version == SCHEMA_VERSION);
    println!("{} is written", target.display());
    Ok(())
}

fn fixtures() -> PathBuf {
    root().join("tests/e2e/upgrade")
}

async fn start(host: &Host, business_id: &str, way: &str) -> anyhow::Result<()> {
    let variables = json!({ "way": way, "text": TEXT, "amount": if way == "run" { RUNS_FOR_MS } else { 21 }, "attack": "sleep" });
    let start = json!({ "processDefinitionId": "in-flight", "businessId": business_id, "tags": ["kept", way],
                        "variables": variables });
    host.post("/v2/process-instances", &start).await?;
    Ok(())
}

async fn instance(host: &Host, business_id: &str) -> anyhow::Result<Value> {
    let found = host.search_all("/v2/process-instances/search", json!({ "businessId": business_id })).await?;
    ensure!(found.len() == 1, "{} instances are `{business_id}`", found.len());
    found.into_iter().next().context("an instance")
}

fn key(instance: &Value) -> anyhow::Result<String> {
    text(instance, "processInstanceKey")
}

/// A job of a type, as soon as there is one.
async fn take(host: &Host, job_type: &str) -> anyhow::Result<Value> {
    host.wait_for(job_type, || async {
        let wanted =
            json!({ "type": job_type, "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 5_000 });
        let answer = host.post("/v2/jobs/activation", &wanted).await?;
        Ok(answer["jobs"].as_array().and_then(|jobs| jobs.first().cloned()))
    })
    .await
}
