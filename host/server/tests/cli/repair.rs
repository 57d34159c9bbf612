//! An operator finds what has gone wrong, and repairs it.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::support::{Host, Output, component, line, model};

/// A condition that cannot be decided without the variable `amount`.
const UNDECIDED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:test">
  <bpmn:process id="undecided" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:exclusiveGateway id="large" />
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="start-large" sourceRef="start" targetRef="large" />
    <bpmn:sequenceFlow id="large-end" sourceRef="large" targetRef="end">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=amount &gt; 100</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
  </bpmn:process>
</bpmn:definitions>
"#;

fn json(output: &Output) -> anyhow::Result<Value> {
    serde_json::from_str(&output.stdout).with_context(|| output.stdout.clone())
}

/// Sends a request with a JSON body, as a worker or another client of the API would.
fn send(host: &Host, method: reqwest::Method, path: &str, body: Value) -> anyhow::Result<Value> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let answer = host.client()?.request(method, format!("{}{path}", host.url)).json(&body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    })
}

fn post(host: &Host, path: &str, body: Value) -> anyhow::Result<Value> {
    send(host, reqwest::Method::POST, path, body)
}

/// Starts an instance; gives its key.
fn start(host: &Host, process: &str) -> anyhow::Result<String> {
    let started = json(&host.run(["start", process, "--json"])?.expect(0)?)?;
    Ok(started["processInstanceKey"].as_str().context("no key")?.to_owned())
}

fn the_incident(host: &Host) -> anyhow::Result<Value> {
    let incidents = json(&host.run(["incidents", "--json"])?.expect(0)?)?;
    ensure!(incidents.as_array().is_some_and(|incidents| incidents.len() == 1), "{incidents}");
    Ok(incidents[0].clone())
}

/// A worker takes the job and fails for good, or for so many more times.
fn fail_job(host: &Host, retries: u32) -> anyhow::Result<()> {
    let activation = serde_json::json!({
        "type": "echo", "worker": "test", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 30_000
    });
    let jobs = post(host, "/v2/jobs/activation", activation)?;
    let job = jobs["jobs"][0]["jobKey"].as_str().context("no job")?;
    let failure = serde_json::json!({ "retries": retries, "errorMessage": "the till is jammed" });
    post(host, &format!("/v2/jobs/{job}/failure"), failure)?;
    Ok(())
}

#[test]
fn a_job_that_has_failed_for_good_runs_again_when_its_incident_is_resolved() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let instance = start(&host, "one-echo")?;
    fail_job(&host, 0)?;
    let incident = the_incident(&host)?;
    ensure!(incident["errorMessage"] == "the till is jammed", "{incident}");
    let key = incident["incidentKey"].as_str().context("no key")?;

    // Two more tries: the first fails, the second is done by the component that comes now.
    let output = host.run(["incidents", "resolve", key, "--retries", "2"])?.expect(0)?;
    ensure!(output.stdout.contains(&format!("instance {instance} goes on at work")), "{output:#?}");
    fail_job(&host, 1)?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    host.wait_for_end(&instance)?;
    let output = host.run(["incidents"])?.expect(0)?;
    ensure!(output.stdout.trim() == "no incidents", "{output:#?}");
    let output = host.run(["incidents", "list", "--all"])?.expect(0)?;
    ensure!(output.stdout.contains("the till is jammed"), "{output:#?}");
    host.run(["incidents", "resolve", key])?.expect_line(1, &[key])
}

#[test]
fn what_has_no_job_is_evaluated_again() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let path = folder.path().join("undecided.bpmn");
    std::fs::write(&path, UNDECIDED)?;
    host.run(line!["deploy", &path])?.expect(0)?;
    // Whoever waits for the end learns why it does not come.
    let output = host.run(["start", "undecided", "--await", "--timeout", "100ms"])?.expect(1)?;
    let incident = the_incident(&host)?;
    let key = incident["incidentKey"].as_str().context("no key")?;
    let command = format!("fermata incidents resolve {key}");
    ensure!(output.stderr.contains(&command) && output.stderr.contains("at `large`"), "{output:#?}");

    let instance = incident["processInstanceKey"].as_str().context("no instance")?;
    let variables = serde_json::json!({ "variables": { "amount": 120 } });
    send(&host, reqwest::Method::PUT, &format!("/v2/element-instances/{instance}/variables"), variables)?;
    host.run(["incidents", "resolve", key])?.expect(0)?;
    host.wait_for_end(instance)
}

#[test]
fn an_instance_is_cancelled_once() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let (first, second) = (start(&host, "one-echo")?, start(&host, "one-echo")?);
    let output = host.run(["cancel", &first, &second])?.expect(0)?;
    ensure!(output.stdout.lines().count() == 2, "{output:#?}");
    let output = host.run(["instances", "--state", "terminated", "--json"])?.expect(0)?;
    ensure!(json(&output)?.as_array().is_some_and(|instances| instances.len() == 2), "{output:#?}");
    host.run(["cancel", &first])?.expect_line(1, &[&first])
}
