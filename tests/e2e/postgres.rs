//! The whole host on PostgreSQL: it survives `kill -9`, and a second host takes over when the first has ended.

mod harness;

use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use store::{INSTALLATION_ID, KEYS_SKIPPED};

use harness::{Host, Options, Schema, Server, component, model};

const INSTANCES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_host_on_postgresql_is_killed_and_replaced_and_restored() -> anyhow::Result<()> {
    let Some(server) = Server::find() else { return Ok(()) };
    let schema = server.schema().await?;
    run(schema.url()).await?;
    schema.remove().await?;
    let schema = server.schema().await?;
    let (code, said) = fermata(&["restore", "--database-url", &schema.url()])?;
    ensure!(code == Some(2) && said.contains("run pg_restore first"), "{code:?} {said}");
    restore(&schema).await?;
    Ok(schema.remove().await?)
}

fn fermata(arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_fermata")).args(arguments).output()?;
    let text = String::from_utf8([output.stdout, output.stderr].concat())?;
    Ok((output.status.code(), text))
}

/// What makes an installation another one.
#[derive(Debug)]
struct Installation {
    id: String,
    /// The next keys of its partitions.
    counters: Vec<i64>,
}

async fn installation(schema: &Schema) -> anyhow::Result<Installation> {
    let mut db = schema.connect().await?;
    let id = sqlx::query_scalar("SELECT value FROM installation WHERE name = $1").bind(INSTALLATION_ID);
    let counters = sqlx::query_scalar("SELECT next_key_counter FROM partition ORDER BY id");
    Ok(Installation { id: id.fetch_one(&mut db).await?, counters: counters.fetch_all(&mut db).await? })
}

