//! One job in the sandbox on this machine: `fermata worker run`.

use std::ffi::OsString;

use anyhow::ensure;
use serde_json::{Value, json};

use crate::support::{Output, component, line, run_with};

/// Runs the command with a cache of its own.
fn worker_run(
    cache: &tempfile::TempDir,
    arguments: impl IntoIterator<Item = OsString>,
) -> anyhow::Result<Output> {
    let cache = cache.path().display().to_string();
    let line = ["worker", "run"].map(OsString::from).into_iter().chain(arguments);
    run_with(line, &[("XDG_CACHE_HOME", &cache), ("CUSTOMER_API_KEY", "from-the-environment")], "")
}

fn json_of(output: &Output) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&output.stdout)?)
}

#[test]
fn a_job_is_done_and_told() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let echo = component("echo.wasm")?;
    let job = r#"{"variables": {"a": [1, 2]}}"#;
    let told = json_of(&worker_run(&cache, line![&echo, "--job", job, "--json"])?.expect(0)?)?;
    let expected = json!({ "a": [1, 2], "workerVersion": "1.0.0" });
    ensure!(told["outcome"] == json!({ "kind": "completed", "variables": expected }), "{told:#}");
    ensure!(told["component"]["name"] == "echo" && told["jobType"] == "echo", "{told:#}");
    ensure!(told["memoryPeakBytes"].as_u64() > Some(0) && told["requests"] == json!([]), "{told:#}");
    ensure!(told.get("runs").is_none(), "{told:#}");

    // What was compiled is kept for the next run, for its owner only.
    let compiled = std::fs::read_dir(cache.path().join("fermata/compiled"))?.count();
    ensure!(compiled == 1, "{compiled} files");
    let file = cache.path().join("job.json");
    std::fs::write(&file, job)?;
    let job = OsString::from(format!("@{}", file.display()));
    let output = worker_run(&cache, line![&echo, "--job", &job, "--repeat", "3"])?.expect(0)?;
    for part in
        ["outcome  completed", r#"variables: {"a":[1,2],"workerVersion":"1.0.0"}"#, "of 3 runs", "memory   "]
    {
        ensure!(output.stdout.contains(part), "`{part}` is missing: {output:#?}");
    }
    let told = json_of(&worker_run(&cache, line![&echo, "--repeat", "3", "--json"])?.expect(0)?)?;
    ensure!(told["runs"]["count"] == 3, "{told:#}");
    Ok(())
}

#[test]
fn what_was_refused_is_told_with_the_option_that_allows_it() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let check = component("customer-check-rust.wasm")?;
    let job = r#"{"variables": {"customer": "C-1"}}"#;
    let base = ["--job", job, "--setting", "base-url=http://127.0.0.1:9"].map(OsString::from);
    let check = |more: &[&str]| {
        let more = more.iter().map(OsString::from);
        worker_run(&cache, std::iter::once(check.clone().into()).chain(base.clone()).chain(more))
    };
    let output = check(&[])?.expect(1)?;
    ensure!(output.stdout.contains("--secret CUSTOMER_API_KEY@HOST"), "{output:#?}");

    let secret = ["--secret", "CUSTOMER_API_KEY@http://127.0.0.1:9"];
    let output = check(&secret)?.expect(1)?;
    let option = "allow    it with --host 'GET http://127.0.0.1:9'";
    ensure!(output.stdout.contains(option) && output.stdout.contains("  refused, "), "{output:#?}");
    ensure!(output.stdout.contains("outcome  failed"), "{output:#?}");
    let told = json_of(&check(&["--json", secret[0], secret[1]])?.expect(1)?)?;
    ensure!(told["missing"] == json!(["--host 'GET http://127.0.0.1:9'"]), "{told:#}");
    ensure!(told["requests"][0]["refused"] == true && told["outcome"]["kind"] == "failed", "{told:#}");
    Ok(())
}

#[test]
fn what_is_no_job_is_wrong_usage() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let echo = component("echo.wasm")?;
    for (option, value, expected) in [
        ("--job", "{", "the job is not usable"),
        ("--job", r#"{"type": "sell"}"#, "does no jobs of type `sell`, only of echo"),
        ("--job", "@no-such-file", "failed to read no-such-file"),
    ] {
        worker_run(&cache, line![&echo, option, value])?.expect_line(2, &[expected])?;
    }
    for (option, value, expected) in [
        ("--host", "127.0.0.1", "write `127.0.0.1:PORT`"),
        ("--secret", "KEY", "write `NAME@host`"),
        ("--repeat", "0", "0 is not in 1..="),
        ("--time", "0s", "limit `wall_time_ms` is 0 ms, expected 1 ms to 24 h"),
    ] {
        let output = worker_run(&cache, line![&echo, option, value])?.expect(2)?;
        ensure!(output.stderr.contains(expected), "{output:#?}");
    }
    Ok(())
}

#[test]
fn what_is_lacking_is_told_with_the_option_of_this_command() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let echo = component("echo.wasm")?;
    let job = r#"{"variables": {"text": "longer than the result may be"}}"#;
    let output = worker_run(&cache, line![&echo, "--job", job, "--limit", "result_bytes=10"])?.expect(1)?;
    ensure!(
        output.stdout.contains("the limit is 10: raise `result_bytes` with `--limit result_bytes=NUMBER`"),
        "{output:#?}"
    );
    let check = component("customer-check-rust.wasm")?;
    let job = r#"{"variables": {"customer": "C-1"}}"#;
    let options = ["--setting", "base-url=http://127.0.0.1:9", "--job", job].map(OsString::from);
    let output = worker_run(&cache, std::iter::once(check.into()).chain(options))?.expect(1)?;
    let option = "allow it with `--secret CUSTOMER_API_KEY@HOST`";
    ensure!(output.stdout.contains(option) && !output.stdout.contains("worker grant"), "{output:#?}");
    Ok(())
}
