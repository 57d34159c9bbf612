//! `fermata incidents resolve`: tries again what an incident has stopped.

use anyhow::Context as _;

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

/// How often a job is tried again without `--retries`.
const RETRIES_DEFAULT: u32 = 1;

const EXAMPLES: &str = "\
Examples:
  fermata incidents
  fermata incidents resolve 2251799813685299
  fermata incidents resolve 2251799813685299 --retries 3

A job that has failed too often is given retries and runs again. Anything else, such as a condition that could not be
evaluated, is evaluated again: set the variable that it needs first. What goes wrong again is a new incident.";

/// Try again what incidents have stopped.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The keys of the incidents, as `fermata incidents` lists them
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// How often a job is tried before the next incident [default: 1]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    retries: Option<u32>,
}

/// Runs the command. The first one that cannot be resolved ends the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let retries = arguments.retries.unwrap_or(RETRIES_DEFAULT);
    for key in &arguments.keys {
        let incident = host.incident(key).await?;
        // In this order: without retries the job would be stopped again at once, and the host refuses it.
        if let Some(job) = incident["jobKey"].as_str() {
            host.set_retries(job, retries)
                .await
                .with_context(|| format!("incident {key} is not resolved"))?;
        }
        host.resolve_incident(key).await?;
        let element = output::printable(output::text(&incident["elementId"]));
        output::line(format_args!(
            "incident {key} is resolved: instance {} goes on at {element}",
            output::text(&incident["processInstanceKey"])
        ));
    }
    Ok(())
}
