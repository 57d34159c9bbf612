//! `cargo xtask torture`: looks for histories and crashes that the host does not survive.

use std::process::Command;

use anyhow::bail;

use crate::guests;
use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// The simulation is a scenario like the others, in a program of its own.
const SIMULATION: &str = "simulation";

/// What to do. The programs say more about each of these.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these scenarios; all without. `--list` names them
    names: Vec<String>,
    /// Name the scenarios and what they do
    #[arg(long)]
    list: bool,
    /// Hosts that `kill` kills
    #[arg(long)]
    kills: Option<u32>,
    /// How often the other scenarios with real hosts do what they do
    #[arg(long)]
    rounds: Option<u32>,
    /// Histories that `simulation` goes through
    #[arg(long)]
    histories: Option<u32>,
    /// Makes the same moves as another run
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds components, host and both programs, and runs the programs, also the second when the first has found something.
pub(crate) fn run_all(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    eprintln!("building the components and a release build of the host; the first time takes some minutes");
    if !arguments.list {
        guests::build(&workspace, &[])?;
    }
    // All at once: each by itself would have all that they share built with other features.
    let mut build = cargo();
    build.args(["build", "--release", "--quiet"]).current_dir(&workspace.root);
    for package in ["fermata-server", "fermata-load", "fermata-torture", "fermata-sim"] {
        build.args(["--package", package]);
    }
    run(&mut build)?;
    let program = |name: &str| {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let mut program = Command::new(workspace.target_directory.join("release").join(name));
        program.current_dir(&workspace.root);
        program
    };
    if arguments.list {
        run(program("fermata-torture").arg("--list"))?;
        println!(
            "{SIMULATION:<18}engine, runtime and store under an injected clock, with a store that fails"
        );
        return Ok(());
    }
    let mut failed = Vec::new();
    if arguments.wants_simulation()
        && let Err(error) = run(program("fermata-sim").args(arguments.for_simulation()))
    {
        failed.push(error.to_string());
    }
    if arguments.wants_hosts()
        && let Err(error) = run(program("fermata-torture").args(arguments.for_hosts()))
    {
        failed.push(error.to_string());
    }
    if !failed.is_empty() {
        bail!("the torture has found something: {}", failed.join("; "));
    }
    println!("no violations");
    Ok(())
}

impl Arguments {
    fn wants_simulation(&self) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == SIMULATION)
    }

    fn wants_hosts(&self) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name != SIMULATION)
    }

    fn for_simulation(&self) -> Vec<String> {
        let histories = self.histories.map(u64::from);
        settings([("--histories", histories), ("--seed", self.seed)])
    }

    fn for_hosts(&self) -> Vec<String> {
        let (kills, rounds) = (self.kills.map(u64::from), self.rounds.map(u64::from));
        let mut arguments = settings([("--kills", kills), ("--rounds", rounds), ("--seed", self.seed)]);
        arguments.extend(self.names.iter().filter(|name| *name != SIMULATION).cloned());
        arguments
    }
}

fn settings<const N: usize>(settings: [(&str, Option<u64>); N]) -> Vec<String> {
    let given = settings.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?.to_string()]));
    given.flatten().collect()
}
