//! `fermata demo` as a user runs it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Lines that a reader must find in what the demo prints, in this order.
const STORY: &[&str] = &[
    "Fermata: a customer's way from order to welcome",
    "worker      score-customer",
    "model       customer-onboarding version 1",
    "5 customers order",
    "Grace Hopper     ☺ Sam of sales puts it aside and forgets it",
    "Grace Hopper     ◔ Undecided for 10 s",
    "Grace Hopper     ☺ Sam of sales approves",
    "Grace Hopper     ■ Customer onboarded",
    "Ada Lovelace is approved",
    "Charges, in the books of Stripe",
    "Contacts, in the books of HubSpot",
    "E-mails, in the books of SendGrid",
    // How many e-mails: on a machine with much else to do there are more reminders than one.
    "All 5 orders ended as they should: 3 charges, 3 contacts and ",
];

/// The demo with the components that `cargo xtask guests` has built, wherever the host is built.
fn demo() -> Command {
    demo_with(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/components"))
}

fn demo_with(components: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
    command.arg("demo").arg("--components").arg(components).stdin(Stdio::null());
    // A proxy that is not there: whoever asks it on the way to this machine fails.
    command.env("HTTP_PROXY", "http://127.0.0.1:9").env_remove("NO_PROXY");
    command
}

/// Runs one of the commands that the demo prints.
fn shell(command: &str) -> std::io::Result<Output> {
    Command::new("sh").args(["-c", command]).env("no_proxy", "127.0.0.1").output()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Fails unless the lines occur in this order.
fn assert_in_order(text: &str, wanted: &[&str]) -> anyhow::Result<()> {
    let mut lines = text.lines();
    for wanted in wanted {
        ensure!(lines.any(|line| line.contains(wanted)), "`{wanted}` is missing or misplaced in:\n{text}");
    }
    Ok(())
}

#[test]
fn every_order_ends_as_it_should() -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let output = demo().env("TMPDIR", temporary.path()).output()?;
    let text = stdout(&output);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}:\n{text}\n{errors}", output.status);
    assert_in_order(&text, STORY)?;
    for line in [
        "Charles Babbage  ■ Order rejected",
        "Alan Turing      ⚡ Charge set-up fee: CARD_DECLINED",
        "Alan Turing      ■ Card declined",
        "Hedy Lamarr      ✗ Create customer in CRM: HubSpot is out of order, status 503",
        "Hedy Lamarr      ■ Customer onboarded",
    ] {
        ensure!(text.contains(line), "`{line}` is missing in:\n{text}");
    }
    ensure!(!text.contains('\u{1b}'), "no colours without a terminal");
    ensure!(std::fs::read_dir(&temporary)?.next().is_none(), "the host's folder is gone with the host");
    Ok(())
}

#[test]
fn missing_components_are_named_with_the_next_step() -> anyhow::Result<()> {
    let empty = tempfile::tempdir()?;
    let output = demo_with(empty.path()).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("sendgrid.wasm") && errors.contains("cargo xtask guests"), "{errors}");
    Ok(())
}

/// Ends the demo with the test.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_is_kept_can_be_used_as_it_says() -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let child = demo().arg("--keep").env("TMPDIR", temporary.path()).stdout(Stdio::piped()).spawn()?;
    let mut kept = Kept(child);
    let mut lines = BufReader::new(kept.0.stdout.take().context("standard output")?).lines();
    let mut commands = Vec::new();
    while commands.len() < 8 {
        let line = lines.next().context("the demo ended")??;
        if line.starts_with("curl ") {
            commands.push(line);
        }
    }
    for command in &commands {
        let answer = shell(&format!("{command} --fail-with-body"))?;
        ensure!(answer.status.success(), "{command}\n{}", stdout(&answer));
    }
    let ended = wait_for_all_to_end(&commands[0])?;
    ensure!(ended.iter().filter(|state| *state == "COMPLETED").count() >= 6, "{ended:?}");
    interrupt(&mut kept.0)?;
    ensure!(
        std::fs::read_dir(Path::new(temporary.path()))?.next().is_none(),
        "the host's folder is gone with the host"
    );
    Ok(())
}

/// Asks until the order that the commands have approved has ended; the one that they have placed waits.
fn wait_for_all_to_end(search: &str) -> anyhow::Result<Vec<String>> {
    for _ in 0..600 {
        let answer: Value = serde_json::from_str(&stdout(&shell(search)?))?;
        let items = answer["items"].as_array().context("items")?;
        let states: Vec<String> =
            items.iter().map(|item| item["state"].as_str().unwrap_or_default().to_owned()).collect();
        if states.iter().filter(|state| *state == "ACTIVE").count() <= 1 && states.len() == 7 {
            return Ok(states);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("the approved order has not ended within a minute")
}

fn interrupt(child: &mut Child) -> anyhow::Result<()> {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status()?;
    ensure!(status.success(), "{status}");
    let mut rest = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut rest)?;
    }
    let status = child.wait()?;
    ensure!(status.success(), "{status} {rest}");
    Ok(())
}
