//! `fermata signal`: a signal for everybody who waits for it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::variables;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata signal shop-opens
  fermata signal price-change --vars '{\"factor\": 1.05}'

Everybody gets it who waits now, and every process that begins with it is started. It is not kept.";

/// Send a signal to everybody who waits for it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The signal's name
    name: String,
    /// Variables: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON", default_value = "{}")]
    vars: String,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signal {
    signal_name: String,
    variables: Box<RawValue>,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let signal = Signal { signal_name: arguments.name, variables: variables::read(&arguments.vars)? };
    let answer: Value = host.post_for(&["v2", "signals", "broadcast"], &signal).await?;
    if arguments.json {
        output::json(&answer)?;
    } else {
        output::line(format_args!("signal {} is sent", output::text(&answer["signalKey"])));
    }
    Ok(())
}
