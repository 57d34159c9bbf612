//! Components: pack, check, push, list, grant, roll out, roll back, remove.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::support::{Host, Output, component, components, line, model, run};

fn json(output: &Output) -> anyhow::Result<Value> {
    serde_json::from_str(&output.stdout).with_context(|| output.stdout.clone())
}

/// Runs `one-echo` to its end; gives the version that did its job.
fn version_that_serves(host: &Host) -> anyhow::Result<String> {
    let output = host.run(["start", "one-echo", "--await"])?.expect(0)?;
    Ok(json(&output)?["workerVersion"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_last_upload_serves_and_the_one_before_comes_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let push = |name: &str| host.run(line!["worker", "push", "--json", component(name)?])?.expect(0);
    let first = json(&push("echo.wasm")?)?;
    ensure!(first["created"] == true && first["component"]["serving"][0] == "echo", "{first}");
    ensure!(version_that_serves(&host)? == "1.0.0");
    push("echo-v2.wasm")?;
    ensure!(version_that_serves(&host)? == "2.0.0");

    // The same bytes again change nothing: the later upload still serves.
    let again = json(&push("echo.wasm")?)?;
    ensure!(again["created"] == false && again["component"]["serving"] == serde_json::json!([]), "{again}");
    ensure!(version_that_serves(&host)? == "2.0.0");

    let output = host.run(["worker", "list", "--json"])?.expect(0)?;
    let listed = json(&output)?;
    let versions: Vec<_> =
        (0..2).map(|index| listed[index]["version"].as_str().unwrap_or_default()).collect();
    ensure!(versions == ["2.0.0", "1.0.0"], "{listed}");
    let removed = host.run(["worker", "remove", "echo", "2.0.0"])?.expect(0)?;
    ensure!(removed.stdout.contains("`echo` is served by echo@1.0.0 now"), "{removed:#?}");
    ensure!(version_that_serves(&host)? == "1.0.0");

    // What was decided outlives the process.
    host.end("TERM")?.expect(0)?;
    let host = Host::start(folder.path())?;
    ensure!(version_that_serves(&host)? == "1.0.0");
    Ok(())
}

#[test]
fn a_version_never_changes() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    let manifest = folder.path().join("component.toml");
    std::fs::write(&manifest, "name = 'echo'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['other']\n")?;
    host.run(line!["worker", "push", component("echo.wasm")?, "--manifest", &manifest])?.expect_line(
        1,
        &["component `echo` 1.0.0 exists with other bytes", "give this one another, such as 1.0.1"],
    )?;
    host.run(["worker", "remove", "echo", "1.0.0"])?.expect(0)?;
    host.run(line!["worker", "push", component("echo.wasm")?, "--manifest", &manifest])?
        .expect_line(1, &["component `echo` 1.0.0 had other bytes", "removed it at", "such as 1.0.1"])?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    Ok(())
}

#[test]
fn who_serves_a_job_type_changes_with_words() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    host.run(["worker", "history", "echo"])?
        .expect_line(1, &["no component does `echo`, and none ever did"])?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    let manifest = folder.path().join("component.toml");
    std::fs::write(&manifest, "name = 'thief'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['echo']\n")?;
    let pushed =
        host.run(line!["worker", "push", component("echo.wasm")?, "--manifest", &manifest])?.expect(0)?;
    let note = "note: `echo` is served by echo@1.0.0; \
                `fermata worker rollout echo --version thief@1.0.0` gives it to thief";
    ensure!(pushed.stdout.contains(note), "{pushed:#?}");
    host.run(["worker", "remove", "thief", "1.0.0"])?.expect(0)?;
    let remove = ["worker", "remove", "echo", "1.0.0", "--reason", "rounds wrongly", "--json"];
    let removed = json(&host.run(remove)?.expect(0)?)?;
    let served = serde_json::json!([{ "jobType": "echo", "servedBy": null, "waitingJobs": 0 }]);
    ensure!(removed["served"] == served, "{removed}");
    host.run(["start", "one-echo"])?.expect(0)?;
    host.run(line!["worker", "push", component("echo-v2.wasm")?])?.expect(0)?;
    let history = host.run(["worker", "history", "echo"])?.expect(0)?;
    for part in ["uploaded", "version removed", "rounds wrongly", "echo@1.0.0 100 % ("] {
        ensure!(history.stdout.contains(part), "{part}: {history:#?}");
    }
    Ok(())
}

