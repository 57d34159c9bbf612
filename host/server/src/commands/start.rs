//! `fermata start`: starts a process instance.

use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{similar, variables, waiting};
use crate::client::{self, Client, Start};
use crate::failure::Failure;
use crate::{output, values};

/// How long `--await` waits without `--timeout`.
const AWAIT_DEFAULT: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Examples:
  fermata start order
  fermata start order --vars '{\"amount\": 120, \"customer\": \"Ada\"}'
  fermata start order --vars @order.json --await --timeout 5m

With --await the variables of the process at its end are printed as JSON.
When it has not ended in time, what it waits for is told; it goes on.";

/// Start a process instance.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The process's id in the model
    process_id: String,
    /// The version to start [default: the latest]
    #[arg(long, value_name = "NUMBER")]
    process_version: Option<u32>,
    /// Variables: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON", default_value = "{}")]
    vars: String,
    /// Wait for the end
    #[arg(long = "await")]
    awaits: bool,
    /// How long to wait for the end, such as 30s; the instance goes on [default: 1m]
    #[arg(long, requires = "awaits", value_parser = values::parse_duration)]
    timeout: Option<Duration>,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

/// An instance that was started, and the variables at its end when it was waited for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started<'a> {
    process_instance_key: String,
    process_definition_id: String,
    process_definition_version: u32,
    #[serde(borrow)]
    variables: &'a RawValue,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let timeout = arguments.timeout.unwrap_or(AWAIT_DEFAULT);
    let start = Start {
        process_definition_id: arguments.process_id,
        process_definition_version: arguments.process_version,
        variables: variables::read(&arguments.vars)?,
        await_completion: arguments.awaits,
        request_timeout: arguments.awaits.then(|| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
    };
    let answer = match host.start_as_text(&start).await {
        Ok(answer) => answer,
        Err(error) if error.is_not_found() => {
            let hints = similar::process(host, &start.process_definition_id).await;
            return Err(Failure::from(error).with_hints(hints));
        }
        Err(error) => return Err(explained(error, host).await),
    };
    if arguments.json {
        output::line(answer);
        return Ok(());
    }
    let started: Started = serde_json::from_str(&answer).context("the host's answer cannot be read")?;
    let what = format!(
        "process instance {} of {} version {}",
        started.process_instance_key, started.process_definition_id, started.process_definition_version
    );
    if arguments.awaits {
        eprintln!("{what} has ended");
        output::line(started.variables);
    } else {
        output::line(format_args!("started {what}"));
    }
    Ok(())
}

/// The failure, and what the instance waits for when it goes on.
async fn explained(error: client::Error, host: &Client) -> Failure {
    let Some(instance) = error.instance_that_goes_on().map(str::to_owned) else { return error.into() };
    let mut hints = waiting::explain(&instance, host).await.unwrap_or_default();
    hints.push(format!("`fermata cancel {instance}` ends it"));
    Failure::from(error).with_hints(hints)
}
