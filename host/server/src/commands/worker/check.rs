//! `fermata worker check`: tells what a component is, and whether a host would take it.

use std::path::PathBuf;
use std::time::Duration;

use api::ComponentProblem;
use indicatif::ProgressBar;
use manifest::{Inspection, Manifest};
use sandbox::{Limits, Sandbox};
use serde_json::json;

use super::push;
use crate::failure::Failure;
use crate::workers::{ComponentSettings, Grant, missing_grants, refusal};
use crate::{output, values};

/// How often the sign moves that shows that the compiler is at work.
const TICK: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Examples:
  fermata worker check score.wasm
  fermata worker check score.wasm --json

It is compiled as by a host, which takes seconds, and for large ones (Python, JavaScript) a minute or more.
Nothing of the component runs. Exits with 1 when a host would refuse it.";

/// Tell what a component exports, imports and wants, and whether a host would take it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let bytes = super::read_component(&arguments.file)?;
    let shown = arguments.file.display();
    let inspection = manifest::inspect(&bytes)
        .map_err(|error| anyhow::Error::new(error).context(format!("{shown} would be refused")))?;
    let mut problems: Vec<ComponentProblem> =
        inspection.problems.iter().map(refusal::of_inspection).collect();
    if problems.is_empty() {
        problems.extend(compile(bytes).await?);
    }
    if arguments.json {
        output::json(&to_json(&inspection, &problems))?;
    } else {
        print(&inspection, &problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::reported()) }
}

/// Compiles the component as a host does; gives what keeps a host from running it.
async fn compile(bytes: Vec<u8>) -> Result<Option<ComponentProblem>, sandbox::Error> {
    let compiler = ComponentSettings::default().compiler().map_err(sandbox::Error::CompilerStart)?;
    let sandbox = Sandbox::new(sandbox::Config { concurrency: 1, compiler, ..sandbox::Config::default() })?;
    let progress = ProgressBar::new_spinner().with_message("compiling as a host does");
    progress.enable_steady_tick(TICK);
    let compiled = sandbox.compile(bytes).await;
    progress.finish_and_clear();
    match compiled {
        Ok(_) => Ok(None),
        Err(error) => refusal::of_sandbox(&error).map(Some).ok_or(error),
    }
}

fn to_json(inspection: &Inspection, problems: &[ComponentProblem]) -> serde_json::Value {
    json!({
        "sizeBytes": inspection.size_bytes,
        "digest": inspection.digest,
        "exports": inspection.exports,
        "imports": inspection.imports,
        "handler": inspection.handler,
        "manifest": inspection.manifest,
        "problems": problems,
    })
}

fn print(inspection: &Inspection, problems: &[ComponentProblem]) {
    if let Some(manifest) = &inspection.manifest {
        print_manifest(manifest);
    }
    output::line(format_args!("size     {}", values::show_size(inspection.size_bytes as u64)));
    output::line(format_args!("digest   {}", inspection.digest));
    if let Some(handler) = inspection.handler {
        output::line(format_args!("world    {}", handler.replace("/handler", "")));
    }
    for (heading, names) in [("exports", &inspection.exports), ("imports", &inspection.imports)] {
        output::line(format_args!("{heading}  {}", names.first().map_or("nothing", String::as_str)));
        for name in names.iter().skip(1) {
            output::line(format_args!("         {name}"));
        }
    }
    if problems.is_empty() {
        output::line("a host takes it");
        if let Some(manifest) = &inspection.manifest {
            print_grants(manifest);
        }
    }
    for problem in problems {
        output::line(format_args!("refused: {}", problem.message));
    }
}

/// What a host that has granted nothing yet, and has no limits of its own, is to grant.
fn print_grants(manifest: &Manifest) {
    let missing = missing_grants(manifest, &Grant::nothing(&manifest.name), &Limits::default());
    if !missing.is_empty() {
        output::line("it needs grants there; grant what is right:");
        output::line(format_args!("  {}", push::grant_command(&manifest.name, &missing)));
    }
}

/// What a component says of itself and what it wants.
pub(super) fn print_manifest(manifest: &Manifest) {
    let kind = match manifest.kind {
        manifest::Kind::Worker => "worker",
        manifest::Kind::Connector => "connector",
    };
    output::line(format_args!("{} {}, a {kind}", manifest.name, manifest.version));
    if !manifest.description.is_empty() {
        output::line(format_args!("         {}", manifest.description));
    }
    output::line(format_args!("does     {}", manifest.job_types.join(", ")));
    let mut wishes = Vec::new();
    for host in &manifest.hosts {
        let methods = if host.methods.is_empty() { String::new() } else { host.methods.join(",") + " " };
        // An IPv6 address in brackets, as in a URL.
        let name = if host.name.contains(':') { format!("[{}]", host.name) } else { host.name.clone() };
        wishes.push(wish(format!("to call {methods}{name}:{}", host.port), &host.reason));
    }
    for secret in &manifest.secrets {
        let how = if secret.reveal { "to see" } else { "to send" };
        let places =
            if secret.hosts.is_empty() { String::new() } else { format!(" to {}", secret.hosts.join(", ")) };
        let headers = if secret.headers.is_empty() {
            String::new()
        } else {
            format!(" in {}", secret.headers.join(", "))
        };
        wishes.push(wish(format!("{how} secret {}{headers}{places}", secret.name), &secret.reason));
    }
    for (key, setting) in &manifest.config {
        let default = setting.default.as_ref().map(|value| format!("={value}")).unwrap_or_default();
        wishes.push(wish(format!("setting {key}{default}"), &setting.description));
    }
    for (limit, wanted) in manifest.limits.iter() {
        wishes.push(format!("limit {limit} = {wanted} ({})", limit.shown(wanted)));
    }
    let first = wishes.first().map_or("nothing", String::as_str);
    output::line(format_args!("wants    {first}"));
    for wish in wishes.iter().skip(1) {
        output::line(format_args!("         {wish}"));
    }
}

fn wish(what: String, reason: &str) -> String {
    if reason.is_empty() { what } else { format!("{what}: {reason}") }
}