#[test]
fn of_two_who_roll_out_the_second_learns_of_the_first() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    for name in ["echo.wasm", "echo-v2.wasm"] {
        host.run(line!["worker", "push", component(name)?])?.expect(0)?;
    }
    let first = ["worker", "rollout", "echo", "--version", "echo@1.0.0", "--json"];
    let revision = json(&host.run(first)?.expect(0)?)?["revision"].to_string();
    let second = ["worker", "rollout", "echo", "--version", "echo@2.0.0", "--if-revision", &revision];
    let rolled_out = host.run([&second[..], &["--pin", "doesnotexist:77=^1"]].concat())?.expect(0)?;
    ensure!(
        rolled_out.stdout.contains("note: pins: no process `doesnotexist` version 77 is deployed here"),
        "{rolled_out:#?}"
    );
    for late in [
        &["worker", "rollout", "echo", "--version", "echo@1.0.0"][..],
        &["worker", "rollout", "echo", "--remove"],
        &["worker", "rollback", "echo"],
    ] {
        host.run([late, &["--if-revision", &revision]].concat())?
            .expect_line(1, &["somebody has changed the roll-out of `echo`"])?;
    }
    Ok(())
}

#[test]
fn who_has_changed_grants_and_secrets_is_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(["worker", "grant", "crm", "--host", "crm.example", "--reason", "a new vendor"])?.expect(0)?;
    host.run(["worker", "grant", "crm", "--revoke-host", "crm.example", "--setting", "a=1"])?.expect(0)?;
    let history = host.run(["worker", "grant", "crm", "--history"])?.expect(0)?;
    for part in ["+ to call crm.example", "a new vendor", "- to call crm.example; + setting a=1"] {
        ensure!(history.stdout.contains(part), "{part}: {history:#?}");
    }
    let value = folder.path().join("value");
    std::fs::write(&value, "hunter2")?;
    let set = || host.run(line!["secret", "set", "KEY", "--value-file", &value, "--reason", "rotated"]);
    set()?.expect(0)?;
    host.run(["secret", "remove", "KEY", "--reason", "leaked"])?.expect(0)?;
    let again = set()?.expect(0)?;
    ensure!(again.stdout.contains("secret KEY is set, version 2"), "{again:#?}");
    let history = host.run(["secret", "history", "KEY"])?.expect(0)?;
    for part in ["set", "removed", "rotated", "leaked"] {
        ensure!(history.stdout.contains(part) && !history.stdout.contains("hunter2"), "{part}: {history:#?}");
    }
    Ok(())
}

