//! `cargo xtask torture`: looks for histories and crashes that the host does not survive.

use std::process::Command;

use anyhow::bail;

use crate::guests;
use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// The simulation is a scenario like the others, in a program of its own.
const SIMULATION: &str = "simulation";

/// Of a hundred histories in memory so many are told on SQLite as well, whose files are torn: they take much longer.
const SQLITE_SHARE: u64 = 3;

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
    /// Histories in memory that `simulation` goes through, and a small part of them on SQLite as well
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    histories: u64,
    /// Makes the same moves as another run
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds components, host and both programs, and runs the programs, also the second when the first has found something.
pub(crate) fn run_all(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    if arguments.list {
        return list(&workspace);
    }
    eprintln!("building the components and a release build of the host; the first time takes some minutes");
    guests::build(&workspace, &[])?;
    // All at once: each by itself would have all that they share built with other features.
    let mut build = cargo();
    build.args(["build", "--release", "--quiet"]).current_dir(&workspace.root);
    for package in ["fermata-server", "fermata-load", "fermata-torture", "fermata-sim"] {
        build.args(["--package", package]);
    }
    run(&mut build)?;
    let mut failed = Vec::new();
    let mut torture = |name: &str, arguments: Vec<String>| {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let mut program = Command::new(workspace.target_directory.join("release").join(name));
        if let Err(error) = run(program.args(arguments).current_dir(&workspace.root)) {
            failed.push(error.to_string());
        }
    };
    if arguments.wants_simulation() {
        let on_sqlite = (arguments.histories * SQLITE_SHARE / 100).max(1);
        torture("fermata-sim", arguments.for_simulation("memory", arguments.histories));
        torture("fermata-sim", arguments.for_simulation("sqlite", on_sqlite));
    }
    if arguments.wants_hosts() {
        torture("fermata-torture", arguments.for_hosts());
    }
    if !failed.is_empty() {
        bail!("the torture has found something: {}", failed.join("; "));
    }
    println!("no violations");
    Ok(())
}

/// Names the scenarios. A debug build of their program knows them as well, and is there sooner.
fn list(workspace: &Workspace) -> anyhow::Result<()> {
    let program = ["run", "--quiet", "--package", "fermata-torture", "--", "--list"];
    run(cargo().args(program).current_dir(&workspace.root))?;
    println!("{SIMULATION:<18}engine, runtime and store under an injected clock, with a store that fails");
    Ok(())
}

impl Arguments {
    fn wants_simulation(&self) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == SIMULATION)
    }

    fn wants_hosts(&self) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name != SIMULATION)
    }

    fn for_simulation(&self, store: &str, histories: u64) -> Vec<String> {
        let mut arguments = settings([("--histories", Some(histories)), ("--seed", self.seed)]);
        arguments.extend(["--store".to_owned(), store.to_owned()]);
        arguments
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
