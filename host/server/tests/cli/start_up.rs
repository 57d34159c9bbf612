//! Starting a host, and why one does not start.

use std::net::TcpListener;
use std::path::Path;

use anyhow::ensure;

use crate::support::{Host, component, components, line, run, run_with};

#[test]
fn a_taken_port_is_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    run(line!["serve", "--listen", &address, "--data", folder.path()])?
        .expect_line(2, &[&address, "is in use by another program", "--listen"])
}

#[test]
fn a_folder_in_use_is_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let _host = Host::start(folder.path())?;
    run(line!["serve", "--listen", "127.0.0.1:0", "--data", folder.path()])?
        .expect_line(2, &[&folder.path().display().to_string(), "in use by another fermata process"])
}

#[test]
fn a_folder_that_is_no_folder_is_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    std::fs::write(&file, "text")?;
    run(line!["serve", "--listen", "127.0.0.1:0", "--data", &file])?
        .expect_line(2, &["the data folder", &file.display().to_string(), "cannot be used"])
}

#[test]
fn a_file_that_is_no_database_is_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("fermata.db"), "this is no database".repeat(1_000))?;
    run(line!["serve", "--listen", "127.0.0.1:0", "--data", folder.path()])?
        .expect_line(2, &["the data folder", "cannot be used"])
}

#[test]
fn a_newer_schema_is_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    Host::start(folder.path())?.end("TERM")?.expect(0)?;
    // SQLite's file format: the user version is a big-endian number at byte 60 of the header.
    let path = folder.path().join("fermata.db");
    let mut database = std::fs::read(&path)?;
    ensure!(database.len() > 100 && database.starts_with(b"SQLite format 3\0"), "no database was written");
    database[60..64].copy_from_slice(&1_000_u32.to_be_bytes());
    std::fs::write(&path, database)?;
    for log in ["fermata.db-wal", "fermata.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(log));
    }
    run(line!["serve", "--listen", "127.0.0.1:0", "--data", folder.path()])?
        .expect_line(2, &["schema version 1000", "use a newer fermata"])
}

#[test]
fn settings_that_make_no_sense_are_one_line_and_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("fermata.toml");
    std::fs::write(&config, "listen = '127.0.0.1:0'\nport = 80\n")?;
    let data = folder.path().join("data");
    let serve = |more: [std::ffi::OsString; 2]| {
        run(line!["serve", "--listen", "127.0.0.1:0", "--data", &data].into_iter().chain(more))
    };
    serve(line!["--config", &config])?
        .expect_line(2, &["fermata.toml cannot be used", "unknown field `port`"])?;
    serve(line!["--config", "/no/such/file"])?.expect_line(2, &["/no/such/file", "No such file"])?;
    serve(line!["--connectors", "/no/such/folder"])?
        .expect_line(2, &["/no/such/folder", "cannot be read"])?;
    serve(line!["--listen", "nowhere"])?.expect(2)?;
    serve(line!["--database-url", "postgres://fermata:hunter2@127.0.0.1:1/fermata"])?
        .expect_line(2, &["cannot open the database at", "127.0.0.1:1"])?;
    serve(line!["--database-url", "mysql://db"])?.expect_line(2, &["cannot open the database"])?;
    let serve = line!["serve", "--listen", "127.0.0.1:0", "--data", &data];
    run_with(&serve, &[("RUST_LOG", "fermata=loud")], "")?.expect_line(2, &["RUST_LOG", "fermata=loud"])?;
    run_with(&serve, &[("FERMATA_SECRET_KEY", "hunter2")], "")?
        .expect_line(2, &["FERMATA_SECRET_KEY is not a key"])?;
    Ok(())
}

#[test]
fn a_host_ends_on_both_signals_and_frees_its_folder() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    for signal in ["TERM", "INT"] {
        let host = Host::start(folder.path())?;
        let output = host.end(signal)?.expect(0)?;
        ensure!(output.stdout.lines().count() == 1, "{output:#?}");
        ensure!(output.stderr.contains(&format!("SIG{signal}: shutting down")), "{output:#?}");
    }
    Ok(())
}