#[test]
fn what_is_no_component_is_refused_and_nothing_changes() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(&folder.path().join("data"))?;
    let noise: Vec<u8> = (0..50_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    // An empty component without manifest and without handler: magic number, version 13, layer 1.
    let empty = b"\0asm\x0d\0\x01\0".to_vec();
    let core = b"\0asm\x01\0\0\0".to_vec();
    for (name, bytes, expected) in [
        ("noise.wasm", noise, "not WebAssembly"),
        ("core.wasm", core, "core WebAssembly module"),
        ("empty.wasm", empty, "exports no job handler"),
        ("nothing.wasm", Vec::new(), "is empty"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        host.run(line!["worker", "push", &path])?.expect_line(1, &[expected])?;
    }
    let output = host.run(["worker", "list"])?.expect(0)?;
    ensure!(output.stdout.trim() == "no components", "{output:#?}");
    Ok(())
}

#[test]
fn check_tells_what_a_component_is_without_a_host() -> anyhow::Result<()> {
    let output = run(line!["worker", "check", component("stripe.wasm")?])?.expect(0)?;
    for part in ["stripe 1.0.0, a connector", "io.fermata:stripe:1", "POST api.stripe.com", "STRIPE_API_KEY"]
    {
        ensure!(output.stdout.contains(part), "{part}: {output:#?}");
    }
    for part in [
        "fermata:worker/handler@0.2.0",
        "world    fermata:worker@0.2.0",
        "wasi:http/outgoing-handler",
        "a host takes it",
    ] {
        ensure!(output.stdout.contains(part), "{part}: {output:#?}");
    }
    let output = run(line!["worker", "check", "--json", component("echo.wasm")?])?.expect(0)?;
    let checked = json(&output)?;
    ensure!(
        checked["manifest"]["name"] == "echo" && checked["problems"] == serde_json::json!([]),
        "{checked}"
    );

    let folder = tempfile::tempdir()?;
    let empty = folder.path().join("empty.wasm");
    std::fs::write(&empty, b"\0asm\x0d\0\x01\0")?;
    let output = run(line!["worker", "check", &empty])?.expect(1)?;
    ensure!(output.stdout.contains("refused: it exports no job handler"), "{output:#?}");
    ensure!(output.stdout.contains("refused: it carries no manifest"), "{output:#?}");
    Ok(())
}

#[test]
fn a_component_is_packed_with_its_manifest() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let manifest = folder.path().join("component.toml");
    let text = "name = 'other'\nversion = '3.1.4'\nkind = 'worker'\njob-types = ['other']\n";
    std::fs::write(&manifest, text)?;
    let packed = folder.path().join("other.wasm");
    let pack = |manifest: &Path| {
        run(line!["worker", "pack", component("echo.wasm")?, "--manifest", manifest, "-o", &packed])
    };
    pack(&manifest)?.expect(0)?;
    let first = std::fs::read(&packed)?;
    pack(&manifest)?.expect(0)?;
    ensure!(std::fs::read(&packed)? == first, "packing again gives other bytes");
    let checked = json(&run(line!["worker", "check", "--json", &packed])?.expect(0)?)?;
    ensure!(checked["manifest"]["version"] == "3.1.4", "{checked}");
    std::fs::write(&manifest, format!("{text}job-type = 'typo'\n"))?;
    pack(&manifest)?.expect_line(1, &["component.toml is not usable", "`job-type`"])
}

#[test]
fn missing_grants_are_told_with_the_command_that_grants_them() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let output = host.run(line!["worker", "push", component("stripe.wasm")?])?.expect(0)?;
    let command = "fermata worker grant stripe --host 'POST api.stripe.com' \
                   --secret STRIPE_API_KEY@api.stripe.com";
    ensure!(output.stdout.contains(command), "{output:#?}");
    let grant = ["worker", "grant", "stripe", "--host", "POST api.stripe.com"];
    host.run(grant.into_iter().chain(["--secret", "STRIPE_API_KEY@api.stripe.com"]))?.expect(0)?;
    let output = host.run(["worker", "show", "stripe"])?.expect(0)?;
    ensure!(output.stdout.contains("granted  to call POST api.stripe.com"), "{output:#?}");
    ensure!(!output.stdout.contains("not granted"), "{output:#?}");
    Ok(())
}

