//! `fermata message`: messages for process instances that wait, or that they start.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::variables;
use crate::client::Client;
use crate::failure::Failure;
use crate::{output, values};

const PUBLISH_EXAMPLES: &str = "\
Examples:
  fermata message publish payment --key invoice-7 --vars '{\"sum\": 120}'
  fermata message publish payment --key invoice-7 --ttl 1h --id 5c1f

Without --ttl the message is for those who wait already. While a message with an --id is kept, another one with it is refused.";

const CORRELATE_EXAMPLES: &str = "\
Examples:
  fermata message correlate payment --key invoice-7 --vars @payment.json

Refused when nobody waits for the message and no process starts with it.";

/// Messages: publish, correlate.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Send a message, which may be kept for those who do not wait yet
    Publish(PublishArguments),
    /// Give a message to whoever waits for it now, and say who has taken it
    Correlate(CorrelateArguments),
}

/// Send a message.
#[derive(clap::Args)]
#[command(after_help = PUBLISH_EXAMPLES)]
pub(crate) struct PublishArguments {
    #[command(flatten)]
    message: MessageArguments,
    /// How long it is kept, such as 30s [default: not at all]
    #[arg(long, value_name = "DURATION", value_parser = values::parse_duration)]
    ttl: Option<Duration>,
    /// The sender's own id for it
    #[arg(long)]
    id: Option<String>,
}

/// Give a message to whoever waits for it now.
#[derive(clap::Args)]
#[command(after_help = CORRELATE_EXAMPLES)]
pub(crate) struct CorrelateArguments {
    #[command(flatten)]
    message: MessageArguments,
}

#[derive(clap::Args)]
struct MessageArguments {
    /// The message's name
    name: String,
    /// Its correlation key; none for a message that only starts processes
    #[arg(long)]
    key: Option<String>,
    /// Variables: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON", default_value = "{}")]
    vars: String,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_key: Option<String>,
    variables: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_live: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
}

impl MessageArguments {
    fn into_message(self) -> anyhow::Result<Message> {
        Ok(Message {
            name: self.name,
            correlation_key: self.key,
            variables: variables::read(&self.vars)?,
            time_to_live: None,
            message_id: None,
        })
    }
}

/// Runs the command.
pub(crate) async fn run(command: Command, host: &Client) -> Result<(), Failure> {
    let (path, message, json) = match command {
        Command::Publish(arguments) => {
            let json = arguments.message.json;
            let time_to_live = arguments.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
            let message = arguments.message.into_message()?;
            ("publication", Message { time_to_live, message_id: arguments.id, ..message }, json)
        }
        Command::Correlate(arguments) => {
            let json = arguments.message.json;
            ("correlation", arguments.message.into_message()?, json)
        }
    };
    let answer: Value = host.post_for(&["v2", "messages", path], &message).await?;
    if json {
        output::json(&answer)?;
        return Ok(());
    }
    let key = output::text(&answer["messageKey"]);
    match output::text(&answer["processInstanceKey"]).as_str() {
        "" => output::line(format_args!("message {key} is published")),
        instance => output::line(format_args!("process instance {instance} has taken message {key}")),
    }
    Ok(())
}
