//! What the whole-host tests share.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

mod gate;

use anyhow::{Context as _, ensure};
use manifest::Manifest;
use serde_json::Value;

pub(crate) use ::harness::{Api, Host, Options, Schema, Server, binary, component, root, text};

pub(crate) use gate::Gate;

/// A component under another name and version, which does jobs of these types.
pub(crate) fn packed(file: &str, name: &str, version: &str, job_types: &[&str]) -> anyhow::Result<Vec<u8>> {
    let manifest = format!(
        "name = '{name}'\nversion = '{version}'\nkind = 'worker'\njob-types = ['{}']\n",
        job_types.join("', '")
    );
    Ok(::manifest::embed(&component(file)?, &Manifest::from_toml(&manifest)?)?)
}

/// Uploads a component that is new.
pub(crate) async fn upload(host: &Host, wasm: Vec<u8>) -> anyhow::Result<()> {
    let (status, answer) = host.upload(wasm).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    Ok(())
}

/// A request that changes something and must succeed.
pub(crate) async fn put(host: &Host, path: &str, body: &Value) -> anyhow::Result<Value> {
    let (status, answer) = host.send("PUT", path, Some(body)).await?;
    ensure!((200..300).contains(&status), "PUT {path}: {status} {answer}");
    Ok(answer)
}

/// The workers that have begun attempts of an instance's jobs, in their order.
pub(crate) async fn workers(host: &Host, instance: &str) -> anyhow::Result<Vec<String>> {
    let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history?limit=100")).await?;
    let entries = history["items"].as_array().context("items")?.iter();
    let events = entries.flat_map(|entry| entry["events"].as_array().into_iter().flatten());
    events.filter(|event| event["type"] == "JOB_STARTED").map(|event| text(event, "worker")).collect()
}

/// Waits until instances have been completed.
pub(crate) async fn completed(host: &Host, instances: &[String]) -> anyhow::Result<()> {
    for instance in instances {
        host.wait_for("an instance to be completed", || async {
            let instance = host.get(&format!("/v2/process-instances/{instance}")).await?;
            Ok((instance["state"] == "COMPLETED").then_some(()))
        })
        .await?;
    }
    Ok(())
}

/// A model of these tests.
pub(crate) fn model(name: &str) -> anyhow::Result<String> {
    let path = root().join("tests/e2e/models").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}