#[test]
fn settings_limits_and_values_of_secrets_that_are_missing_are_told_too() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let manifest = folder.path().join("component.toml");
    std::fs::write(
        &manifest,
        "name = 'crm'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['crm']\n\
         [[hosts]]\nname = 'crm.example'\n[[secrets]]\nname = 'CRM_KEY'\nhosts = ['crm.example']\n\
         [config.base-url]\n[limits]\nmemory_bytes = 268435456\nwall_time_ms = 1000\n",
    )?;
    let packed = folder.path().join("crm.wasm");
    run(line!["worker", "pack", component("echo.wasm")?, "--manifest", &manifest, "-o", &packed])?
        .expect(0)?;
    let command = "fermata worker grant crm --host crm.example --secret CRM_KEY@crm.example \
                   --setting base-url=VALUE --limit memory_bytes=268435456\n";
    let output = run(line!["worker", "check", &packed])?.expect(0)?;
    ensure!(output.stdout.contains("limit memory_bytes = 268435456 (256 MiB)"), "{output:#?}");
    ensure!(output.stdout.contains(command), "{output:#?}");
    let output = host.run(line!["worker", "push", &packed])?.expect(0)?;
    ensure!(output.stdout.contains(command) && !output.stdout.contains("no value"), "{output:#?}");
    let output = host.run(["worker", "show", "crm"])?.expect(0)?;
    ensure!(output.stdout.contains(command), "{output:#?}");

    let grant = ["worker", "grant", "crm", "--host", "crm.example", "--secret", "CRM_KEY@crm.example"];
    let rest = ["--setting", "base-url=https://crm.example", "--limit", "memory_bytes=268435456"];
    host.run(grant.into_iter().chain(rest))?.expect(0)?;
    let output = host.run(line!["worker", "push", &packed])?.expect(0)?;
    ensure!(!output.stdout.contains("worker grant"), "{output:#?}");
    ensure!(
        output.stdout.contains("secret CRM_KEY has no value; set it:\n  fermata secret set CRM_KEY"),
        "{output:#?}"
    );
    Ok(())
}

#[test]
fn a_limit_that_is_none_or_out_of_its_range_is_told_with_what_is_wrong() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    for (option, value, expected) in [
        ("--limit", "concurency=5", "did you mean `concurrency`?"),
        ("--time", "0s", "limit `wall_time_ms` is 0 ms, expected 1 ms to 24 h (1 to 86400000)"),
        ("--memory", "5", "`5` has no unit"),
    ] {
        let output = host.run(["worker", "grant", "crm", option, value])?.expect(2)?;
        ensure!(output.stderr.contains(expected), "{output:#?}");
    }
    let help = run(["worker", "grant", "--help"])?.expect(0)?.stdout;
    ensure!(help.contains("checkpoints that one attempt may store: 1000 (0 to 1000000)"), "{help}");
    let empty = folder.path().join("empty.wasm");
    std::fs::write(&empty, b"")?;
    host.run(line!["worker", "push", &empty])?.expect_line(1, &["empty.wasm is empty"])
}

#[test]
fn grants_are_added_listed_and_revoked() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let grant = |more: &[&str]| host.run(["worker", "grant", "crm"].iter().chain(more));
    let output = grant(&["--list"])?.expect(0)?;
    ensure!(output.stdout.trim() == "granted  nothing", "{output:#?}");
    grant(&["--host", "crm.example", "--setting", "region=eu", "--memory", "128MiB", "--time", "90s"])?
        .expect(0)?;
    host.end("TERM")?.expect(0)?;

    let host = Host::start(folder.path())?;
    let grant = |more: &[&str]| host.run(["worker", "grant", "crm"].iter().chain(more));
    let granted = json(&grant(&["--list", "--json"])?.expect(0)?)?;
    ensure!(granted["grants"]["hosts"] == serde_json::json!(["crm.example"]), "{granted}");
    ensure!(
        granted["limits"] == serde_json::json!({ "memory_bytes": 134_217_728, "wall_time_ms": 90_000 }),
        "{granted}"
    );
    ensure!(granted["settings"]["region"] == "eu", "{granted}");
    grant(&["--revoke-host", "crm.example", "--revoke-setting", "region", "--revoke-limits"])?.expect(0)?;
    let output = grant(&["--list"])?.expect(0)?;
    ensure!(output.stdout.trim() == "granted  nothing", "{output:#?}");
    grant(&["--revoke-host", "crm.example"])?.expect_line(1, &["`crm.example` is not granted"])
}

