//! `fermata conditions`: starts the processes that begin when a condition holds.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::variables;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata conditions --vars '{\"stock\": 3}'
  fermata conditions --vars @reading.json --definition 2251799813685250

Each conditional start event whose condition holds with these variables starts an instance with them.
Prints the keys of the instances, one a line.";

/// Start the processes whose conditions hold with these variables.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Variables: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON")]
    vars: String,
    /// Only this process definition, by its key [default: the latest version of every process]
    #[arg(long, value_name = "KEY")]
    definition: Option<String>,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evaluation {
    #[serde(skip_serializing_if = "Option::is_none")]
    process_definition_key: Option<String>,
    variables: Box<RawValue>,
}

/// Runs the command. That no condition holds is no failure.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let evaluation = Evaluation {
        process_definition_key: arguments.definition,
        variables: variables::read(&arguments.vars)?,
    };
    let answer: Value = host.post_for(&["v2", "conditionals", "evaluation"], &evaluation).await?;
    if arguments.json {
        output::json(&answer)?;
        return Ok(());
    }
    for instance in answer["processInstances"].as_array().into_iter().flatten() {
        output::line(output::text(&instance["processInstanceKey"]));
    }
    Ok(())
}
