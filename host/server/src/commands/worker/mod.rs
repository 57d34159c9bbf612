//! `fermata worker`: components that do jobs.

mod check;
mod keygen;
mod limits;
mod module;
mod pack;
mod sign;

mod list;
mod oci;
mod push;
mod remove;
mod show;

mod grant;
mod history;
mod rollback;
mod rollout;

mod dev;
mod run;

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
    /// Make a key that signs components
    Keygen(keygen::Arguments),
    /// Sign a component
    Sign(sign::Arguments),
    /// Upload a component; it serves the next job of types without a roll-out
    Push(push::Arguments),
    /// List components
    List(list::Arguments),
    /// Show a component: its versions, wishes and grants
    Show(show::Arguments),
    /// Grant a component hosts, secrets, settings and limits, or take them back
    Grant(grant::Arguments),
    /// Say which versions do the jobs of a type, or show it
    Rollout(rollout::Arguments),
    /// Go back to an earlier version
    Rollback(rollback::Arguments),
    /// Show who has changed what serves a job type, when and why
    History(history::Arguments),
    /// Remove a version of a component
    Remove(remove::Arguments),
    /// Run one job in the sandbox on this machine, without a host
    Run(run::Arguments),
    /// Build and upload a worker again at each save
    Dev(dev::Arguments),
}

/// Runs the command.
pub(crate) async fn run(
    command: Command,
    host: impl FnOnce() -> anyhow::Result<Client>,
) -> Result<(), Failure> {
    match command {
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Push(arguments) => push::run(&arguments, &host()?).await,
        Command::List(arguments) => list::run(&arguments, &host()?).await,
        Command::Show(arguments) => show::run(&arguments, &host()?).await,
        Command::Grant(arguments) => grant::run(arguments, &host()?).await,
        Command::Rollout(arguments) => rollout::run(arguments, &host()?).await,
        Command::Rollback(arguments) => rollback::run(&arguments, &host()?).await,
        Command::History(arguments) => history::run(&arguments, &host()?).await,
        Command::Remove(arguments) => remove::run(&arguments, &host()?).await,
        Command::Run(arguments) => run::run(arguments).await,
        Command::Dev(arguments) => dev::run(arguments, &host()?).await,
    }
}

fn read_component(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path).with_context(|| format!("failed to read {}", path.display()))?.len();
    if size > api::COMPONENT_BYTES_MAX as u64 {
        anyhow::bail!("{} takes {size} bytes, the limit is {}", path.display(), api::COMPONENT_BYTES_MAX);
    }
    if size == 0 {
        anyhow::bail!("{} is empty: expected a WebAssembly component", path.display());
    }
    std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))
}

/// A manifest as its author writes it.
fn read_manifest(path: &Path) -> anyhow::Result<Manifest> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    Manifest::from_toml(&text).with_context(|| format!("{} is not usable", path.display()))
}

/// The component with the manifest from a file of its author in it.
fn pack_with(component: &Path, manifest: &Path) -> anyhow::Result<(Vec<u8>, Manifest)> {
    with_manifest(&read_component(component)?, component, manifest)
}

/// The same for a component that came from the file `path`.
fn with_manifest(component: &[u8], path: &Path, manifest: &Path) -> anyhow::Result<(Vec<u8>, Manifest)> {
    let manifest = read_manifest(manifest)?;
    let packed = manifest::embed(component, &manifest)
        .with_context(|| format!("{} cannot be packed", path.display()))?;
    Ok((packed, manifest))
}
