//! `fermata instances migrate`: lets process instances go on with another version of their process.

use serde_json::json;

use super::parse_pair;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata instances migrate 2251799813685251 --to 2251799813685307
  fermata instances migrate 2251799813685251 --to 2251799813685307 --map charge=pay --map ship=send

`fermata deploy` prints the key of each version. Active elements that have another id there need a --map.";

/// Let process instances go on with another version of their process.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The keys of the process instances, as `fermata instances` lists them
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// The key of the version to go on with
    #[arg(long, value_name = "DEFINITION_KEY")]
    to: String,
    /// An active element's id, and its id in that version
    #[arg(long = "map", value_name = "FROM=TO", value_parser = parse_pair)]
    mappings: Vec<(String, String)>,
}

/// Runs the command. The first instance that cannot be migrated ends the command.
pub(super) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let mapping = |(from, to): &(String, String)| json!({ "sourceElementId": from, "targetElementId": to });
    let plan = json!({
        "targetProcessDefinitionKey": arguments.to,
        "mappingInstructions": arguments.mappings.iter().map(mapping).collect::<Vec<_>>(),
    });
    for key in &arguments.keys {
        host.post(&["v2", "process-instances", key, "migration"], &plan).await?;
        output::line(format_args!("process instance {key} goes on with version {}", arguments.to));
    }
    Ok(())
}
