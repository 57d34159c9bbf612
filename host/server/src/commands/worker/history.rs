//! `fermata worker history`: who has changed a roll-out, when and why.

use api::{RolloutAction, RolloutChangeView};
use serde_json::Value;

use super::rollout;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use crate::workers::Plan;

const EXAMPLES: &str = "\
Examples:
  fermata worker history charge
  fermata worker history charge --limit 200 --before 1234
  fermata worker history charge --json

The last change comes first. `fermata worker rollback --to REVISION` goes back to what one has left behind.
Of each job type the last 1,000 changes are kept.";

/// Show who has changed a roll-out, when and why.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The job type
    job_type: String,
    /// How many changes
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Only changes before this revision
    #[arg(long, value_name = "REVISION")]
    before: Option<i64>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let Arguments { job_type, limit, before, json } = arguments;
    let changes = host.rollout_history(job_type, *before, *limit).await?;
    if *json {
        output::json(&changes)?;
        return Ok(());
    }
    let headings = ["REVISION", "AT", "BY", "WHAT", "FROM", "TO", "REASON"];
    output::table(
        headings,
        changes.iter().map(row).collect(),
        "no changes: the newest upload has always served it",
    );
    Ok(())
}

fn row(change: &RolloutChangeView) -> [String; 7] {
    let what = match change.action {
        RolloutAction::Set => "set",
        RolloutAction::Removed => "removed",
        RolloutAction::RolledBack => "rolled back",
        RolloutAction::RolledBackByHost => "rolled back by the host",
    };
    [
        change.revision.to_string(),
        output::time(change.changed_at),
        change.changed_by.to_string(),
        what.to_owned(),
        shares(change.from.as_ref()),
        shares(change.to.as_ref()),
        change.reason.clone(),
    ]
}

fn shares(plan: Option<&Value>) -> String {
    match plan.map(|plan| Plan::read(plan.clone())) {
        None => "newest upload".to_owned(),
        Some(Ok(plan)) => rollout::shares(&plan),
        // Of a later release.
        Some(Err(_)) => plan.map(ToString::to_string).unwrap_or_default(),
    }
}
