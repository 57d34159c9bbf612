//! A host that removes finished instances is killed again and again: none is removed that was not exported as a whole.

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use harness::{Host, Options, Server, model};

const INSTANCES: usize = 400;
const KILLS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn no_history_is_lost_when_the_host_is_killed() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    run(folder.path(), None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_history_is_lost_on_postgresql_either() -> anyhow::Result<()> {
    let Some(server) = Server::find() else { return Ok(()) };
    let schema = server.schema().await?;
    let folder = tempfile::tempdir()?;
    run(folder.path(), Some(schema.url())).await?;
    Ok(schema.remove().await?)
}

async fn run(folder: &Path, database_url: Option<String>) -> anyhow::Result<()> {
    let config = folder.join("fermata.toml");
    std::fs::write(&config, "[retention]\ndefault = 'PT1S'\nexport = 'history'\n")?;
    let data = folder.join("data");
    let options = Options { database_url, ..Options::default() };
    let removing = Options { config: Some(config), ..options.clone() };

    let mut host = Host::start_with(&data, &options)?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    let mut keys = BTreeSet::new();
    for number in 0..INSTANCES {
        let key = host.start_instance("one-echo", json!({ "n": number })).await?;
        host.post(&format!("/v2/process-instances/{key}/cancellation"), &json!({})).await?;
        keys.insert(key);
    }
    let mut whole = BTreeMap::new();
    for line in export(&host).await? {
        whole.insert(name(&line)?, line);
    }
    host.kill()?;

    let history = folder.join("history");
    let mut amid_removal = 0;
    for _ in 0..KILLS {
        let before = bytes(&history)?;
        let mut host = Host::start_with(&data, &removing)?;
        // Killed as soon as it has begun to write, or when there is nothing left to do.
        while bytes(&history)? == before && ended(&host).await? > 0 {
            tokio::task::yield_now().await;
        }
        host.kill()?;
        // One that removes nothing tells what is left.
        let mut host = Host::start_with(&data, &options)?;
        amid_removal += usize::from(ended(&host).await? > 0);
        host.kill()?;
    }
    ensure!(amid_removal > 0, "no kill came before everything was removed");
    let host = Host::start_with(&data, &removing)?;
    host.wait_for("all instances to go", || async { Ok((ended(&host).await? == 0).then_some(())) }).await?;

    let mut exported = BTreeMap::new();
    for file in std::fs::read_dir(&history)? {
        let text = std::fs::read_to_string(file?.path())?;
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            match serde_json::from_str::<Value>(line) {
                Ok(line) => {
                    let name = name(&line)?;
                    ensure!(
                        exported.get(&name).is_none_or(|known| *known == line),
                        "{name:?} has two meanings"
                    );
                    exported.insert(name, line);
                }
                // The crash has torn it.
                Err(_) => ensure!(number + 1 == lines.len() && !text.ends_with('\n'), "a torn line: {line}"),
            }
        }
    }
    ensure!(exported == whole, "{} lines were exported, {} are all", exported.len(), whole.len());
    for key in &keys {
        let (status, _) = host.send("GET", &format!("/v2/process-instances/{key}"), None).await?;
        ensure!(status == 404, "{key}: {status}");
    }
    Ok(())
}

/// How long all files of a folder are together.
fn bytes(folder: &Path) -> anyhow::Result<u64> {
    let Ok(files) = std::fs::read_dir(folder) else { return Ok(0) };
    files.map(|file| Ok(file?.metadata()?.len())).sum()
}

/// What tells whether two lines are the same.
fn name(line: &Value) -> anyhow::Result<(String, i64, i64)> {
    let number = |field: &str| line[field].as_i64().with_context(|| format!("no `{field}` in {line}"));
    Ok((harness::text(line, "processInstanceKey")?, number("position")?, number("entry")?))
}

async fn ended(host: &Host) -> anyhow::Result<usize> {
    let filter = json!({ "filter": { "state": "TERMINATED" }, "page": { "limit": 1 } });
    let found = host.post("/v2/process-instances/search", &filter).await?;
    found["page"]["totalItems"].as_u64().map(|total| total as usize).context("a count")
}

async fn export(host: &Host) -> anyhow::Result<Vec<Value>> {
    let answer = host.client().get(format!("{}/fermata/v1/history", host.url)).send().await?;
    ensure!(answer.status().is_success());
    answer.text().await?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
