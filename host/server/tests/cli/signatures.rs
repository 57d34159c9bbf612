//! Signatures: keygen, sign, and hosts that insist on them.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::support::{Host, component, line, model, run};

/// Makes a key; gives its public half.
pub(crate) fn keygen(path: &Path) -> anyhow::Result<String> {
    let output = run(line!["worker", "keygen", path])?.expect(0)?;
    let public = output.stdout.split_whitespace().find(|word| word.starts_with("ed25519:"));
    Ok(public.context("a public key")?.to_owned())
}

/// Starts a host that takes what this key has signed, and nothing else.
pub(crate) fn start(folder: &Path, trusted: &str) -> anyhow::Result<Host> {
    let config = folder.join("fermata.toml");
    std::fs::write(
        &config,
        format!("[components]\nsignatures = \"required\"\ntrusted_keys = [\"{trusted}\"]\n"),
    )?;
    Host::start_with(&folder.join("data"), &["--config".as_ref(), config.as_os_str()], &[])
}

#[test]
fn a_host_that_insists_takes_what_a_trusted_key_has_signed() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let (ours, theirs) = (keygen(&path("ours.key"))?, keygen(&path("theirs.key"))?);
    run(line!["worker", "keygen", path("ours.key")])?.expect_line(1, &["ours.key", "exists"])?;
    let echo = path("echo.wasm");
    std::fs::copy(component("echo.wasm")?, &echo)?;
    let host = start(folder.path(), &ours)?;
    let push = |host: &Host| host.run(line!["worker", "push", &echo]);

    push(&host)?.expect_line(1, &["it is not signed", "fermata worker sign"])?;
    run(line!["worker", "sign", &echo, "--key", path("theirs.key")])?.expect(0)?;
    push(&host)?.expect_line(1, &["does not trust", &theirs])?;
    run(line!["worker", "sign", &echo, "--key", path("ours.key")])?.expect(0)?;
    let output = push(&host)?.expect(0)?;
    ensure!(output.stdout.contains(&ours), "{output:#?}");
    let output = push(&host)?.expect(0)?;
    ensure!(output.stdout.contains("nothing has changed"), "{output:#?}");
    let listed = host.run(["worker", "list", "--json"])?.expect(0)?;
    let listed: Value = serde_json::from_str(&listed.stdout)?;
    ensure!(listed[0]["signedBy"] == *ours, "{listed}");

    // A signature for other bytes does not travel.
    std::fs::copy(component("echo-v2.wasm")?, &echo)?;
    push(&host)?.expect_line(1, &["echo.wasm.sig is for other bytes"])?;

    // Signed components run, also after a start.
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    host.run(["start", "one-echo", "--await"])?.expect(0)?;
    host.end("TERM")?.expect(0)?;
    let host = start(folder.path(), &ours)?;
    host.run(["start", "one-echo", "--await"])?.expect(0)?;
    host.end("TERM")?.expect(0)?;

    // Once its key is trusted no more, a component that is there does no more jobs, and its incidents say why.
    let host = start(folder.path(), &theirs)?;
    host.run(["start", "one-echo"])?.expect(0)?;
    let incident = loop {
        let output = host.run(["incidents"])?.expect(0)?;
        if output.stdout.contains("echo") {
            break output.stdout;
        }
    };
    let message = incident.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(message.contains("does not trust"), "{incident}");
    Ok(())
}

#[test]
fn what_is_pushed_with_a_key_is_packed_and_signed_at_once() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let (ours, theirs) = (keygen(&path("ours.key"))?, keygen(&path("theirs.key"))?);
    let host = start(folder.path(), &ours)?;
    let (echo, manifest) = (component("echo.wasm")?, path("component.toml"));
    std::fs::write(&manifest, "name = 'echo'\nversion = '1.7.0'\nkind = 'worker'\njob-types = ['echo']\n")?;
    let push = |more: &[&str]| {
        let mut arguments = line!["worker", "push", &echo, "--manifest", &manifest].to_vec();
        arguments.extend(more.iter().map(Into::into));
        host.run(arguments)
    };
    push(&[])?.expect_line(1, &["it is not signed", "`fermata worker push`", "`--key`", "trusted_keys"])?;
    let key = |name: &str| path(name).display().to_string();
    push(&["--key", &key("theirs.key")])?.expect_line(1, &["does not trust", &theirs])?;
    push(&["--key", &key("none.key")])?.expect_line(1, &["none.key"])?;
    push(&["--key", &key("ours.key"), "--signature", "x.sig"])?.expect(2)?;
    ensure!(!path("echo.wasm.sig").exists());
    let pushed = push(&["--key", &key("ours.key")])?.expect(0)?;
    ensure!(pushed.stdout.contains("echo 1.7.0: uploaded") && pushed.stdout.contains(&ours), "{pushed:#?}");
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    host.run(["start", "one-echo", "--await"])?.expect(0)?;
    Ok(())
}

#[test]
fn a_signature_that_comes_later_is_added_to_the_version_that_is_there() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let echo = folder.path().join("echo.wasm");
    std::fs::copy(component("echo.wasm")?, &echo)?;
    let host = Host::start(&folder.path().join("data"))?;
    host.run(line!["worker", "push", &echo])?.expect(0)?;
    let key = folder.path().join("team.key");
    keygen(&key)?;
    run(line!["worker", "sign", &echo, "--key", &key])?.expect(0)?;
    for expected in
        ["echo 1.0.0: there already, and signed now", "echo 1.0.0: there already, nothing has changed"]
    {
        let pushed = host.run(line!["worker", "push", &echo])?.expect(0)?;
        ensure!(pushed.stdout.contains(expected), "expected `{expected}`: {pushed:#?}");
    }
    Ok(())
}
