//! Versions of a worker come and go while instances run.

mod harness;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use harness::{Host, component, model, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_version_serves_the_next_job_and_the_first_comes_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("two-echoes.bpmn", model("two-echoes.bpmn")?).await?;

    // The first job is done by the first version; the instance then waits for an external worker.
    let first = host.start_instance("two-echoes", json!({})).await?;
    let job = take_human_job(&host).await?;
    let (status, answer) = host.upload(component("echo-v2.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    complete(&host, &job).await?;
    expect_versions(&host, &first, "1.0.0", "2.0.0").await?;

    // Uploading the same bytes again changes nothing.
    let (status, _) = host.upload(component("echo-v2.wasm")?).await?;
    ensure!(status == 200, "the same component again: {status}");

    // Without the second version the first serves again, also for an instance that runs.
    let second = host.start_instance("two-echoes", json!({})).await?;
    let job = take_human_job(&host).await?;
    let (status, answer) = host.send("DELETE", "/fermata/v1/components/echo/2.0.0", None).await?;
    ensure!(status == 200, "delete: {status} {answer}");
    complete(&host, &job).await?;
    expect_versions(&host, &second, "2.0.0", "1.0.0").await?;

    // Without any version the job waits, and goes on with the next upload.
    let (status, answer) = host.send("DELETE", "/fermata/v1/components/echo/1.0.0", None).await?;
    ensure!(status == 200, "delete: {status} {answer}");
    let third = host.start_instance("two-echoes", json!({})).await?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    let job = take_human_job(&host).await?;
    complete(&host, &job).await?;
    expect_versions(&host, &third, "1.0.0", "1.0.0").await
}

/// How many clients start instances while a version comes and goes.
const CLIENTS: usize = 4;

/// How many instances they start before it comes, while it is there, and after it has gone.
const INSTANCES: usize = 60;

/// What those who start instances and the one who changes versions know of each other.
#[derive(Default)]
struct Progress {
    /// Instances that were started.
    started: AtomicUsize,
    /// The versions' way: an index of [`SERVED`].
    phase: AtomicUsize,
    /// Whether there are enough instances.
    over: AtomicBool,
}

/// The versions that may do a job: before the upload of the second, during it, after it, during its deletion, after it.
const SERVED: [&[&str]; 5] = [&["1.0.0"], &["1.0.0", "2.0.0"], &["2.0.0"], &["1.0.0", "2.0.0"], &["1.0.0"]];

#[tokio::test(flavor = "multi_thread")]
async fn a_version_comes_and_goes_under_load_and_no_job_is_lost() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    let progress = Progress::default();
    let clients = try_join_all((0..CLIENTS).map(|_| start_instances(&host, &progress)));
    let (versions, ()) = tokio::try_join!(clients, change_versions(&host, &progress))?;
    let mut served = BTreeMap::<String, usize>::new();
    for version in versions.into_iter().flatten() {
        *served.entry(version).or_default() += 1;
    }
    let started = progress.started.into_inner();
    ensure!(served.values().sum::<usize>() == started, "of {started} ended {served:?}");
    ensure!(served.values().all(|count| *count >= INSTANCES) && served.len() == 2, "{served:?}");

    let of_process = json!({ "processDefinitionId": "one-echo" });
    let instances = host.search_all("/v2/process-instances/search", of_process).await?;
    ensure!(instances.len() == started, "{} instances", instances.len());
    ensure!(instances.iter().all(|instance| instance["state"] == "COMPLETED"), "not all have ended");
    for what in ["jobs", "incidents"] {
        let left = host.search_all(&format!("/v2/{what}/search"), json!({})).await?;
        ensure!(left.is_empty(), "{what}: {left:?}");
    }
    // Each job was done once, at the first try: nothing was interrupted by the change.
    for instance in instances {
        let key = text(&instance, "processInstanceKey")?;
        let history = host.get(&format!("/fermata/v1/process-instances/{key}/history")).await?;
        let events = history["items"].as_array().context("items")?.iter();
        let events = events.flat_map(|entry| entry["events"].as_array().into_iter().flatten());
        let count = |kind: &str| events.clone().filter(|event| event["type"] == kind).count();
        ensure!((count("JOB_COMPLETED"), count("JOB_FAILED")) == (1, 0), "{history}");
    }
    Ok(())
}

/// Starts instances one after the other until it is over; gives the version that did each one's job.
async fn start_instances(host: &Host, progress: &Progress) -> anyhow::Result<Vec<String>> {
    let mut versions = Vec::new();
    while !progress.over.load(Ordering::SeqCst) {
        progress.started.fetch_add(1, Ordering::SeqCst);
        let before = progress.phase.load(Ordering::SeqCst);
        let ended = host.run_instance("one-echo", json!({})).await?;
        let after = progress.phase.load(Ordering::SeqCst);
        let version = text(&ended["variables"], "workerVersion")?;
        let served = SERVED[before..=after].concat();
        ensure!(served.contains(&version.as_str()), "{version} did a job when {served:?} were served");
        versions.push(version);
    }
    Ok(versions)
}

/// Uploads the second version, and deletes it again.
async fn change_versions(host: &Host, progress: &Progress) -> anyhow::Result<()> {
    let next_phase = || progress.phase.fetch_add(1, Ordering::SeqCst);
    more_instances(host, progress).await?;
    next_phase();
    let (status, answer) = host.upload(component("echo-v2.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    next_phase();
    more_instances(host, progress).await?;
    next_phase();
    let (status, answer) = host.send("DELETE", "/fermata/v1/components/echo/2.0.0", None).await?;
    ensure!(status == 200, "delete: {status} {answer}");
    next_phase();
    more_instances(host, progress).await?;
    progress.over.store(true, Ordering::SeqCst);
    Ok(())
}

/// Waits until as many instances as are wanted of each phase were started, and those at work beside them.
async fn more_instances(host: &Host, progress: &Progress) -> anyhow::Result<()> {
    let wanted = progress.started.load(Ordering::SeqCst) + INSTANCES + CLIENTS;
    host.wait_for("instances to be started", || async {
        Ok((progress.started.load(Ordering::SeqCst) >= wanted).then_some(()))
    })
    .await
}

async fn take_human_job(host: &Host) -> anyhow::Result<String> {
    let answer = host
        .post(
            "/v2/jobs/activation",
            &json!({ "type": "human", "worker": "test", "timeout": 60_000, "maxJobsToActivate": 1,
                     "requestTimeout": 30_000 }),
        )
        .await?;
    text(&answer["jobs"][0], "jobKey")
}

async fn complete(host: &Host, job: &str) -> anyhow::Result<()> {
    let (status, answer) = host.send("POST", &format!("/v2/jobs/{job}/completion"), Some(&json!({}))).await?;
    ensure!(status == 204, "completion: {status} {answer}");
    Ok(())
}

async fn expect_versions(host: &Host, key: &str, first: &str, second: &str) -> anyhow::Result<()> {
    host.wait_for("the instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{key}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await?;
    let variables =
        host.post("/v2/variables/search", &json!({ "filter": { "processInstanceKey": key } })).await?;
    let value = |name: &str| {
        variables["items"]
            .as_array()
            .and_then(|items| items.iter().find(|item| item["name"] == name))
            .map_or(Value::Null, |item| item["value"].clone())
    };
    ensure!(value("firstVersion") == format!("\"{first}\""), "first: {}", value("firstVersion"));
    ensure!(value("secondVersion") == format!("\"{second}\""), "second: {}", value("secondVersion"));
    Ok(())
}
