//! Messages, signals, decisions, and what an operator does to instances, from the command line.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::support::{Host, Output, line, model};

/// A decision without rules that are not needed.
const DISH: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="menu" name="Menu" namespace="urn:menu">
  <decision id="dish" name="Dish">
    <variable id="v" name="dish" />
    <literalExpression id="l"><text>if guests &gt; 4 then "Salad" else "Stew"</text></literalExpression>
  </decision>
</definitions>
"#;

/// An instance waits for a message, then for a signal.
const WAITING: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="urn:test">
  <bpmn:process id="waiting" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:intermediateCatchEvent id="paid"><bpmn:messageEventDefinition messageRef="payment" /></bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="opened"><bpmn:signalEventDefinition signalRef="opening" /></bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="to-paid" sourceRef="start" targetRef="paid" />
    <bpmn:sequenceFlow id="to-opened" sourceRef="paid" targetRef="opened" />
    <bpmn:sequenceFlow id="to-end" sourceRef="opened" targetRef="end" />
  </bpmn:process>
  <bpmn:message id="payment" name="payment"><bpmn:extensionElements><zeebe:subscription correlationKey="=invoice" /></bpmn:extensionElements></bpmn:message>
  <bpmn:signal id="opening" name="opening" />
</bpmn:definitions>
"#;

fn json(output: &Output) -> anyhow::Result<Value> {
    serde_json::from_str(&output.stdout).with_context(|| output.stdout.clone())
}

fn start(host: &Host, process: &str, variables: &str) -> anyhow::Result<String> {
    let started = json(&host.run(["start", process, "--vars", variables, "--json"])?.expect(0)?)?;
    Ok(started["processInstanceKey"].as_str().context("no key")?.to_owned())
}

#[test]
fn a_decision_is_deployed_and_asked() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let path = folder.path().join("dish.dmn");
    std::fs::write(&path, DISH)?;
    let output = host.run(line!["deploy", &path])?.expect(0)?;
    ensure!(output.stdout.starts_with("deployed decision dish version 1, key "), "{output:#?}");
    let output = host.run(["evaluate", "dish", "--vars", "{\"guests\": 8}"])?.expect(0)?;
    ensure!(output.stdout.trim() == "\"Salad\"", "{output:#?}");
    let output = host.run(["evaluate", "dish", "--vars", "{\"guests\": 2}", "--json"])?.expect(0)?;
    ensure!(json(&output)?["evaluatedDecisions"][0]["decisionDefinitionId"] == "dish", "{output:#?}");
    host.run(["evaluate", "nope"])?.expect_line(1, &["no decision `nope` exists"])
}

#[test]
fn messages_and_signals_bring_an_instance_to_its_end() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let path = folder.path().join("waiting.bpmn");
    std::fs::write(&path, WAITING)?;
    host.run(line!["deploy", &path])?.expect(0)?;
    let instance = start(&host, "waiting", "{\"invoice\": \"A\"}")?;
    host.run(["message", "correlate", "payment", "--key", "B"])?.expect_line(1, &["payment"])?;
    let output = host.run(["message", "correlate", "payment", "--key", "A"])?.expect(0)?;
    ensure!(output.stdout.contains(&instance), "{output:#?}");
    let output = host.run(["message", "publish", "payment", "--key", "C", "--ttl", "1h"])?.expect(0)?;
    ensure!(output.stdout.contains("is published"), "{output:#?}");
    host.run(["signal", "opening"])?.expect(0)?;
    host.wait_for_end(&instance)
}

#[test]
fn an_operator_holds_and_changes_an_instance() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let instance = start(&host, "one-echo", "{}")?;
    host.run(["instances", "suspend", &instance])?.expect(0)?;
    let output = host.run(["instances"])?.expect(0)?;
    ensure!(output.stdout.contains("ACTIVE (suspended)"), "{output:#?}");
    host.run(["instances", "resume", &instance])?.expect(0)?;
    let output = host.run(["instances", "list", "--json"])?.expect(0)?;
    ensure!(json(&output)?[0]["isSuspended"] == false, "{output:#?}");
    host.run(["instances", "modify", &instance])?.expect(2)?;
    host.run(["instances", "modify", &instance, "--move", "nope=end"])?.expect(1)?;
    host.run(["instances", "migrate", &instance, "--to", "7"])?.expect(1)?;
    Ok(())
}

/// An instance starts when there is too little of something.
const REORDER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:test">
  <bpmn:process id="reorder" isExecutable="true">
    <bpmn:startEvent id="low"><bpmn:conditionalEventDefinition><bpmn:condition>=stock &lt; 10</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:startEvent>
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="to-end" sourceRef="low" targetRef="end" />
  </bpmn:process>
</bpmn:definitions>
"#;

#[test]
fn conditions_start_what_they_hold_for() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let path = folder.path().join("reorder.bpmn");
    std::fs::write(&path, REORDER)?;
    host.run(line!["deploy", &path])?.expect(0)?;
    let output = host.run(["conditions", "--vars", "{\"stock\": 10}"])?.expect(0)?;
    ensure!(output.stdout.is_empty(), "{output:#?}");
    let output = host.run(["conditions", "--vars", "{\"stock\": 9}", "--json"])?.expect(0)?;
    let answer = json(&output)?;
    let started = &answer["processInstances"][0];
    let key = started["processInstanceKey"].as_str().context("no instance")?;
    host.wait_for_end(key)?;
    let definition = started["processDefinitionKey"].as_str().context("no definition")?;
    let output =
        host.run(["conditions", "--vars", "{\"stock\": 0}", "--definition", definition])?.expect(0)?;
    host.wait_for_end(output.stdout.trim())?;
    host.run(["conditions", "--vars", "{}", "--definition", key])?.expect_line(1, &["no process definition"])
}
