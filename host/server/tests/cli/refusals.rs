//! What is refused, and how that is told.

use std::net::TcpListener;

use anyhow::ensure;

use crate::support::{Host, line, model, run};

#[test]
fn without_a_host_commands_say_so_with_exit_code_2() -> anyhow::Result<()> {
    // A port that was free a moment ago, and that nobody listens on.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("http://{address}");
    for command in [
        line!["deploy", model("one-echo.bpmn")].to_vec(),
        line!["start", "one-echo"].to_vec(),
        line!["worker", "list"].to_vec(),
        line!["secret", "list"].to_vec(),
        line!["instances"].to_vec(),
    ] {
        let arguments = command.into_iter().chain(line!["--url", &url]);
        run(arguments)?
            .expect_line(2, &["no host answers at", &url, "Connection refused", "fermata serve"])?;
    }
    Ok(())
}

#[test]
fn wrong_usage_is_exit_code_2() -> anyhow::Result<()> {
    for arguments in [
        &["fly"][..],
        &["start"],
        &["start", "order", "--timeout", "5s"],
        &["start", "order", "--await", "--timeout", "soon"],
        &["worker", "list", "--url", "ftp://host"],
        &["worker", "grant", "crm", "--host", "*.example.com"],
        &["instances", "--limit", "0"],
        &["cancel"],
        &["incidents", "resolve"],
        &["incidents", "resolve", "7", "--retries", "0"],
        &["incidents", "--all", "resolve", "7"],
    ] {
        run(arguments)?.expect(2)?;
    }
    Ok(())
}

#[test]
fn a_hosts_refusal_is_one_line_with_its_reason() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    host.run(["start", "no-such-process"])?.expect_line(1, &["no-such-process"])?;
    host.run(["start", "order", "--vars", "[1]"])?.expect_line(1, &["--vars", "found an array"])?;
    host.run(["start", "order", "--vars", "{\"a\":}"])?.expect_line(1, &["line 1 column 6"])?;
    host.run(["worker", "remove", "echo", "9.9.9"])?.expect_line(1, &["no component `echo@9.9.9` exists"])?;
    host.run(["worker", "show", "echo"])?.expect_line(1, &["no component `echo` exists"])?;
    host.run(["cancel", "7"])?.expect_line(1, &["no process instance with key 7 exists"])?;
    host.run(["incidents", "resolve", "7"])?.expect_line(1, &["no incident with key 7 exists"])?;
    host.run(["secret", "remove", "KEY"])?.expect_line(1, &["no secret `KEY` exists"])?;
    Ok(())
}

#[test]
fn every_help_has_examples() -> anyhow::Result<()> {
    for command in [
        &["serve"][..],
        &["deploy"],
        &["lint"],
        &["start"],
        &["instances"],
        &["cancel"],
        &["incidents"],
        &["incidents", "list"],
        &["incidents", "resolve"],
        &["worker", "pack"],
        &["worker", "check"],
        &["worker", "push"],
        &["worker", "list"],
        &["worker", "show"],
        &["worker", "grant"],
        &["worker", "remove"],
        &["secret", "set"],
        &["secret", "list"],
        &["secret", "remove"],
        &["secret", "history"],
    ] {
        let output = run(command.iter().chain(&["--help"]))?.expect(0)?;
        let example = format!("  fermata {}", command.join(" "));
        ensure!(output.stdout.contains(&example), "{command:?}: {}", output.stdout);
    }
    Ok(())
}
