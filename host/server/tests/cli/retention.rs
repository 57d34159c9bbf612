//! How long finished instances are kept, and what becomes of their history.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::support::{Host, line, model, run};

/// Starts an instance of a model that waits for a worker that never comes, and ends it.
fn ended_instance(host: &Host, process: &str) -> anyhow::Result<String> {
    let key = started_instance(host, process)?;
    host.run(["cancel", &key])?.expect(0)?;
    Ok(key)
}

fn started_instance(host: &Host, process: &str) -> anyhow::Result<String> {
    host.run(["start", process])?.expect(0)?;
    let listed = host.run(["instances", "--process", process, "--limit", "1", "--json"])?.expect(0)?;
    let listed: Value = serde_json::from_str(&listed.stdout)?;
    Ok(listed[0]["processInstanceKey"].as_str().context("an instance")?.to_owned())
}

fn lines(text: &str) -> anyhow::Result<Vec<Value>> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The types of the events of an instance, in the order of its lines.
fn events_of(lines: &[Value], key: &str) -> Vec<String> {
    let of_instance = lines.iter().filter(|line| line["processInstanceKey"] == key);
    of_instance
        .flat_map(|line| line["events"].as_array().into_iter().flatten())
        .map(|event| event["type"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn is_whole(events: &[String]) -> bool {
    events.first().is_some_and(|first| first == "INSTANCE_CREATED")
        && events.last().is_some_and(|last| last == "INSTANCE_TERMINATED")
}

#[test]
fn the_history_of_finished_instances_is_exported() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let empty = host.run(["export"])?.expect(0)?;
    ensure!(empty.stdout.is_empty() && empty.stderr.is_empty(), "{empty:#?}");
    for name in ["one-echo.bpmn", "two-echoes.bpmn"] {
        host.run(line!["deploy", model(name)])?.expect(0)?;
    }
    let first = ended_instance(&host, "one-echo")?;
    let second = ended_instance(&host, "two-echoes")?;
    let active = started_instance(&host, "one-echo")?;

    let all = lines(&host.run(["export"])?.expect(0)?.stdout)?;
    ensure!(is_whole(&events_of(&all, &first)) && is_whole(&events_of(&all, &second)), "{all:#?}");
    ensure!(events_of(&all, &active).is_empty(), "it has not ended");
    let one = lines(&host.run(["export", "--process", "one-echo"])?.expect(0)?.stdout)?;
    ensure!(one.iter().all(|line| line["processDefinitionId"] == "one-echo") && !one.is_empty());
    let none = host.run(["export", "--ended-before", "2000-01-01T00:00:00Z"])?.expect(0)?;
    ensure!(none.stdout.is_empty());

    let file = folder.path().join("history.ndjson");
    let said = host.run(line!["export", "--to", &file])?.expect(0)?;
    ensure!(said.stdout.contains(&format!("{} lines", all.len())), "{said:#?}");
    ensure!(lines(&std::fs::read_to_string(&file)?)? == all);
    host.run(line!["export", "--to", &file])?.expect_line(1, &["history.ndjson", "exists already"])?;
    let nowhere = folder.path().join("missing/history.ndjson");
    host.run(line!["export", "--to", &nowhere])?.expect_line(1, &["failed to write", "missing"])?;

    host.run(["export", "--process", "typo"])?.expect_line(1, &["no process with id `typo` is deployed"])?;
    let wrong = host.run(["export", "--ended-before", "yesterday"])?.expect(2)?;
    ensure!(wrong.stderr.contains("`yesterday` is not a date and time"), "{wrong:#?}");
    run(["export", "--url", "http://127.0.0.1:1"])?.expect_line(2, &["no host answers"])
}

#[test]
fn finished_instances_go_after_their_history_is_in_the_folder() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("fermata.toml");
    let text = "[retention]\ndefault = 'PT1S'\nexport = 'history'\nprocesses = { two-echoes = 'never' }\n";
    std::fs::write(&config, text)?;
    let host =
        Host::start_with(&folder.path().join("data"), &["--config".as_ref(), config.as_os_str()], &[])?;
    for name in ["one-echo.bpmn", "two-echoes.bpmn"] {
        host.run(line!["deploy", model(name)])?.expect(0)?;
    }
    let kept = ended_instance(&host, "two-echoes")?;
    let gone = ended_instance(&host, "one-echo")?;
    let active = started_instance(&host, "one-echo")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let status = async |path: String| -> anyhow::Result<u16> {
            Ok(host.client()?.get(format!("{}{path}", host.url)).send().await?.status().as_u16())
        };
        while status(format!("/v2/process-instances/{gone}")).await? != 404 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for key in [&kept, &active] {
            ensure!(status(format!("/v2/process-instances/{key}")).await? == 200, "{key}");
        }
        ensure!(status(format!("/fermata/v1/process-instances/{gone}/history")).await? == 404);
        ensure!(status(format!("/fermata/v1/process-instances/{gone}")).await? == 404);
        Ok(())
    })?;
    host.run(["cancel", &gone])?.expect_line(1, &["no process instance"])?;
    let exported = exported(&folder.path().join("history"))?;
    ensure!(is_whole(&events_of(&exported, &gone)), "{exported:#?}");
    ensure!(events_of(&exported, &kept).is_empty() && events_of(&exported, &active).is_empty());
    let stderr = host.end("TERM")?.expect(0)?.stderr;
    ensure!(!stderr.contains("WARN") || stderr.contains("no connectors"), "{stderr}");
    Ok(())
}

fn exported(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder)? {
        all.extend(lines(&std::fs::read_to_string(file?.path())?)?);
    }
    Ok(all)
}

#[test]
fn times_that_make_no_sense_and_folders_that_are_none_are_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("fermata.toml");
    std::fs::write(folder.path().join("file"), "text")?;
    let data = folder.path().join("data");
    for (text, expected) in [
        ("[retention]\ndefault = '30 days'\n", &["line 2, column 11", "no ISO 8601 duration"][..]),
        ("[retention.processes]\norder = 'P0D'\n", &["line 2", "no time to keep anything"]),
        ("[retention]\nexport = 'file'\n", &["file cannot take histories"]),
    ] {
        std::fs::write(&config, text)?;
        run(line!["serve", "--listen", "127.0.0.1:0", "--data", &data, "--config", &config])?
            .expect(2)
            .and_then(|output| {
                let last = output.stderr.lines().last().unwrap_or_default().to_owned();
                ensure!(expected.iter().all(|part| last.contains(part)), "{text}: {output:#?}");
                Ok(())
            })?;
    }
    Ok(())
}
