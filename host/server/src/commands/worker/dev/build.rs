//! Building a worker with its own command.

use std::path::Path;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::output;

/// Runs a command line in a folder; its words go where this command's go.
pub(super) async fn run(line: &str, folder: &Path) -> anyhow::Result<()> {
    output::line(format_args!("$ {line}"));
    let mut command = shell(line);
    // Who is interrupted does not leave a build behind.
    command.current_dir(folder).kill_on_drop(true);
    let status = command.status().await.with_context(|| format!("failed to run `{line}`"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", line]);
    command
}
