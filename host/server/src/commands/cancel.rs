//! `fermata cancel`: ends process instances.

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata instances --state active
  fermata cancel 2251799813685251

An instance ends with all it is doing: its jobs, timers and user tasks are gone, and workers that still answer are refused.
What was done stays done. Nothing brings it back: to try again what an incident has stopped, use `fermata incidents resolve`.";

/// End process instances before their time.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The keys of the process instances, as `fermata instances` lists them
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
}

/// Runs the command. The first one that cannot be ended ends the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    for key in &arguments.keys {
        host.cancel(key).await?;
        output::line(format_args!("process instance {key} is cancelled"));
    }
    Ok(())
}
