//! The command line as a whole: what all commands share.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use reqwest::Url;

use crate::client::Client;
use crate::commands::{
    attempts, backup, cancel, compile_component, conditions, demo, deploy, evaluate, export, incidents,
    instances, lint, message, new, restore, resume, secret, serve, signal, start, wit, worker,
};
use crate::failure::Failure;

const EXAMPLES: &str = "\
A first process, with a host that keeps its data in ./fermata-data:
  fermata serve
  fermata deploy order.bpmn
  fermata worker push score-order.wasm
  fermata start order --vars '{\"amount\": 120}' --await

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, or no host to talk to or to start.";

/// Runs BPMN processes whose tasks are sandboxed WebAssembly components.
#[derive(Parser)]
#[command(name = "fermata", version, after_help = EXAMPLES, disable_help_subcommand = true, max_term_width = 100)]
struct Cli {
    /// The host to talk to
    #[arg(
        long,
        global = true,
        display_order = 100,
        env = "FERMATA_URL",
        default_value = "http://127.0.0.1:8080",
        value_parser = parse_url
    )]
    url: Url,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a host
    Serve(serve::Arguments),
    /// Run the customer onboarding from end to end, with stand-ins for the vendors
    Demo(demo::Arguments),
    /// Check models and deploy them
    Deploy(deploy::Arguments),
    /// Check models without a host
    Lint(lint::Arguments),
    /// Start a process instance
    Start(start::Arguments),
    /// Messages for instances that wait, or that they start: publish, correlate
    #[command(subcommand)]
    Message(message::Command),
    /// Send a signal to everybody who waits for it
    Signal(signal::Arguments),
    /// Start the processes whose conditions hold with these variables
    Conditions(conditions::Arguments),
    /// Ask a deployed decision
    Evaluate(evaluate::Arguments),
    /// Process instances: list, modify, migrate, suspend, resume
    Instances(instances::Arguments),
    /// End process instances before their time
    Cancel(cancel::Arguments),
    /// What waits for an operator: list, resolve
    Incidents(incidents::Arguments),
    /// What components said and sent while they tried a job
    Attempts(attempts::Arguments),
    /// Write the history of finished process instances as NDJSON
    Export(export::Arguments),
    /// Components that do jobs: pack, check, sign, push, list, show, grant, roll out, roll back, remove
    #[command(subcommand)]
    Worker(worker::Command),
    /// Write the project of a new worker
    #[command(subcommand)]
    New(new::Command),
    /// Write the WIT packages that components are built against
    Wit(wit::Arguments),
    /// Secrets that models and components use: set, list, remove
    #[command(subcommand)]
    Secret(secret::Command),
    /// Copy a host's database as of this moment, while the host works
    Backup(backup::Arguments),
    /// Make a host's data from a backup
    Restore(restore::Arguments),
    /// Let a host go on that was restored from a backup
    Resume(resume::Arguments),
    /// Compile one component within limits
    #[command(hide = true)]
    CompileComponent(compile_component::Arguments),
}

/// Does what the arguments of this process ask for.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Command::CompileComponent(arguments) = &cli.command {
        return compile_component::run(arguments);
    }
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unusable(anyhow::Error::new(error).context("failed to start threads")))
        .and_then(|runtime| runtime.block_on(cli.run()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

impl Cli {
    async fn run(self) -> Result<(), Failure> {
        let host = || Client::new(self.url.clone());
        match self.command {
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Deploy(arguments) => deploy::run(arguments, &host()?).await,
            Command::Lint(arguments) => lint::run(&arguments),
            Command::Start(arguments) => start::run(arguments, &host()?).await,
            Command::Message(command) => message::run(command, &host()?).await,
            Command::Signal(arguments) => signal::run(arguments, &host()?).await,
            Command::Conditions(arguments) => conditions::run(arguments, &host()?).await,
            Command::Evaluate(arguments) => evaluate::run(arguments, &host()?).await,
            Command::Instances(arguments) => instances::run(arguments, &host()?).await,
            Command::Cancel(arguments) => cancel::run(&arguments, &host()?).await,
            Command::Incidents(arguments) => incidents::run(arguments, &host()?).await,
            Command::Attempts(arguments) => attempts::run(&arguments, &host()?).await,
            Command::Export(arguments) => export::run(arguments, &host()?).await,
            Command::Worker(command) => worker::run(command, host).await,
            Command::New(command) => new::run(command),
            Command::Wit(arguments) => wit::run(&arguments),
            Command::Secret(command) => secret::run(command, &host()?).await,
            Command::Backup(arguments) => backup::run(arguments, host).await,
            Command::Restore(arguments) => restore::run(arguments).await,
            Command::Resume(arguments) => resume::run(&arguments, &host()?).await,
            Command::CompileComponent(_) => unreachable!("it was run before there were threads"),
        }
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base() {
        return Err("expected something like http://127.0.0.1:8080".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_tells_by_examples() {
        fn check(command: &clap::Command) {
            if command.has_subcommands() {
                command.get_subcommands().for_each(check);
            } else {
                assert!(command.get_after_help().is_some(), "`{}` has no examples", command.get_name());
            }
        }
        check(&Cli::command());
    }
}
