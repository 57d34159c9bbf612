//! `fermata worker remove`: removes a version of a component.

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Example:
  fermata worker remove score 1.1.0

The version uploaded before it serves the next job. Jobs that run end on the version that they began with.
Grants belong to the name and stay. A version that a roll-out names is not removed.";

/// Remove a version of a component.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component's name
    name: String,
    /// The version
    version: String,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let Arguments { name, version } = arguments;
    host.delete_component(name, version).await?;
    output::line(format_args!("{name} {version} is removed"));
    Ok(())
}
