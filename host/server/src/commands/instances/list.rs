//! `fermata instances list`: lists process instances.

use serde_json::{Value, json};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

pub(super) const EXAMPLES: &str = "\
Examples:
  fermata instances
  fermata instances --process order --state active
  fermata instances --incident --json";

/// List process instances, those started last first.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Only those of this process, by its id in the model
    #[arg(long, value_name = "PROCESS_ID")]
    process: Option<String>,
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only those with an open incident
    #[arg(long)]
    incident: bool,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// The state of a process instance.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum State {
    Active,
    Completed,
    Terminated,
}

/// Runs the command.
pub(super) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let mut filter = json!({});
    if let Some(process) = &arguments.process {
        filter["processDefinitionId"] = json!(process);
    }
    if let Some(state) = arguments.state {
        filter["state"] = json!(state.as_text());
    }
    if arguments.incident {
        filter["hasIncident"] = json!(true);
    }
    let sort = json!([{ "field": "startDate", "order": "DESC" }]);
    let instances = host.search("process-instances", filter, sort, arguments.limit).await?;
    if arguments.json {
        output::json(&instances)?;
        return Ok(());
    }
    let rows = instances.iter().map(row).collect();
    output::table(["KEY", "PROCESS", "VERSION", "STATE", "STARTED", "ENDED"], rows, "no process instances");
    Ok(())
}

impl State {
    const fn as_text(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Completed => "COMPLETED",
            Self::Terminated => "TERMINATED",
        }
    }
}

fn row(instance: &Value) -> [String; 6] {
    let text = |field: &str| output::text(&instance[field]);
    let incident = if instance["hasIncident"] == true { " (incident)" } else { "" };
    let held = if instance["isSuspended"] == true { " (suspended)" } else { "" };
    [
        text("processInstanceKey"),
        text("processDefinitionId"),
        text("processDefinitionVersion"),
        text("state") + incident + held,
        text("startDate"),
        text("endDate"),
    ]
}