#[test]
fn a_grant_for_nobody_is_a_hint_and_no_error() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let grant = |name: &str| host.run(["worker", "grant", name, "--host", "crm.example"])?.expect(0);
    let output = grant("stripe")?;
    ensure!(output.stderr.contains("no component is called `stripe` yet"), "{output:#?}");
    ensure!(output.stderr.contains("no component is here yet"), "{output:#?}");
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    let output = grant("ecko")?;
    ensure!(
        output.stderr.contains("`ecko` yet") && output.stderr.contains("did you mean `echo`?"),
        "{output:#?}"
    );
    ensure!(grant("echo")?.stderr.is_empty());
    Ok(())
}

#[test]
fn operators_who_grant_at_the_same_time_lose_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let names: Vec<String> = (0..8).map(|number| format!("h{number}.example")).collect();
    let grant = &|name: &str| host.run(["worker", "grant", "crm", "--host", name])?.expect(0);
    std::thread::scope(|scope| {
        let grants: Vec<_> = names.iter().map(|name| scope.spawn(move || grant(name))).collect();
        grants.into_iter().try_for_each(|grant| match grant.join() {
            Ok(done) => done.map(drop),
            Err(_) => anyhow::bail!("a grant panicked"),
        })
    })?;
    let granted = json(&host.run(["worker", "grant", "crm", "--list", "--json"])?.expect(0)?)?;
    let mut hosts: Vec<&str> =
        granted["grants"]["hosts"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    hosts.sort_unstable();
    ensure!(hosts == names, "{granted}");
    Ok(())
}

#[test]
fn connectors_come_with_the_host_and_uploads_go_before_them() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    component("sendgrid.wasm")?;
    let start = || Host::start_with_connectors(&folder.path().join("data"), &components());
    let host = start()?;
    let listed = json(&host.run(["worker", "list", "--json"])?.expect(0)?)?;
    let names: Vec<_> = listed.as_array().into_iter().flatten().map(|component| &component["name"]).collect();
    ensure!(names.iter().any(|name| **name == "sendgrid"), "{listed}");
    ensure!(names.iter().all(|name| **name != "echo"), "workers are not offered: {listed}");
    host.run(["worker", "remove", "sendgrid", "1.0.0"])?.expect_line(1, &["came with the host"])?;

    let manifest = folder.path().join("component.toml");
    let text =
        "name = 'sendgrid'\nversion = '9.0.0'\nkind = 'connector'\njob-types = ['io.camunda:sendgrid:1']\n";
    std::fs::write(&manifest, text)?;
    let serving = |host: &Host| -> anyhow::Result<Value> {
        let listed = json(&host.run(["worker", "list", "--json"])?.expect(0)?)?;
        let all = listed.as_array().into_iter().flatten();
        let mut serving = all.filter(|component| component["serving"][0] == "io.camunda:sendgrid:1");
        Ok(serving.next().map(|component| component["version"].clone()).unwrap_or_default())
    };
    host.run(line!["worker", "push", component("sendgrid.wasm")?, "--manifest", &manifest])?.expect(0)?;
    ensure!(serving(&host)? == "9.0.0");
    host.end("TERM")?.expect(0)?;
    let host = start()?;
    ensure!(serving(&host)? == "9.0.0");
    host.run(["worker", "remove", "sendgrid", "9.0.0"])?.expect(0)?;
    ensure!(serving(&host)? == "1.0.0");
    Ok(())
}

