//! `fermata worker show`: one component in full.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use api::{ComponentView, WorkView};
use manifest::Manifest;
use serde_json::json;

use super::super::similar;
use super::{check, grant, push};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use crate::values::show_size;
use crate::workers::Grant;

const EXAMPLES: &str = "\
Examples:
  fermata worker show stripe
  fermata worker show stripe --json";

/// Show a component: its versions, wishes, grants, and how its attempts have gone since the host's start.
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
        let error = anyhow!("no component `{name}` exists: `fermata worker list` names them all");
        return Err(Failure::from(error).with_hints(similar::component(host, name, None).await));
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
    if !latest.missing_grants.is_empty() {
        output::line("not granted; grant what is right:");
        output::line(format_args!("  {}", push::grant_command(name, &latest.missing_grants)));
    }
    output::line("");
    output::table(
        ["VERSION", "SERVES", "UPLOADED", "SIGNED", "DIGEST"],
        versions.iter().map(row).collect(),
        "",
    );
    for version in &versions {
        if let Some(why) = &version.untrusted {
            output::line("");
            output::line(format_args!(
                "{} does not run on this host: {why}; `fermata worker push FILE.wasm --key KEY` signs it anew",
                version.version
            ));
        }
    }
    print_work(&versions);
    Ok(())
}

/// How the attempts of each version have gone.
fn print_work(versions: &[ComponentView]) {
    let Some(since) = versions.iter().find_map(|version| version.work.as_ref()).map(|work| work.since) else {
        return;
    };
    output::line("");
    output::line(format_args!("attempts since the host's start, {}:", output::time(since)));
    let has_begun = |work: &WorkView| work.attempts > 0 || work.running > 0;
    let rows = versions.iter().filter_map(|version| Some((version, version.work.as_ref()?)));
    let rows =
        rows.filter(|(_, work)| has_begun(work)).map(|(version, work)| work_row(&version.version, work));
    let head = ["VERSION", "RUNNING", "ENDED", "FAILED", "BY HOST", "P50", "P99", "CPU EACH", "MEMORY PEAK"];
    output::table(head, rows.collect(), "none");
}

fn work_row(version: &str, work: &WorkView) -> [String; 9] {
    let time = |micros: Option<u64>| micros.map(|micros| format!("{:.1?}", Duration::from_micros(micros)));
    let ran = work.p50_us.is_some();
    [
        version.to_owned(),
        work.running.to_string(),
        work.attempts.to_string(),
        work.failed.to_string(),
        work.host_failures.to_string(),
        time(work.p50_us).unwrap_or_default(),
        time(work.p99_us).unwrap_or_default(),
        time(work.cpu_us_per_attempt).unwrap_or_default(),
        if ran { show_size(work.memory_peak_bytes) } else { String::new() },
    ]
}

/// What a version is and what became of it: who uploaded and signed it, and when.
fn row(component: &ComponentView) -> [String; 5] {
    let serving: Vec<&str> = component.serving.iter().map(|job_type| job_type.as_str()).collect();
    [
        component.version.to_string(),
        match &component.untrusted {
            Some(_) => format!("{} (does not run: not trusted)", serving.join(", ")).trim_start().to_owned(),
            None => serving.join(", "),
        },
        format!("{} by {}", output::time(component.uploaded_at), component.uploaded_by),
        signed(component),
        component.digest.to_string(),
    ]
}

fn signed(component: &ComponentView) -> String {
    let Some(key) = &component.signed_by else { return String::new() };
    match (&component.signed_at, &component.signature_sent_by) {
        (Some(at), Some(by)) => {
            let at = api::time::parse(at).map_or_else(|_| at.to_string(), output::time);
            format!("{at} by {by}, {key}")
        }
        _ => key.to_string(),
    }
}
