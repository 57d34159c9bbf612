//! `fermata wit`: the interface between host and components, for languages without an SDK.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata wit wit
  fermata wit vendor/fermata && wit-bindgen c --world connector vendor/fermata

A component exports `handler` of the package fermata:worker. The world `task` is for workers that compute,
`connector` for those that call others; every way out is refused until the operator grants it.
Whatever language has a generator for WIT packages can do jobs: `fermata worker check` says whether a host takes
what came out.";

/// Write the WIT packages that components are built against.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder to write, empty or not there yet
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let files = scaffold::wit(&arguments.folder)?;
    output::line(format_args!("{} holds the WIT packages:", arguments.folder.display()));
    for file in files {
        output::line(format_args!("  {}", file.path));
    }
    Ok(())
}
