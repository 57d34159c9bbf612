//! `fermata worker history`: who has changed what serves a job type, when and why.

use anyhow::anyhow;
use api::{ComponentView, RolloutAction, RolloutChangeView};
use serde_json::Value;

use super::super::similar;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use crate::workers::{Label, Plan, Share};

const EXAMPLES: &str = "\
Examples:
  fermata worker history charge
  fermata worker history charge --limit 200 --before 1234
  fermata worker history charge --json

The last change comes first. `fermata worker rollback --to REVISION` goes back to what one has left behind.
Uploads and removals are in it where they have changed what serves without a roll-out. Behind each version are the first
digits of its digest; --json has all of them. Of each job type the last 1,000 changes are kept.
`fermata worker grant NAME --history` and `fermata secret history NAME` show other changes.";

/// Show who has changed what serves a job type, when and why.
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
    if changes.is_empty() && before.is_none() {
        return unchanged(job_type, host).await;
    }
    output::table(headings, changes.iter().map(row).collect(), "no changes before that");
    Ok(())
}

/// Nothing has changed: says what has always served the job type, or that nothing ever did.
async fn unchanged(job_type: &str, host: &Client) -> Result<(), Failure> {
    let components = host.components().await?;
    let serves = |component: &&ComponentView| component.serving.iter().any(|name| *name == *job_type);
    let Some(serving) = components.iter().find(serves) else {
        let problem = anyhow!(
            "no component does `{job_type}`, and none ever did: `fermata worker list` names what is served"
        );
        return Err(Failure::from(problem)
            .with_hints(similar::job_type(host, job_type).await.into_iter().skip(1).collect()));
    };
    let ComponentView { name, version, .. } = serving;
    output::line(format_args!("no changes are known: {name}@{version} serves it"));
    Ok(())
}

fn row(change: &RolloutChangeView) -> [String; 7] {
    let what = match change.action {
        RolloutAction::Set => "set",
        RolloutAction::Removed => "removed",
        RolloutAction::RolledBack => "rolled back",
        RolloutAction::RolledBackByHost => "rolled back by the host",
        RolloutAction::Uploaded => "uploaded",
        RolloutAction::VersionRemoved => "version removed",
    };
    let nothing = match change.action {
        RolloutAction::Uploaded | RolloutAction::VersionRemoved => "nothing",
        _ => "newest upload",
    };
    [
        change.revision.to_string(),
        output::time(change.changed_at),
        change.changed_by.to_string(),
        what.to_owned(),
        shares(change.from.as_ref(), change, nothing),
        shares(change.to.as_ref(), change, nothing),
        change.reason.clone(),
    ]
}

/// The versions with their shares and the first digits of their digests.
fn shares(plan: Option<&Value>, change: &RolloutChangeView, nothing: &str) -> String {
    const DIGITS: usize = 8;
    let digest = |version: &Label| {
        let digest = change.digests.get(&version.to_string())?.get(..DIGITS)?;
        Some(format!(" ({digest})"))
    };
    match plan.map(|plan| Plan::read(plan.clone())) {
        None => nothing.to_owned(),
        Some(Ok(plan)) => {
            let shares = plan.versions.iter().map(|Share { version, weight }| {
                format!("{version} {weight} %{}", digest(version).unwrap_or_default())
            });
            shares.collect::<Vec<_>>().join(", ")
        }
        // Of a later release.
        Some(Err(_)) => plan.map(ToString::to_string).unwrap_or_default(),
    }
}
