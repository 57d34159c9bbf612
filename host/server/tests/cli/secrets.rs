//! Secrets go in and never come out.

use std::path::Path;

use anyhow::ensure;

use crate::support::{Host, component, line, run_with};

const VALUE: &str = "hunter2-correct-horse";

#[test]
fn a_value_is_never_printed_logged_or_kept_in_plain_text() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start_with(folder.path(), &[], &[("RUST_LOG", "trace")])?;
    let mut said = Vec::new();
    said.push(host.run_with_input(["secret", "set", "API_KEY"], &format!("{VALUE}\n"))?.expect(0)?);
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), VALUE)?;
    said.push(host.run(line!["secret", "set", "API_KEY", "--value-file", file.path()])?.expect(0)?);
    said.push(host.run(["secret", "list"])?.expect(0)?);
    said.push(host.run(["secret", "list", "--json"])?.expect(0)?);
    let listed: serde_json::Value = serde_json::from_str(&said[3].stdout)?;
    ensure!(listed[0]["name"] == "API_KEY" && listed[0]["version"] == 2, "{listed}");
    // A name that is refused must not take the value with it into the message.
    said.push(host.run_with_input(["secret", "set", "2-KEYS"], VALUE)?.expect(1)?);
    said.push(host.end("TERM")?.expect(0)?);
    ensure!(said.iter().any(|output| output.stderr.contains("secret set")), "the host logs who sets secrets");
    for output in said {
        let text = output.stdout + &output.stderr;
        ensure!(!text.contains(VALUE), "{text}");
    }
    ensure!(files_with(folder.path(), VALUE.as_bytes())? == 0, "the value is on disk");
    ensure!(files_with(folder.path(), b"API_KEY")? > 0, "the secret is not on disk at all");
    Ok(())
}

fn files_with(folder: &Path, bytes: &[u8]) -> anyhow::Result<usize> {
    let mut found = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && std::fs::read(&path)?.windows(bytes.len()).any(|window| window == bytes) {
            found += 1;
        }
    }
    Ok(found)
}

#[test]
fn an_empty_value_sets_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run_with_input(["secret", "set", "KEY"], "\n")?.expect_line(1, &["the value is empty"])?;
    let output = host.run(["secret", "list"])?.expect(0)?;
    ensure!(output.stdout.trim() == "no secrets", "{output:#?}");
    Ok(())
}

#[test]
fn a_host_does_not_start_on_secrets_that_its_key_does_not_open() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run_with_input(["secret", "set", "KEY"], VALUE)?.expect(0)?;
    host.end("TERM")?.expect(0)?;
    let serve = line!["serve", "--listen", "127.0.0.1:0", "--data", folder.path()];
    let path = folder.path().join("secret.key");
    let key = std::fs::read_to_string(&path)?;

    let another = format!("{}=", "A".repeat(43));
    run_with(&serve, &[("FERMATA_SECRET_KEY", &another)], "")?
        .expect_line(2, &["secret `KEY` does not open with this key"])?;
    std::fs::remove_file(&path)?;
    run_with(&serve, &[], "")?.expect_line(2, &["secret.key is missing", "put it back"])?;
    ensure!(!path.exists(), "a lost key was replaced");

    // The same key from the environment opens them again.
    let host = Host::start_with(folder.path(), &[], &[("FERMATA_SECRET_KEY", key.trim())])?;
    let output = host.run(["secret", "list"])?.expect(0)?;
    ensure!(output.stdout.contains("KEY"), "{output:#?}");
    ensure!(!path.exists(), "a key from the environment was written to disk");
    Ok(())
}

#[test]
fn compiled_code_is_loaded_again_with_the_same_key_only() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    host.end("TERM")?.expect(0)?;
    let compiled = folder.path().join("compiled");
    ensure!(std::fs::read_dir(&compiled)?.count() == 1, "one component was compiled");
    std::fs::remove_file(folder.path().join("secret.key"))?;

    // Without secrets a lost key is replaced; what the old one vouched for is compiled again.
    let host = Host::start(folder.path())?;
    host.run(line!["deploy", crate::support::model("one-echo.bpmn")])?.expect(0)?;
    host.run(["start", "one-echo", "--await"])?.expect(0)?;
    let output = host.end("TERM")?.expect(0)?;
    ensure!(
        output.stderr.contains("was not written by this host: it is removed and compiled again"),
        "{output:#?}"
    );
    Ok(())
}
