//! Components: pack, check, push, list, grant, remove.

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
    host.run(["worker", "remove", "echo", "2.0.0"])?.expect(0)?;
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
    host.run(line!["worker", "push", component("echo.wasm")?, "--manifest", &manifest])?
        .expect_line(1, &["component `echo` 1.0.0 exists with other bytes", "give this one another"])
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
        ("nothing.wasm", Vec::new(), "no body"),
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
    for part in ["fermata:worker/handler@0.1.0", "wasi:http/outgoing-handler", "a host takes it"] {
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
    ensure!(output.stderr.contains("`ecko` yet") && output.stderr.contains("here are echo"), "{output:#?}");
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
