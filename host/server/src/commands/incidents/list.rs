//! `fermata incidents list`: lists what waits for an operator.

use serde_json::{Value, json};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

pub(super) const EXAMPLES: &str = "\
Examples:
  fermata incidents
  fermata incidents list --instance 2251799813685251
  fermata incidents list --all --json
  fermata incidents resolve 2251799813685299

An incident stops one element of an instance, such as a task whose job has failed too often.
See to its cause first: `fermata attempts INSTANCE` tells what its component said and sent. Push a worker, grant a host,
set a secret, set a variable. Then resolve it.";

/// List incidents, the latest first.
#[derive(Default, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only those of this process instance
    #[arg(long, value_name = "KEY")]
    instance: Option<String>,
    /// Resolved ones as well
    #[arg(long)]
    all: bool,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let mut filter = json!({});
    if let Some(instance) = &arguments.instance {
        filter["processInstanceKey"] = json!(instance);
    }
    if !arguments.all {
        filter["state"] = json!("ACTIVE");
    }
    let sort = json!([{ "field": "creationTime", "order": "DESC" }]);
    let incidents = host.search("incidents", filter, sort, arguments.limit).await?;
    if arguments.json {
        output::json(&incidents)?;
        return Ok(());
    }
    let of_jobs = incidents.iter().find(|incident| incident["jobKey"].is_string());
    let rows = incidents.iter().map(row).collect();
    output::table(["KEY", "INSTANCE", "ELEMENT", "TYPE", "SINCE", "MESSAGE"], rows, "no incidents");
    if let Some(incident) = of_jobs {
        output::line("");
        output::line(format_args!(
            "what components said and sent: fermata attempts {}",
            output::text(&incident["processInstanceKey"])
        ));
    }
    Ok(())
}

fn row(incident: &Value) -> [String; 6] {
    let fields =
        ["incidentKey", "processInstanceKey", "elementId", "errorType", "creationTime", "errorMessage"];
    fields.map(|field| output::text(&incident[field]))
}
