//! A backup of the real host under load, restored elsewhere: it has everything that was acknowledged before it began,
//! nothing in it contradicts anything else, and the restored host brings it all to its end.

mod harness;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use store::sqlite::{DATABASE_FILE, Options, SqliteStore};
use torture::check::database::Reader;
use torture::check::orphans::Database;
use torture::check::replay;

use harness::{Api, Host, component, model, text};

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
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(start_instances(host.api(), Arc::clone(&acknowledged)))).collect();
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
    ensure!(!active.is_empty(), "nothing was under way in the backup");
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
    // As slowly as is allowed: it does not end by itself for minutes.
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_fermata"))
        .args(["backup", path(&backup)?, "--rate", "128KiB", "--url", &host.url])
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

async fn start_instances(api: Api, acknowledged: Arc<Mutex<Vec<String>>>) -> anyhow::Result<()> {
    for number in 0.. {
        let key = api.start_instance("crash", json!({ "n": number })).await?;
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
    let mut database = Database::open(&format!("sqlite:{}", path(&data.join(DATABASE_FILE))?)).await?;
    let mut violations = database.orphans().await?;
    drop(database);
    let store = SqliteStore::open(data, Options::default()).await?;
    let mut reader = Reader::new(&store);
    let records = reader.records().await?;
    ensure!(records.len() >= BEFORE);
    for record in records {
        violations.extend(replay::check(&reader.instance(record).await?));
    }
    store.close().await?;
    ensure!(violations.is_empty(), "{violations:?}");
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
