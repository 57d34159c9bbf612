//! Models: lint, deploy, start.

use anyhow::ensure;

use crate::support::{Host, component, line, model, run};

const BROKEN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:test">
  <bpmn:process id="broken" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="flow" sourceRef="start" targetRef="nowhere" />
  </bpmn:process>
</bpmn:definitions>
"#;

#[test]
fn a_broken_model_is_shown_with_file_line_and_column_and_nothing_is_deployed() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let broken = folder.path().join("broken.bpmn");
    std::fs::write(&broken, BROKEN)?;
    let output = host.run(line!["deploy", model("one-echo.bpmn"), &broken])?.expect(1)?;
    ensure!(output.stderr.contains("broken.bpmn:5:"), "{output:#?}");
    ensure!(output.stderr.contains(r#"targetRef="nowhere""#), "the source line is missing: {output:#?}");
    ensure!(output.stderr.contains("error[flow-reference]"), "{output:#?}");
    ensure!(output.stderr.contains("nothing was deployed") && output.stdout.is_empty(), "{output:#?}");
    let output = host.run(line!["start", "one-echo"])?.expect(1)?;
    ensure!(output.stderr.contains("one-echo"), "{output:#?}");
    Ok(())
}

#[test]
fn a_model_that_is_no_xml_or_no_model_is_refused_by_name() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    for (name, content, expected) in [
        ("cut.bpmn", &b"<bpmn:definitions"[..], "cut.bpmn:1:"),
        ("bytes.bpmn", b"\xff\xfe", "bytes.bpmn: the file is not UTF-8 text"),
        ("table.dmn", b"<definitions/>", "table.dmn:1:1"),
        ("order.form", b"{\"components\": []}", "order.form:1:1"),
        (
            "order.txt",
            b"",
            "order.txt: only BPMN files (`.bpmn`), DMN files (`.dmn`), forms (`.form`) are offered",
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content)?;
        let output = run(line!["lint", &path])?.expect(1)?;
        ensure!(output.stderr.contains(expected), "{name}: {output:#?}");
    }
    run(line!["lint", "/no/such/model.bpmn"])?.expect_line(1, &["failed to read /no/such/model.bpmn"])
}

#[test]
fn forms_and_other_files_are_deployed_too() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let (form, script) = (folder.path().join("order.form"), folder.path().join("pay.rpa"));
    std::fs::write(&form, "{\"id\": \"order\"}")?;
    std::fs::write(&script, b"\xff")?;
    let output = host.run(line!["deploy", model("one-echo.bpmn"), &form, &script])?.expect(0)?;
    for expected in [
        "deployed one-echo version 1",
        "deployed form order version 1 from order.form, key ",
        "deployed resource pay.rpa version 1, key ",
    ] {
        ensure!(output.stdout.contains(expected), "{expected}: {output:#?}");
    }
    std::fs::write(&form, "{}")?;
    let output = host.run(line!["deploy", &form])?.expect(1)?;
    ensure!(output.stderr.contains("error[form-id]"), "{output:#?}");
    Ok(())
}

#[test]
fn lint_needs_no_host_and_speaks_json() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let broken = folder.path().join("broken.bpmn");
    std::fs::write(&broken, BROKEN)?;
    let output = run(line!["lint", "--json", model("one-echo.bpmn"), &broken])?.expect(1)?;
    let findings: serde_json::Value = serde_json::from_str(&output.stdout)?;
    let finding = &findings[0];
    ensure!(finding["rule"] == "flow-reference" && finding["line"] == 5, "{findings}");
    let output = run(line!["lint", model("one-echo.bpmn")])?.expect(0)?;
    ensure!(output.stdout.trim() == "0 errors and 0 warnings in 1 file", "{output:#?}");
    Ok(())
}

#[test]
fn warnings_can_count_as_errors() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let warned = folder.path().join("warned.bpmn");
    let lost = r#"<bpmn:task id="lost" /></bpmn:process>"#;
    std::fs::write(
        &warned,
        BROKEN
            .replace("nowhere", "end")
            .replace("</bpmn:process>", "<bpmn:endEvent id=\"end\" /></bpmn:process>")
            .replace("</bpmn:process>", lost),
    )?;
    let output = run(line!["lint", &warned])?.expect(0)?;
    ensure!(output.stderr.contains("warning[unreachable-element]"), "{output:#?}");
    ensure!(output.stdout.trim() == "0 errors and 1 warning in 1 file", "{output:#?}");
    run(line!["lint", "--warnings-as-errors", &warned])?.expect(1)?;
    run(line!["lint", "--warnings-as-errors", model("one-echo.bpmn")])?.expect(0)?;
    Ok(())
}

#[test]
fn a_process_runs_from_deploy_to_its_end() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let output = host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    ensure!(output.stdout.starts_with("deployed one-echo version 1 from one-echo.bpmn, key "), "{output:#?}");
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    let vars = r#"{"amount": 12345678901234567890.10}"#;
    let output =
        host.run(line!["start", "one-echo", "--vars", vars, "--await", "--timeout", "30s"])?.expect(0)?;
    let variables: serde_json::Value = serde_json::from_str(&output.stdout)?;
    ensure!(variables["workerVersion"] == "1.0.0", "{output:#?}");
    ensure!(output.stderr.contains("of one-echo version 1 has ended"), "{output:#?}");

    let file = folder.path().join("vars.json");
    std::fs::write(&file, "{}")?;
    let from_file = format!("@{}", file.display());
    host.run(line!["start", "one-echo", "--vars", from_file, "--await"])?.expect(0)?;

    let output = host.run(["instances", "--json", "--process", "one-echo"])?.expect(0)?;
    let instances: serde_json::Value = serde_json::from_str(&output.stdout)?;
    ensure!(instances.as_array().is_some_and(|instances| instances.len() == 2), "{instances}");
    let output = host.run(["instances", "--state", "completed"])?.expect(0)?;
    ensure!(output.stdout.matches("COMPLETED").count() == 2, "{output:#?}");
    let output = host.run(["incidents"])?.expect(0)?;
    ensure!(output.stdout.trim() == "no incidents", "{output:#?}");
    Ok(())
}

#[test]
fn waiting_ends_in_time_and_the_instance_goes_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let output = host.run(["start", "one-echo", "--await", "--timeout", "50ms"])?.expect(1)?;
    ensure!(output.stderr.contains("50 ms"), "{output:#?}");
    for part in ["at `work` for a job of type `echo`, which no component serves", "fermata cancel "] {
        ensure!(output.stderr.contains(part), "`{part}` is missing: {output:#?}");
    }
    let output = host.run(["instances", "--state", "active", "--json"])?.expect(0)?;
    let instances: serde_json::Value = serde_json::from_str(&output.stdout)?;
    ensure!(instances.as_array().is_some_and(|instances| instances.len() == 1), "{instances}");
    Ok(())
}