#[test]
fn a_rollout_is_set_shown_taken_back_and_remembered() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let empty = host.run(["worker", "rollout"])?.expect(0)?;
    ensure!(empty.stdout.contains("the newest upload of each job type's component serves it"), "{empty:#?}");
    for name in ["echo.wasm", "echo-v2.wasm"] {
        host.run(line!["worker", "push", component(name)?])?.expect(0)?;
    }
    host.run(["worker", "rollout", "echo"])?.expect_line(1, &["no roll-out of job type `echo` exists"])?;
    let output = host.run(["worker", "rollout", "echo", "--version", "echo@9.0.0"])?.expect(1)?;
    for part in
        ["no component `echo@9.0.0` exists", "fermata worker list", "of `echo` there are 2.0.0, 1.0.0"]
    {
        ensure!(output.stderr.contains(part), "{output:#?}");
    }
    host.run(["worker", "rollout", "echo", "--version", "echo@1.0.0=90"])?
        .expect_line(1, &["the weights come to 90, expected 100"])?;
    host.run(["worker", "rollout", "echo", "--version", "echo@1.0.0", "--reason", "2.0.0 is too new"])?
        .expect(0)?;
    ensure!(version_that_serves(&host)? == "1.0.0");
    let split = ["--version", "echo@1.0.0=90", "--version", "echo@2.0.0=10", "--process", "one-echo:1"];
    let rules = ["--fail-above", "5%", "--after", "20", "--window", "1m", "--pin", "one-echo=^1"];
    let output = host.run([&["worker", "rollout", "echo"][..], &split, &rules].concat())?.expect(0)?;
    for part in [
        "canaries in process one-echo version 1 only",
        "given up above 5 % failures, after 20 attempts, within 60 s",
        "process one-echo pinned to ^1",
        "echo@1.0.0  90 %   stable",
        "echo@2.0.0  10 %   canary",
    ] {
        ensure!(output.stdout.contains(part), "{part}: {output:#?}");
    }
    ensure!(version_that_serves(&host)? == "1.0.0", "the process is pinned");
    let shown = json(&host.run(["worker", "rollout", "echo", "--json"])?.expect(0)?)?;
    ensure!(shown["guard"]["failAbovePercent"] == 5.0 && shown["versions"][1]["weight"] == 10, "{shown}");
    host.run(["worker", "remove", "echo", "2.0.0"])?.expect_line(
        1,
        &["the roll-out of `echo` names component `echo` 2.0.0", "fermata worker rollback echo"],
    )?;

    host.run(["worker", "rollback", "echo", "--reason", "it charges twice"])?.expect(0)?;
    let history = json(&host.run(["worker", "history", "echo", "--json"])?.expect(0)?)?;
    ensure!(history[0]["action"] == "ROLLED_BACK" && history[0]["reason"] == "it charges twice", "{history}");
    ensure!(
        history[1]["to"] == history[0]["from"] && history[2]["reason"] == "2.0.0 is too new",
        "{history}"
    );
    let table = host.run(["worker", "history", "echo"])?.expect(0)?;
    ensure!(table.stdout.contains("rolled back") && table.stdout.contains("newest upload"), "{table:#?}");
    let set = history[1]["revision"].to_string();
    let back = json(&host.run(["worker", "rollback", "echo", "--to", &set, "--json"])?.expect(0)?)?;
    ensure!(back["versions"] == shown["versions"] && back["guard"] == shown["guard"], "{back}");

    // All of it outlives the process.
    host.end("TERM")?.expect(0)?;
    let host = Host::start(folder.path())?;
    let listed = host.run(["worker", "rollout"])?.expect(0)?;
    ensure!(listed.stdout.contains("echo@1.0.0 90 %, echo@2.0.0 10 %"), "{listed:#?}");
    host.run(["worker", "rollout", "echo", "--remove"])?.expect(0)?;
    ensure!(version_that_serves(&host)? == "2.0.0");
    let history = json(&host.run(["worker", "history", "echo", "--json", "--limit", "1"])?.expect(0)?)?;
    ensure!(history[0]["action"] == "REMOVED" && history[0]["to"].is_null(), "{history}");
    ensure!(history.as_array().is_some_and(|history| history.len() == 1), "{history}");
    Ok(())
}