/// A database that was brought back with PostgreSQL's own tools is suspended until its host is told to go on.
async fn restore(schema: &Schema) -> anyhow::Result<()> {
    let url = schema.url();
    let options = Options { database_url: Some(url.clone()), ..Options::default() };
    let folder = tempfile::tempdir()?;
    let host = Host::start_with(folder.path(), &options)?;
    host.deploy("crash.bpmn", model("crash.bpmn")?).await?;
    let key = host.start_instance("crash", json!({ "n": 1 })).await?;
    let (status, refused) = host.send("GET", "/fermata/v1/backup", None).await?;
    ensure!(status == 409 && refused["detail"].to_string().contains("pg_dump"), "{status} {refused}");
    let restore = ["restore", "--database-url", url.as_str()];
    let (code, said) = fermata(&restore)?;
    ensure!(code == Some(2) && said.contains("a host works on this database"), "{code:?} {said}");
    ensure!(said.lines().count() == 1, "{said}");
    // In order, so that it lets go of its partitions.
    host.terminate()?;
    let before = installation(schema).await?;

    let (code, said) = fermata(&restore)?;
    ensure!(code == Some(0) && said.contains("1 active instance") && said.contains("suspended"), "{said}");
    let after = installation(schema).await?;
    ensure!(said.contains(&after.id) && !said.contains(&before.id), "{before:?} {after:?} {said}");
    let skipped: Vec<i64> = before.counters.iter().map(|counter| counter + KEYS_SKIPPED as i64).collect();
    ensure!(after.counters == skipped, "{before:?} {after:?}");
    let host = Host::start_with(folder.path(), &options)?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    let shown = host.get("/fermata/v1/restoration").await?;
    ensure!(shown["suspended"] == true && shown["jobs"][0]["waiting"] == 1, "{shown}");
    host.post("/fermata/v1/resumption", &json!({})).await?;
    host.wait_for("the instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{key}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await
}

async fn run(url: String) -> anyhow::Result<()> {
    let options = Options { database_url: Some(url), ..Options::default() };
    let folder = tempfile::tempdir()?;
    let mut host = Host::start_with(folder.path(), &options)?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("crash.bpmn", model("crash.bpmn")?).await?;
    let mut keys = Vec::new();
    for number in 0..INSTANCES {
        keys.push(host.start_instance("crash", json!({ "n": number })).await?);
    }
    // What was answered is kept, however soon the host dies.
    let known = workers(&host, "2.0.0", component("echo-v2.wasm")?).await?;
    host.kill()?;
    // The same folder is the same node: it does not wait for its own lease.
    let host = Host::start_with(folder.path(), &options)?;
    ensure!(platform(&host).await? == known);
    for key in &keys {
        let history = host
            .wait_for("the instance to end", || async {
                let history =
                    host.get(&format!("/fermata/v1/process-instances/{key}/history?limit=1000")).await?;
                Ok((count(&history, "INSTANCE_COMPLETED") > 0).then_some(history))
            })
            .await?;
        ensure!(count(&history, "INSTANCE_COMPLETED") == 1, "instance {key} ended more than once");
        ensure!(count(&history, "JOB_CREATED") == count(&history, "JOB_COMPLETED"), "instance {key}");
    }

    // A second host waits until the first has let go.
    let other = tempfile::tempdir()?;
    let data = other.path().to_owned();
    let second = tokio::task::spawn_blocking(move || Host::start_with(&data, &options));
    let first_serves = host.run_instance("crash", json!({ "n": INSTANCES })).await?;
    ensure!(first_serves["processInstanceKey"].is_string() && !second.is_finished());
    // What the first one changes while the second one waits, the second one knows.
    let (status, answer) = host
        .send("POST", "/fermata/v1/rollouts/echo/rollback", Some(&json!({ "reason": "too soon" })))
        .await?;
    ensure!(status == 200, "rollback: {status} {answer}");
    ensure!(platform(&host).await? != known);
    let known = platform(&host).await?;
    host.terminate()?;
    let second = second.await??;
    ensure!(platform(&second).await? == known);
    let key = keys.first().context("an instance")?;
    let instance = second.get(&format!("/v2/process-instances/{key}")).await?;
    ensure!(instance["state"] == "COMPLETED", "{instance}");
    second.run_instance("crash", json!({ "n": INSTANCES + 1 })).await?;
    Ok(())
}

/// Uploads a version, rolls it out beside the first one with a pin, and grants it something. Returns what the host knows then.
async fn workers(host: &Host, version: &str, bytes: Vec<u8>) -> anyhow::Result<Value> {
    let (status, answer) = host.upload(bytes).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    let plan = json!({
        "versions": [
            { "version": "echo@1.0.0", "weight": 90 },
            { "version": format!("echo@{version}"), "weight": 10 },
        ],
        "pins": [{ "processDefinitionId": "crash", "workerVersion": "^1" }],
    });
    let (status, answer) = host.send("PUT", "/fermata/v1/rollouts/echo", Some(&plan)).await?;
    ensure!((200..300).contains(&status), "roll-out: {status} {answer}");
    let policy = json!({ "limits": { "wall_time_ms": 7_000 } });
    let (status, answer) = host.send("PUT", "/fermata/v1/grants/echo", Some(&policy)).await?;
    ensure!((200..300).contains(&status), "grant: {status} {answer}");
    platform(host).await
}

/// The components, roll-outs and grants that a host knows, without what it has counted itself.
async fn platform(host: &Host) -> anyhow::Result<Value> {
    let mut rollout = host.get("/fermata/v1/rollouts/echo").await?;
    rollout.as_object_mut().context("a roll-out")?.remove("counted");
    let history = host.get("/fermata/v1/rollouts/echo/history").await?;
    let grant = host.get("/fermata/v1/grants/echo").await?;
    Ok(json!([components(host).await?, rollout, history, grant]))
}

async fn components(host: &Host) -> anyhow::Result<Value> {
    let mut components = host.get("/fermata/v1/components").await?;
    for component in components["items"].as_array_mut().context("items")? {
        component.as_object_mut().context("a component")?.remove("work");
    }
    Ok(components)
}

fn count(history: &Value, kind: &str) -> usize {
    let entries = history["items"].as_array().into_iter().flatten();
    entries
        .flat_map(|entry| entry["events"].as_array().into_iter().flatten())
        .filter(|event| event["type"] == kind)
        .count()
}
