//! `fermata instances modify`: changes what is active in a process instance.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::parse_pair;
use crate::client::Client;
use crate::commands::variables;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata instances modify 2251799813685251 --move charge=approve
  fermata instances modify 2251799813685251 --terminate charge --activate approve --vars '{\"amount\": 0}'

All of it happens, or nothing does. Moving an element ends each of its instances and enters the other one instead.";

/// Change what is active in a process instance.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The key of the process instance, as `fermata instances` lists it
    key: String,
    /// An element to enter, by its id in the model
    #[arg(long, value_name = "ELEMENT", required_unless_present_any = ["terminate", "moves"])]
    activate: Vec<String>,
    /// An element that ends, by its id in the model, or one instance of it by its key
    #[arg(long, value_name = "ELEMENT|KEY")]
    terminate: Vec<String>,
    /// An element that ends, and the one that is entered instead
    #[arg(long = "move", value_name = "FROM=TO", value_parser = parse_pair)]
    moves: Vec<(String, String)>,
    /// Variables of the process that are set before elements are entered: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON", default_value = "{}")]
    vars: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Modification {
    activate_instructions: Vec<Activate>,
    move_instructions: Vec<Move>,
    terminate_instructions: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Activate {
    element_id: String,
    variable_instructions: Vec<Given>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Move {
    source_element_instruction: Value,
    target_element_id: String,
    variable_instructions: Vec<Given>,
}

#[derive(Clone, Serialize)]
struct Given {
    variables: Box<RawValue>,
}

/// Runs the command.
pub(super) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let given = vec![Given { variables: variables::read(&arguments.vars)? }];
    let activate = arguments.activate.into_iter();
    let moves = arguments.moves.into_iter();
    let modification = Modification {
        activate_instructions: activate
            .map(|element_id| Activate { element_id, variable_instructions: given.clone() })
            .collect(),
        move_instructions: moves
            .map(|(from, target_element_id)| Move {
                source_element_instruction: json!({ "sourceType": "byId", "sourceElementId": from }),
                target_element_id,
                variable_instructions: given.clone(),
            })
            .collect(),
        terminate_instructions: arguments.terminate.iter().map(|what| terminate(what)).collect(),
    };
    host.post(&["v2", "process-instances", &arguments.key, "modification"], &modification).await?;
    output::line(format_args!("process instance {} is modified", arguments.key));
    Ok(())
}

/// Ids in a model do not begin with a digit.
fn terminate(what: &str) -> Value {
    if what.bytes().all(|byte| byte.is_ascii_digit()) {
        json!({ "elementInstanceKey": what })
    } else {
        json!({ "elementId": what })
    }
}
