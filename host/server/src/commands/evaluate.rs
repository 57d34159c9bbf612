//! `fermata evaluate`: asks a deployed decision.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::variables;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata deploy dish.dmn
  fermata evaluate dish --vars '{\"season\": \"Winter\", \"guests\": 8}'
  fermata evaluate dish --vars @party.json --json

Prints what the latest version comes to, as JSON; with --json all decisions on the way, their inputs and the rules that matched.";

/// Ask a deployed decision.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The decision's id in the model
    decision_id: String,
    /// Variables: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON", default_value = "{}")]
    vars: String,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evaluation {
    decision_definition_id: String,
    variables: Box<RawValue>,
}

/// Runs the command. A decision that comes to nothing is a failure.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let evaluation = Evaluation {
        decision_definition_id: arguments.decision_id,
        variables: variables::read(&arguments.vars)?,
    };
    let answer: Value = host.post_for(&["v2", "decision-definitions", "evaluation"], &evaluation).await?;
    if arguments.json {
        output::json(&answer)?;
    }
    match answer["failureMessage"].as_str() {
        Some(message) => Err(anyhow::anyhow!("{message}").into()),
        None if arguments.json => Ok(()),
        None => {
            output::line(output::text(&answer["output"]));
            Ok(())
        }
    }
}
