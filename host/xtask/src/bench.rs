//! `cargo xtask bench`: measures a release build.

use crate::guests;
use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these benches; all without. `--list` names them
    names: Vec<String>,
    /// Name the benches and what they measure
    #[arg(long)]
    list: bool,
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    json: bool,
}

/// Builds components, host and load generator, and runs the load generator.
pub(crate) fn run_all(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    if !arguments.list {
        eprintln!(
            "building the components and a release build of the host; the first time takes some minutes"
        );
        guests::build(&workspace, &[])?;
        run(cargo().args(["build", "--release", "--quiet", "--package", "fermata-server"]))?;
    }
    let mut load = cargo();
    load.args(["run", "--release", "--quiet", "--package", "fermata-load", "--"]).args(&arguments.names);
    if arguments.list {
        load.arg("--list");
    }
    if arguments.json {
        load.arg("--json");
    }
    run(load.current_dir(&workspace.root))
}
