//! Folders with millions of instances, made in minutes: the engine's own steps on real instances,
//! committed by the store's own code, a few thousand instances at a time.
//!
//! What is in the folder afterwards is what a host would have written, but for its batches: a host that is less busy
//! writes the same rows in smaller commits.

mod group;
mod stage;

use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::generator::block_on;
use crate::host::{Api, Home, component};
use crate::scenario::Scenario;
use group::Group;
use stage::Stage;

/// Instances of one group: they go through their commits together.
const GROUP_INSTANCES: u64 = 4_000;

/// What to fill a folder with.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What they are instances of: `one-task` gives finished ones, `waiting` waiting ones
    scenario: Scenario,
    /// How many
    count: u64,
    /// The data folder
    folder: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    fill(&Home::existing(&arguments.folder), arguments.scenario, arguments.count)
}

/// Adds `count` instances of a scenario to what a host has at home, each where it comes to by itself:
/// its jobs are done, its timers are not due.
pub(crate) fn fill(home: &Home, scenario: Scenario, count: u64) -> anyhow::Result<()> {
    deploy(home, scenario)?;
    let progress = progress(format!("instances of {}", scenario.process_id()), count)?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let mut stage = Stage::open(home, scenario, count).await?;
        let mut left = count;
        while left > 0 {
            let size = left.min(GROUP_INSTANCES);
            let mut group = Group::start(&mut stage, size)?;
            stage.commit(group.batch_parts()).await?;
            while group.do_jobs(&mut stage)? {
                stage.commit(group.batch_parts()).await?;
            }
            left -= size;
            progress.inc(size);
        }
        stage.close().await
    })?;
    home.write_out()?;
    progress.finish_and_clear();
    Ok(())
}

/// Lets a host make its home, and deploy what the instances need to go on.
fn deploy(home: &Home, scenario: Scenario) -> anyhow::Result<()> {
    let host = home.start_host()?;
    block_on(async { Api::new(&host.url)?.deploy(scenario, component("echo.wasm")?).await })?;
    host.terminate().context("the host that makes its home")
}

fn progress(what: String, count: u64) -> anyhow::Result<ProgressBar> {
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} {msg}, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(count).with_style(style).with_message(what))
}
