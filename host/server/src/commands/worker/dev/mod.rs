//! `fermata worker dev`: builds and uploads a worker at each save.

mod build;
mod sources;
mod upload;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use self::sources::Sources;
use self::upload::Uploads;
use crate::client::Client;
use crate::commands::project::{MANIFEST_FILE, PROJECT_FILE, Project};
use crate::failure::Failure;
use crate::output;
use crate::signature::SigningKey;

/// How long nothing must have been saved before a build begins: an editor writes several files at once.
const QUIET: Duration = Duration::from_millis(150);

const EXAMPLES: &str = "\
Examples:
  fermata worker dev .
  fermata worker dev workers/check-customer --keep
  fermata worker dev . --build 'make score.wasm' --component score.wasm
  fermata worker dev . --key team.key

The folder's dev.toml says how the worker is built:
  build = \"cargo build --release --target wasm32-wasip2\"
  component = \"target/wasm32-wasip2/release/score.wasm\"
The command is run by the shell, in the folder. What git ignores is not watched.

Versions never change, so each upload is one of its own: 0.1.0-dev.1, 0.1.0-dev.2, … of the 0.1.0 in component.toml.
A number that was taken before, also by a version that was removed, is left out.
The last one serves the next job of types without a roll-out; the one before is removed. When this command ends it removes the last one too, and
what served before serves again. What the worker was granted stays: grants belong to its name.";

/// Build and upload a worker again at each save.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The worker's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The command that builds it, in place of what dev.toml says
    #[arg(long, value_name = "COMMAND", requires = "component")]
    build: Option<String>,
    /// The component that the command makes, as seen from the folder
    #[arg(long, value_name = "FILE.wasm", requires = "build")]
    component: Option<PathBuf>,
    /// Sign each version with this key, for hosts that take signed components only
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Leave the last version on the host at the end
    #[arg(long)]
    keep: bool,
}

/// Runs the command, until it is interrupted.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let project = arguments.project()?;
    let manifest = arguments.folder.join(MANIFEST_FILE);
    // Whether there is a host at all is said before the first build.
    let key = arguments.key.as_deref().map(SigningKey::read).transpose()?;
    let mut uploads = Uploads::begin(host, key, &super::read_manifest(&manifest)?).await?;
    let mut sources = Sources::watch(&arguments.folder)?;
    let mut interrupted = std::pin::pin!(interrupted()?);
    let ended = loop {
        let turn = async {
            let built = sources.state()?;
            let done = build_and_upload(&arguments, &project, &mut uploads).await;
            if let Err(error) = done {
                output::line(format_args!("error: {}", crate::failure::one_line(&error)));
            }
            output::line(format_args!("watching {}; Ctrl-C ends it", arguments.folder.display()));
            sources.changed_since(built, QUIET).await
        };
        tokio::select! {
            () = &mut interrupted => break Ok(()),
            turned = turn => if let Err(error) = turned { break Err(error) },
        }
    };
    if !arguments.keep {
        uploads.remove_last().await?;
    }
    Ok(ended?)
}

async fn build_and_upload(
    arguments: &Arguments,
    project: &Project,
    uploads: &mut Uploads<'_>,
) -> anyhow::Result<()> {
    let Arguments { folder, .. } = arguments;
    build::run(&project.build, folder).await?;
    let manifest = super::read_manifest(&folder.join(MANIFEST_FILE))?;
    let component = super::read_component(&folder.join(&project.component))
        .with_context(|| format!("`{}` has not made the component", project.build))?;
    uploads.upload(&component, manifest).await
}

impl Arguments {
    fn project(&self) -> anyhow::Result<Project> {
        if let (Some(build), Some(component)) = (&self.build, &self.component) {
            return Ok(Project { build: build.clone(), test: None, component: component.clone() });
        }
        let path = self.folder.join(PROJECT_FILE);
        Project::find(&self.folder)?.with_context(|| {
            format!(
                "{} is missing, which says how the worker is built: write it, or use --build and --component",
                path.display()
            )
        })
    }
}

/// Done when the user or the system wants this process to end.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
