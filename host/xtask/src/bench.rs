//! `cargo xtask bench`: measures a release build.

use std::process::Command;

use crate::guests;
use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// What to measure. The load generator says more about each of these.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these benches; the quick ones without. `--list` names them
    names: Vec<String>,
    /// Run the long benches as well: those with millions of instances, and overload
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Name the benches and what they measure
    #[arg(long)]
    list: bool,
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    json: bool,
    /// Measure hosts on a PostgreSQL that is started in a temporary folder
    #[arg(long)]
    postgres: bool,
    /// Do with so small a part of the instances: a try, which says that it is one
    #[arg(long, value_name = "PART")]
    scale: Option<String>,
    /// How long `overload` keeps it up, such as `60s`
    #[arg(long, value_name = "TIME")]
    overload_time: Option<String>,
}

/// Builds components, host and load generator, and runs the load generator.
pub(crate) fn run_all(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    eprintln!("building the components and a release build of the host; the first time takes some minutes");
    if !arguments.list {
        guests::build(&workspace, &[])?;
    }
    // Both at once: each by itself would have all that they share built with other features.
    let packages = ["--package", "fermata-server", "--package", "fermata-load"];
    run(cargo().args(["build", "--release", "--quiet"]).args(packages).current_dir(&workspace.root))?;
    let program = format!("fermata-load{}", std::env::consts::EXE_SUFFIX);
    let mut load = Command::new(workspace.target_directory.join("release").join(program));
    run(load.args(arguments.for_load_generator()).current_dir(&workspace.root))
}

impl Arguments {
    /// The same for the load generator.
    fn for_load_generator(&self) -> impl Iterator<Item = &str> {
        let switches = [
            ("--all", self.all),
            ("--list", self.list),
            ("--json", self.json),
            ("--postgres", self.postgres),
        ];
        let switches = switches.into_iter().filter(|(_, set)| *set).map(|(name, _)| name);
        let settings = [("--scale", &self.scale), ("--overload-time", &self.overload_time)];
        let settings = settings.into_iter().filter_map(|(name, value)| Some([name, value.as_deref()?]));
        switches.chain(settings.flatten()).chain(self.names.iter().map(String::as_str))
    }
}
