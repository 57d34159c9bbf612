//! `cargo xtask demo`: the customer onboarding from end to end, from a fresh clone.

use std::ffi::OsString;
use std::time::Instant;

use anyhow::Context as _;

use crate::guests::{self, COMPONENTS};
use crate::process::{become_program, cargo, run};
use crate::workspace::Workspace;

/// The host's package.
const HOST: &str = "fermata-server";

/// How to run the demo.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `fermata demo`: `--keep` leaves the host running, `-- --help` tells the rest
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// Builds what the demo needs and becomes the demo.
pub(crate) fn build_and_run(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let started = Instant::now();
    eprintln!("1/3 building the components (the first time: 1 to 2 minutes)");
    let components = guests::build(&workspace, &[]).context("the components were not built")?;
    eprintln!("    {} components after {} s", components.len(), started.elapsed().as_secs());

    let started = Instant::now();
    eprintln!("2/3 building the host (the first time: some minutes)");
    run(cargo().args(["build", "--package", HOST]).current_dir(&workspace.root))
        .context("the host was not built")?;
    eprintln!("    the host is there after {} s", started.elapsed().as_secs());

    eprintln!("3/3 running the demo (about 12 s)\n");
    let mut demo = cargo();
    demo.args(["run", "--quiet", "--package", HOST, "--", "demo", "--components"])
        .arg(workspace.root.join(COMPONENTS))
        .args(&arguments.rest)
        .current_dir(&workspace.root);
    become_program(&mut demo)
}
