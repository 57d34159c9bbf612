//! `fermata worker`: components that do jobs.

mod check;
mod pack;

mod list;
mod push;
mod remove;
mod show;

mod grant;

use std::path::Path;

use anyhow::Context as _;
use manifest::Manifest;

use crate::client::Client;
use crate::failure::Failure;

/// Components that do jobs.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Write a manifest into a component
    Pack(pack::Arguments),
    /// Tell what a component exports, imports and wants, and whether a host would take it
    Check(check::Arguments),
    /// Upload a component; it serves the next job
    Push(push::Arguments),
    /// List components
    List(list::Arguments),
    /// Show a component: its versions, wishes and grants
    Show(show::Arguments),
    /// Grant a component hosts, secrets, settings and limits, or take them back
    Grant(grant::Arguments),
    /// Remove a version of a component
    Remove(remove::Arguments),
}

/// Runs the command.
pub(crate) async fn run(
    command: Command,
    host: impl FnOnce() -> anyhow::Result<Client>,
) -> Result<(), Failure> {
    match command {
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Push(arguments) => push::run(&arguments, &host()?).await,
        Command::List(arguments) => list::run(&arguments, &host()?).await,
        Command::Show(arguments) => show::run(&arguments, &host()?).await,
        Command::Grant(arguments) => grant::run(arguments, &host()?).await,
        Command::Remove(arguments) => remove::run(&arguments, &host()?).await,
    }
}

fn read_component(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("failed to read {}", path.display()))?.len();
    if size > api::COMPONENT_BYTES_MAX as u64 {
        anyhow::bail!("{} takes {size} bytes, the limit is {}", path.display(), api::COMPONENT_BYTES_MAX);
    }
    std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))
}

/// The component with the manifest from a file of its author in it.
fn pack_with(component: &Path, manifest: &Path) -> anyhow::Result<(Vec<u8>, Manifest)> {
    let text = std::fs::read_to_string(manifest)
        .with_context(|| format!("failed to read {}", manifest.display()))?;
    let manifest =
        Manifest::from_toml(&text).with_context(|| format!("{} is not usable", manifest.display()))?;
    let packed = manifest::embed(&read_component(component)?, &manifest)
        .with_context(|| format!("{} cannot be packed", component.display()))?;
    Ok((packed, manifest))
}
