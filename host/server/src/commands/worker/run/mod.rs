//! `fermata worker run`: one job in the sandbox on this machine, without a host.

mod cache;
mod job;
mod options;
mod outcome;
mod report;
mod services;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use manifest::Manifest;
use sandbox::{Component, Digest, Policy, Report, Sandbox};

use self::job::Job;
use self::options::Options;
use self::report::{Cost, Printed};
use self::services::{Kept, LocalServices};
use crate::failure::Failure;

/// Runs that one command makes.
const RUNS_MAX: u32 = 100_000;

const EXAMPLES: &str = "\
Examples:
  fermata worker run score.wasm --job '{\"variables\": {\"amount\": 120}}'
  fermata worker run score.wasm --job @job.json --manifest component.toml --json
  fermata worker run crm.wasm --setting base-url=http://127.0.0.1:8025 --host http://127.0.0.1:8025 \\
    --secret CRM_KEY@http://127.0.0.1:8025 --secret CRM_KEY=test
  fermata worker run stripe.wasm --wanted --job '{\"variables\": {\"apiKey\": \"{{secrets.STRIPE_API_KEY}}\"}}'
  fermata worker run score.wasm --repeat 200

The job runs as on a host: in a fresh sandbox, within the same limits, and it reaches nothing that is not granted here.
Its requests are real ones. What was refused is told with the option that allows it.
  --job     {\"variables\": {…}, \"headers\": {…}, \"type\": \"…\", \"attempt\": 1, \"retries\": 2, \"idempotencyKey\": \"…\"}, each of them
            optional; @FILE reads it from a file. {{secrets.NAME}} in it becomes what a model would hand over.
  --secret  NAME@HOST grants it as `fermata worker grant` does. Its value is that of the environment's variable NAME,
            or given with NAME=VALUE.
  --wanted  grants the hosts, secrets and limits that the manifest asks for.
  --limit   NAME=NUMBER: `fermata worker grant --help` lists them.

Exit codes: 0 the job was done, 1 it ended with a BPMN error or a failure, 2 wrong usage.";

/// Run one job in the sandbox on this machine, without a host.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// The job: JSON, or @FILE
    #[arg(long, value_name = "JSON", default_value = "{}")]
    job: String,
    /// Read what it wants from here; without, it carries that already
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// The job's checkpoint: read before the run, written after it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Run the same job so many times, and tell what they cost
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(RUNS_MAX)))]
    repeat: u32,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let bytes = super::read_component(&arguments.file)?;
    let manifest = manifest_of(&arguments, &bytes)?;
    let policy = arguments.options.policy(&manifest).map_err(Failure::unusable)?;
    let mut job = Job::read(&arguments.job, &manifest).map_err(Failure::unusable)?;
    let model = job.replace_secrets()?;
    let kept = Kept::open(arguments.checkpoint.clone())?;

    let digest = Digest::of(&bytes);
    let sandbox = cache::sandbox()?;
    let component = sandbox
        .load(&digest, Duration::MAX, move || async move { Ok::<_, Infallible>(bytes) })
        .await
        .with_context(|| format!("no host would run {}", arguments.file.display()))?;
    cache::prune();

    let printed = Printed::begin(&manifest, &job, &digest, arguments.json);
    let services = |listener| {
        let version = manifest.version.to_string();
        LocalServices::new(
            kept.clone(),
            version,
            job.attempt,
            arguments.options.values(),
            model.clone(),
            listener,
        )
    };
    let policy = Arc::new(policy);
    let mut costs = Vec::new();
    for _ in 1..arguments.repeat {
        let report = attempt(&sandbox, &component, &job, &policy, Arc::new(services(None))).await?;
        costs.push(Cost::of(&report));
    }
    let services = Arc::new(services(Some(printed.listener())));
    let report = attempt(&sandbox, &component, &job, &policy, Arc::clone(&services)).await?;
    costs.push(Cost::of(&report));
    services.keep()?;
    let done = report.result.is_ok();
    printed.end(&report, &policy, &costs)?;
    if done { Ok(()) } else { Err(Failure::reported()) }
}

async fn attempt(
    sandbox: &Sandbox,
    component: &Component,
    job: &Job,
    policy: &Arc<Policy>,
    services: Arc<LocalServices>,
) -> anyhow::Result<Report> {
    let request = job.request(policy.limits.wall_time)?;
    Ok(sandbox.run(component, request, Arc::clone(policy), services).await)
}

/// What the component says of itself.
fn manifest_of(arguments: &Arguments, component: &[u8]) -> anyhow::Result<Manifest> {
    if let Some(path) = &arguments.manifest {
        return super::read_manifest(path);
    }
    let shown = arguments.file.display();
    let found = manifest::read(component).with_context(|| format!("{shown} is not usable"))?;
    found.with_context(|| format!("{shown} carries no manifest: name it with `--manifest component.toml`"))
}