#[test]
fn the_log_is_json_when_asked() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start_with(folder.path(), &["--log-format".as_ref(), "json".as_ref()], &[])?;
    let output = host.end("TERM")?.expect(0)?;
    ensure!(!output.stderr.is_empty(), "nothing was logged");
    for line in output.stderr.lines() {
        let record: serde_json::Value = serde_json::from_str(line)?;
        ensure!(record["level"].is_string() && record["message"].is_string(), "{line}");
    }
    Ok(())
}

#[test]
fn a_host_answers_as_soon_as_it_says_that_it_is_ready() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let get = |path: &str| -> anyhow::Result<_> {
        tokio::runtime::Runtime::new()?.block_on(async {
            let answer = host.client()?.get(format!("{}{path}", host.url)).send().await?;
            Ok((answer.status().as_u16(), answer.text().await?))
        })
    };
    let (status, topology) = get("/v2/topology")?;
    let topology: serde_json::Value = serde_json::from_str(&topology)?;
    let port = topology["brokers"][0]["port"].to_string();
    ensure!(status == 200 && host.url.ends_with(&format!(":{port}")), "{status} {topology}");
    ensure!(get("/v2/status")?.0 == 204);
    Ok(())
}

#[test]
fn the_host_says_which_connectors_it_offers_or_how_to_offer_some() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let said = |connectors: &Path| -> anyhow::Result<String> {
        let host = Host::start_with_connectors(&folder.path().join("data"), connectors)?;
        Ok(host.end("TERM")?.expect(0)?.stderr)
    };
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty)?;
    let stderr = said(&empty)?;
    for part in ["WARN", "no connectors are offered", &empty.display().to_string(), "cargo xtask guests"] {
        ensure!(stderr.contains(part), "`{part}` is missing: {stderr}");
    }
    component("sendgrid.wasm")?;
    let stderr = said(&components())?;
    ensure!(stderr.contains("connectors are offered") && !stderr.contains("WARN"), "{stderr}");
    ensure!(stderr.contains(&components().display().to_string()), "{stderr}");
    Ok(())
}

#[test]
fn a_weight_of_a_tenant_that_has_no_jobs_is_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("fermata.toml");
    std::fs::write(&config, "[dispatch.tenants]\n'<default>' = 2\ngold = 3\n")?;
    let data = folder.path().join("data");
    let host = Host::start_with(&data, &["--config".as_ref(), config.as_os_str()], &[])?;
    let stderr = host.end("TERM")?.expect(0)?.stderr;
    let told: Vec<&str> = stderr.lines().filter(|line| line.contains("`dispatch.tenants`")).collect();
    ensure!(told.len() == 1 && told[0].contains("gold"), "{stderr}");
    Ok(())
}

#[test]
fn pages_of_others_are_refused_and_names_are_given() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start_with(folder.path(), &["--host-name".as_ref(), "fermata.corp".as_ref()], &[])?;
    let status = |headers: &[(&str, &str)]| -> anyhow::Result<u16> {
        tokio::runtime::Runtime::new()?.block_on(async {
            let mut request = host.client()?.post(format!("{}/v2/jobs/search", host.url));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            Ok(request.send().await?.status().as_u16())
        })
    };
    for (headers, expected) in [
        (&[][..], 200),
        (&[("host", "localhost:1")], 200),
        (&[("host", "fermata.corp")], 200),
        (&[("host", "evil.example")], 403),
        (&[("origin", "http://evil.example")], 403),
        (&[("sec-fetch-site", "cross-site")], 403),
    ] {
        ensure!(status(headers)? == expected, "{headers:?}");
    }
    run(line!["serve", "--listen", "127.0.0.1:0", "--data", folder.path(), "--host-name", "http://x"])?
        .expect_line(2, &["`http://x` is no name of a host"])
}

#[test]
fn on_the_loopback_interface_no_warning_is_due() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let stderr = host.end("TERM")?.expect(0)?.stderr;
    ensure!(!stderr.contains("authentication"), "{stderr}");
    Ok(())
}