#[test]
fn a_core_module_is_packed_with_the_wit_packages_it_was_compiled_against() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let wit = folder.path().join("wit");
    run(line!["wit", &wit])?.expect(0)?;
    let (module, manifest) = (folder.path().join("module.wasm"), folder.path().join("component.toml"));
    std::fs::write(&module, b"\0asm\x01\0\0\0")?;
    std::fs::write(&manifest, "name = 'core'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['core']\n")?;
    let pack = line!["worker", "pack", &module, "--manifest", &manifest];
    run(&pack)?.expect_line(1, &["does not become a component", "name the folder of its WIT packages"])?;
    let with_wit: Vec<_> = pack.iter().cloned().chain(line!["--wit", &wit]).collect();
    // It exports nothing.
    run(&with_wit)?.expect_line(1, &["the module does not fit the world", "fermata:worker/handler@0.2.0"])?;
    let other: Vec<_> = with_wit.iter().cloned().chain(line!["--world", "other"]).collect();
    run(&other)?.expect_line(1, &["no world `other` is in"])?;
    let component = line!["worker", "pack", component("echo.wasm")?, "--manifest", &manifest, "--wit", &wit];
    run(component)?.expect_line(1, &["is no core module", "leave `--wit` out"])
}

#[test]
fn a_component_shows_how_its_attempts_have_gone() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    let shown = host.run(["worker", "show", "echo"])?.expect(0)?.stdout;
    ensure!(shown.contains("attempts since the host's start") && shown.ends_with("none\n"), "{shown}");
    ensure!(version_that_serves(&host)? == "1.0.0");
    let shown = host.run(["worker", "show", "echo"])?.expect(0)?.stdout;
    let row = shown.lines().last().unwrap_or_default();
    let cells: Vec<&str> = row.split_whitespace().collect();
    ensure!(cells.get(..5) == Some(&["1.0.0", "0", "1", "0", "0"]), "{shown}");
    ensure!(cells.len() > 8 && (row.ends_with("KB") || row.ends_with("MB")), "{shown}");

    let shown = json(&host.run(["worker", "show", "echo", "--json"])?.expect(0)?)?;
    let work = &shown["versions"][0]["work"];
    ensure!(work["completed"] == 1 && work["p50Us"].is_u64() && work["since"].is_string(), "{shown}");

    let figures = tokio::runtime::Runtime::new()?.block_on(async {
        let answer = host.client()?.get(format!("{}/metrics", host.url)).send().await?;
        anyhow::Ok(answer.error_for_status()?.text().await?)
    })?;
    let line = r#"fermata_job_attempts_total{tenant="<default>",component="echo",version="1.0.0",outcome="completed"} 1"#;
    ensure!(figures.lines().any(|figure| figure == line), "{figures}");
    for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "fermata_database_connections"]
    {
        ensure!(figures.contains(&format!("# TYPE {name} ")), "{name}: {figures}");
    }
    Ok(())
}

#[test]
fn a_connector_that_is_rolled_out_and_gone_is_told_at_the_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, connectors) = (folder.path().join("data"), folder.path().join("connectors"));
    std::fs::create_dir(&connectors)?;
    let file = connectors.join("hubspot.wasm");
    std::fs::copy(component("hubspot.wasm")?, &file)?;
    let rollout = ["worker", "rollout", "io.fermata:hubspot:1"];
    let host = Host::start_with_connectors(&data, &connectors)?;
    let output = host.run(rollout.into_iter().chain(["--version", "hubspot@1.0.0"]))?.expect(0)?;
    ensure!(!output.stdout.contains("not here"), "{output:#?}");
    host.end("TERM")?.expect(0)?;

    std::fs::remove_file(file)?;
    let host = Host::start_with_connectors(&data, &connectors)?;
    for line in [&rollout[..], &rollout[..2]] {
        let output = host.run(line)?.expect(0)?;
        ensure!(
            output.stdout.contains("hubspot@1.0.0 is not here, or no longer does such jobs"),
            "{output:#?}"
        );
    }
    let log = host.end("TERM")?.expect(0)?.stderr;
    let told = log.lines().any(|line| {
        line.contains("ERROR")
            && line.contains("the roll-out names a version that is not here")
            && line.contains("hubspot@1.0.0")
    });
    ensure!(told, "{log}");
    Ok(())
}
