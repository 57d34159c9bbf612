//! What `fermata new` and `fermata wit` write.

use std::fs;

use anyhow::ensure;

use crate::support::{line, run};

#[test]
fn a_new_worker_comes_with_the_commands_that_come_next() -> anyhow::Result<()> {
    let outer = tempfile::tempdir()?;
    let folder = outer.path().join("made/check-customer");
    let new = || run(line!["new", "worker", "check-customer", "--lang", "rust", "--dir", &folder]);
    let output = new()?.expect(0)?;
    for line in [
        "  component.toml",
        "  src/lib.rs",
        "  cargo build --release --target wasm32-wasip2",
        "  cargo test",
        "  fermata worker push target/wasm32-wasip2/release/check_customer.wasm --manifest component.toml",
    ] {
        ensure!(output.stdout.lines().any(|printed| printed == line), "`{line}` is missing: {output:#?}");
    }
    let readme = fs::read_to_string(folder.join("README.md"))?;
    for line in output.stdout.lines().skip_while(|line| !line.starts_with("next:")).skip(2) {
        ensure!(readme.contains(line.trim()), "README.md does not say `{line}`");
    }
    let manifest = fs::read_to_string(folder.join("component.toml"))?;
    ensure!(manifest.contains("job-types = [\"check-customer\"]"), "{manifest}");
    ensure!(folder.join("fermata/wit/deps/wasi-http.wit").is_file());
    ensure!(folder.join("fermata/sdk/wit/worlds.wit").is_file());

    fs::write(folder.join("mine"), "mine")?;
    new()?.expect_line(1, &["check-customer is not empty"])?;
    ensure!(fs::read_to_string(folder.join("mine"))? == "mine");
    Ok(())
}

#[test]
fn names_and_languages_are_checked_before_anything_is_written() -> anyhow::Result<()> {
    let outer = tempfile::tempdir()?;
    let folder = outer.path().join("made");
    for (name, language, expected) in
        [("Check_Customer", "rust", "is no name of a worker"), ("check", "cobol", "possible values: rust")]
    {
        let output = run(line!["new", "worker", name, "--lang", language, "--dir", &folder])?.expect(2)?;
        ensure!(output.stderr.contains(expected), "{output:#?}");
        ensure!(!folder.exists());
    }
    Ok(())
}

#[test]
fn the_wit_packages_are_written_whole() -> anyhow::Result<()> {
    let outer = tempfile::tempdir()?;
    let folder = outer.path().join("wit");
    let output = run(line!["wit", &folder])?.expect(0)?;
    ensure!(output.stdout.contains("  deps/wasi-http.wit"), "{output:#?}");
    ensure!(fs::symlink_metadata(folder.join("deps/fermata-host/log.wit"))?.is_file());
    run(line!["wit", &folder])?.expect_line(1, &["is not empty"])
}
