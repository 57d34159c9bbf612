//! `cargo xtask fuzz`: looks for texts that the readers of BPMN, DMN and FEEL do not survive.

use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// What to do. `tests/fuzz/README.md` says more.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these targets: feel, unary-tests, dmn, bpmn; all without
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Another seed gives other cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this case only, and print its text
    #[arg(long)]
    case: Option<u64>,
}

/// Builds the program with optimisations, and runs it.
pub(crate) fn run_all(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let mut program = cargo();
    program.args(["run", "--release", "--quiet", "--package", "fermata-fuzz", "--"]);
    program.args(&arguments.targets);
    program.arg(format!("--seconds={}", arguments.seconds)).arg(format!("--seed={}", arguments.seed));
    program.arg("--found").arg(workspace.target_directory.join("fuzz"));
    if let Some(case) = arguments.case {
        program.arg(format!("--case={case}"));
    }
    run(program.current_dir(&workspace.root))
}
