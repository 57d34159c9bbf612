//! Whose jobs get the places of a real host, as the service sees it that all of them call: slow components beside quick
//! ones, limits on how many jobs run at the same time, priorities.

mod harness;

use std::path::Path;

use anyhow::ensure;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use harness::{Gate, Host, Options, completed, component, model, packed, put, text, upload};

/// Places of the host, and how many of them one component takes when it has jobs for more.
const PLACES: usize = 8;
const PLACES_OF_ONE: usize = 6;

/// How long a job may wait for the service: only a broken host is that slow.
const PATIENCE_MS: u32 = 120_000;

/// Jobs of a flood.
const FLOOD: usize = 30;

/// Jobs of a backlog: more than wait in memory.
const BACKLOG: usize = 600;

/// A host with so many places for jobs.
fn start(folder: &Path, places: usize) -> anyhow::Result<Host> {
    let config = folder.join("fermata.toml");
    std::fs::write(&config, format!("concurrency = {places}\n"))?;
    Host::start_with(&folder.join("data"), &Options { config: Some(config), ..Options::default() })
}

/// A process with one task of a job type, called as the type.
fn process(job_type: &str) -> anyhow::Result<String> {
    let echo = r#"type="echo""#;
    Ok(model("one-echo.bpmn")?.replace(echo, &format!(r#"type="{job_type}""#)).replace("one-echo", job_type))
}

/// Allows a component to call the service, for as long as it takes, and so much more.
async fn grant(host: &Host, name: &str, gate: &Gate, mut limits: Value) -> anyhow::Result<()> {
    limits["wall_time_ms"] = json!(PATIENCE_MS);
    let policy = json!({ "grants": { "hosts": [gate.url] }, "limits": limits });
    put(host, &format!("/fermata/v1/grants/{name}"), &policy).await?;
    Ok(())
}

/// Starts instances whose jobs call the service.
async fn flood(host: &Host, process: &str, gate: &Gate, count: usize) -> anyhow::Result<Vec<String>> {
    let variables =
        |number| json!({ "attack": "host-not-granted", "url": format!("{}/{process}-{number}", gate.url) });
    try_join_all((0..count).map(|number| host.start_instance(process, variables(number)))).await
}

async fn until_waiting(host: &Host, gate: &Gate, count: usize) -> anyhow::Result<()> {
    host.wait_for(&format!("{count} requests at the same time"), || async {
        Ok((gate.waiting() == count).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_slow_jobs_hold_up_nobody_who_is_quick() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = start(folder.path(), PLACES)?;
    upload(&host, component("echo.wasm")?).await?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    let mut floods = Vec::new();
    // One that may run as many jobs as it likes, and one whose grant allows it two.
    for (name, limits) in [("flood", json!({})), ("narrow", json!({ "concurrency": 2 }))] {
        let gate = Gate::start().await?;
        upload(&host, packed("hostile.wasm", name, "1.0.0", &[name])?).await?;
        grant(&host, name, &gate, limits).await?;
        host.deploy(&format!("{name}.bpmn"), process(name)?).await?;
        floods.push((name, gate));
    }
    let (flooding, narrow) = (&floods[0].1, &floods[1].1);
    let mut slow = flood(&host, "flood", flooding, FLOOD).await?;
    until_waiting(&host, flooding, PLACES_OF_ONE).await?;
    quick_jobs_are_done(&host).await?;

    // The second flood gets a place beside the first, and leaves one for who is quick.
    slow.extend(flood(&host, "narrow", narrow, FLOOD).await?);
    until_waiting(&host, narrow, 1).await?;
    quick_jobs_are_done(&host).await?;
    ensure!((flooding.waiting(), narrow.waiting()) == (PLACES_OF_ONE, 1), "nobody was let go");

    // Without the first it has as many as it may, and the others are left for whoever comes.
    flooding.open();
    until_waiting(&host, narrow, 2).await?;
    quick_jobs_are_done(&host).await?;
    completed(&host, &slow[..FLOOD]).await?;
    narrow.open();
    completed(&host, &slow).await?;
    ensure!((flooding.most(), narrow.most()) == (PLACES_OF_ONE, 2), "no more at the same time");
    for gate in [flooding, narrow] {
        let mut arrived = gate.arrived();
        arrived.sort_unstable();
        arrived.dedup();
        ensure!((arrived.len(), gate.arrived().len()) == (FLOOD, FLOOD), "each has called once: {arrived:?}");
    }
    Ok(())
}

/// Jobs of a component that waits for nobody are done while all others wait.
async fn quick_jobs_are_done(host: &Host) -> anyhow::Result<()> {
    for number in 0..5 {
        let ended = host.run_instance("one-echo", json!({ "n": number })).await?;
        ensure!(ended["variables"]["n"] == number, "{ended}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_never_runs_more_jobs_than_it_may_in_all_versions_and_types() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = start(folder.path(), 64)?;
    let gate = Gate::start().await?;
    grant(&host, "pay", &gate, json!({ "concurrency": 3 })).await?;
    for version in ["1.0.0", "1.1.0"] {
        upload(&host, packed("hostile.wasm", "pay", version, &["charge", "refund"])?).await?;
    }
    let versions =
        json!([{ "version": "pay@1.0.0", "weight": 50 }, { "version": "pay@1.1.0", "weight": 50 }]);
    put(&host, "/fermata/v1/rollouts/charge", &json!({ "versions": versions })).await?;
    let mut instances = Vec::new();
    for job_type in ["charge", "refund"] {
        host.deploy(&format!("{job_type}.bpmn"), process(job_type)?).await?;
        instances.extend(flood(&host, job_type, &gate, FLOOD).await?);
    }
    until_waiting(&host, &gate, 3).await?;
    gate.let_go(10);
    arrived(&host, &gate, 13).await?;
    ensure!(gate.most() == 3, "three may run at the same time");
    let types: Vec<bool> = gate.arrived().iter().map(|name| name.starts_with("charge")).collect();
    ensure!(types.contains(&true) && types.contains(&false), "the types take turns: {:?}", gate.arrived());

    // What an operator changes counts at once: more begin although none has ended, and then fewer.
    grant(&host, "pay", &gate, json!({ "concurrency": 5 })).await?;
    until_waiting(&host, &gate, 5).await?;
    grant(&host, "pay", &gate, json!({ "concurrency": 1 })).await?;
    gate.let_go(4);
    until_waiting(&host, &gate, 1).await?;
    gate.most();
    gate.let_go(10);
    arrived(&host, &gate, 25).await?;
    ensure!(gate.most() == 1, "one may run at a time");
    grant(&host, "pay", &gate, json!({})).await?;
    gate.open();
    completed(&host, &instances).await?;
    ensure!(gate.arrived().len() == 2 * FLOOD, "{:?}", gate.arrived());
    Ok(())
}

/// Waits until so many have called the service.
async fn arrived(host: &Host, gate: &Gate, count: usize) -> anyhow::Result<()> {
    host.wait_for(&format!("{count} requests"), || async {
        Ok((gate.arrived().len() >= count).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn urgent_jobs_are_done_before_a_backlog_that_has_come_first() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = start(folder.path(), 1)?;
    let gate = Gate::start().await?;
    upload(&host, component("hostile.wasm")?).await?;
    grant(&host, "hostile", &gate, json!({})).await?;
    host.deploy("backlog.bpmn", model("backlog.bpmn")?).await?;

    // One instance has all jobs of the backlog, of which one runs and waits.
    let url = |name: &str| format!("{}/{name}", gate.url);
    let backlog = json!({ "attack": "host-not-granted", "url": url("calm"), "jobs": BACKLOG, "urgency": 0 });
    let backlog = host.start_instance("backlog", backlog).await?;
    until_waiting(&host, &gate, 1).await?;
    let jobs = host.search_all("/v2/jobs/search", json!({ "processInstanceKey": backlog })).await?;
    ensure!(jobs.len() == BACKLOG, "{} jobs", jobs.len());
    let mut urgent = Vec::new();
    for urgency in [1, 9, 5] {
        let name = url(&format!("urgent-{urgency}"));
        let variables = json!({ "attack": "host-not-granted", "url": name, "jobs": 1, "urgency": urgency });
        urgent.push(host.start_instance("backlog", variables).await?);
    }
    gate.let_go(4);
    arrived(&host, &gate, 5).await?;
    ensure!(gate.arrived() == ["calm", "urgent-9", "urgent-5", "urgent-1", "calm"], "{:?}", gate.arrived());
    completed(&host, &urgent).await?;

    let (status, answer) =
        host.send("POST", &format!("/v2/process-instances/{backlog}/cancellation"), Some(&json!({}))).await?;
    ensure!(status == 204, "cancellation: {status} {answer}");
    gate.open();
    let ended = host
        .wait_for("the backlog to be cancelled", || async {
            let instance = host.get(&format!("/v2/process-instances/{backlog}")).await?;
            Ok((instance["state"] != "ACTIVE").then_some(instance))
        })
        .await?;
    ensure!(text(&ended, "state")? == "TERMINATED", "{ended}");
    Ok(())
}
