//! `fermata worker show`: one component in full.

use anyhow::{Context as _, anyhow};
use api::ComponentView;
use manifest::Manifest;
use serde_json::json;

use super::{check, grant, push};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use crate::workers::{Grant, missing_grants};

const EXAMPLES: &str = "\
Examples:
  fermata worker show stripe
  fermata worker show stripe --json";

/// Show a component: its versions, wishes and grants.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component's name
    name: String,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let name = arguments.name.as_str();
    let mut versions = host.components().await?;
    versions.retain(|component| *component.name == *name);
    let Some(latest) = versions.first() else {
        return Err(anyhow!("no component `{name}` exists: `fermata worker list` names them all").into());
    };
    let (grant, _) = host.grant(name).await?;
    if arguments.json {
        output::json(&json!({ "versions": versions, "grant": grant }))?;
        return Ok(());
    }
    let manifest = Manifest::from_json(latest.manifest.to_string().as_bytes())
        .context("the host's answer holds a manifest that this release cannot read")?;
    let grant: Grant = serde_json::from_value(grant)
        .context("the host's answer holds a grant that this release cannot read")?;
    check::print_manifest(&manifest);
    grant::print(&grant);
    let missing = missing_grants(&manifest, &grant.grants);
    if !missing.is_empty() {
        output::line("not granted; grant what is right:");
        output::line(format_args!("  {}", push::grant_command(name, &missing)));
    }
    output::line("");
    output::table(["VERSION", "SERVES", "SINCE", "DIGEST"], versions.iter().map(row).collect(), "");
    Ok(())
}

fn row(component: &ComponentView) -> [String; 4] {
    let serving: Vec<&str> = component.serving.iter().map(|job_type| job_type.as_str()).collect();
    [
        component.version.to_string(),
        serving.join(", "),
        output::time(component.uploaded_at),
        component.digest.to_string(),
    ]
}
