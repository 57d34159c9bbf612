//! A backup of the real host under load, restored elsewhere: it has everything that was acknowledged before it began,
//! nothing in it contradicts anything else, and the restored host brings it all to its end.

mod harness;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use engine::{InstanceState, journal};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use store::Store as _;
use store::sqlite::{DATABASE_FILE, Options, SqliteStore};
use types::{Key, ProcessInstanceKey};

use harness::{Host, component, model, text};

/// Instances whose start is acknowledged before the backup begins.
const BEFORE: usize = 300;
/// Clients that start instances at the same time.
const CLIENTS: usize = 4;
/// Instances that make a large database.
const LARGE_INSTANCES: usize = 16;
/// What each of them has in a variable.
const LARGE_BYTES: usize = 3 << 20;
/// Slow enough that the load goes on meanwhile.
const RATE: &str = "1MiB";

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_all_that_was_acknowledged_before_it_began() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, backup, copy) =
        (folder.path().join("data"), folder.path().join("backup"), folder.path().join("copy"));
    let host = Host::start(&data)?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("crash.bpmn", model("crash.bpmn")?).await?;

    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(start_instances(host.url.clone(), Arc::clone(&acknowledged))))
        .collect();
    let count = || acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len();
    host.wait_for("enough instances", || async { Ok((count() >= BEFORE).then_some(())) }).await?;
    let before = acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let url = host.url.clone();
    fermata(&["backup", path(&backup)?, "--rate", RATE, "--url", &url]).await?;
    let during = count() - before.len();
    ensure!(during > 0, "nothing was started while the backup was made");
    clients.iter().for_each(tokio::task::JoinHandle::abort);

    fermata(&["restore", path(&backup)?, "--data", path(&copy)?]).await?;
    check_rows(&copy).await?;

    let restored = Host::start(&copy)?;
    let known = keys(&restored, json!({})).await?;
    for key in &before {
        ensure!(known.contains(key), "instance {key} was acknowledged before the backup and is not in it");
    }
    let active = keys(&restored, json!({ "state": "ACTIVE" })).await?;
    // Nothing goes on by itself, however long the next requests take.
    let fresh = restored.start_instance("crash", json!({ "n": 1 })).await?;
    ensure!(!known.contains(&fresh), "a key of the original is given out again");
    let still_active = keys(&restored, json!({ "state": "ACTIVE" })).await?;
    ensure!(still_active.len() == active.len() + 1, "{} of {} are active", still_active.len(), active.len());
    let resumed = restored.post("/fermata/v1/resumption", &json!({})).await?;
    ensure!(resumed["resumed"] == true, "{resumed}");
    restored
        .wait_for("all instances to end", || async {
            Ok(keys(&restored, json!({ "state": "ACTIVE" })).await?.is_empty().then_some(()))
        })
        .await?;
    let completed = keys(&restored, json!({ "state": "COMPLETED" })).await?;
    ensure!(completed.len() == known.len() + 1, "{} of {}", completed.len(), known.len() + 1);
    println!(
        "{} instances acknowledged before, {during} during the backup; {} in it, {} of them active",
        before.len(),
        known.len(),
        active.len()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_breaks_off_is_none() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let host = Host::start(&data)?;
    host.deploy("crash.bpmn", model("crash.bpmn")?).await?;
    // More than the network holds on its way: the host is not done before the command is.
    for _ in 0..LARGE_INSTANCES {
        host.start_instance("crash", json!({ "n": 1, "large": "x".repeat(LARGE_BYTES) })).await?;
    }
    // So slow that it cannot end by itself.
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_fermata"))
        .args(["backup", path(&backup)?, "--rate", "1", "--url", &host.url])
        .stderr(std::process::Stdio::piped())
        .spawn()?;
    host.wait_for("the first bytes", || async { Ok(backup.join(DATABASE_FILE).exists().then_some(())) })
        .await?;
    let (status, refused) = host.send("GET", "/fermata/v1/backup", None).await?;
    ensure!(status == 409 && refused["title"] == "INVALID_STATE", "{status} {refused}");
    child.kill().await?;
    ensure!(backup.join(DATABASE_FILE).exists() && !backup.join("manifest.json").exists());
    let restored = fermata(&["restore", path(&backup)?, "--data", path(&folder.path().join("copy"))?]).await;
    ensure!(restored.is_err_and(|error| error.to_string().contains("is no backup")));
    // The host has noticed, and makes another.
    let other = folder.path().join("other");
    host.wait_for("the next backup", || async {
        Ok(fermata(&["backup", path(&other)?, "--url", &host.url]).await.ok())
    })
    .await?;
    Ok(())
}

async fn start_instances(url: String, acknowledged: Arc<Mutex<Vec<String>>>) -> anyhow::Result<()> {
    let http = harness::client()?;
    for number in 0.. {
        let body = json!({ "processDefinitionId": "crash", "variables": { "n": number } });
        let answer = http.post(format!("{url}/v2/process-instances")).json(&body).send().await?;
        let started: Value = answer.error_for_status()?.json().await?;
        let key = text(&started, "processInstanceKey")?;
        acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    }
    Ok(())
}

async fn keys(host: &Host, filter: Value) -> anyhow::Result<BTreeSet<String>> {
    let instances = host.search_all("/v2/process-instances/search", filter).await?;
    instances.iter().map(|instance| text(instance, "processInstanceKey")).collect()
}

/// Every row belongs to something, and what the rows say is what the journal tells.
async fn check_rows(data: &Path) -> anyhow::Result<()> {
    let mut db = SqliteConnectOptions::new().filename(data.join(DATABASE_FILE)).connect().await?;
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut db).await?;
    ensure!(broken.is_empty(), "{} rows refer to nothing", broken.len());
    for (table, condition) in [
        ("journal", "1"),
        ("variable", "1"),
        ("user_task", "1"),
        ("incident", "1"),
        ("element_instance", "state = 0"),
        ("token", "state = 0"),
        ("job", "state = 0"),
        ("timer", "state = 0"),
    ] {
        let orphans = format!(
            "SELECT count(*) FROM {table} WHERE process_instance_key NOT IN \
             (SELECT key FROM process_instance WHERE {condition})"
        );
        let orphans: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(orphans)).fetch_one(&mut db).await?;
        ensure!(orphans == 0, "{orphans} rows of {table} belong to no instance");
    }
    let instances: Vec<i64> =
        sqlx::query_scalar("SELECT key FROM process_instance").fetch_all(&mut db).await?;
    db.close().await?;

    let parsed = bpmn::parse(&model("crash.bpmn")?, &bpmn::Options::new("crash.bpmn"));
    let process = parsed.processes.first().context("the process")?;
    let store = SqliteStore::open(data, Options::default()).await?;
    for key in &instances {
        let key = ProcessInstanceKey(Key::from_i64(*key));
        let mut replayed = InstanceState::default();
        for row in store.journal(key, None, u32::MAX).await? {
            for event in journal::decode(&row.entries)?.into_iter().flat_map(|entry| entry.events) {
                replayed.apply(&event, process);
            }
        }
        replayed.take_changes();
        let rows = store.load_instance(key).await?.context("the rows of an instance")?;
        let loaded = InstanceState::load(rows, process)?;
        ensure!(loaded == replayed, "instance {key} is not what its journal tells");
    }
    ensure!(instances.len() >= BEFORE);
    store.close().await?;
    Ok(())
}

/// Runs a command; an error is what it says.
async fn fermata(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
    command.args(arguments).env("NO_PROXY", "*");
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path in UTF-8")
}
