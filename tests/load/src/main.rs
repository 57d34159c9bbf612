//! Measures Fermata: a load generator of its own process, benches of whole hosts, and the cost of single parts.
//!
//! `cargo xtask bench` builds the release binaries and components that this program runs, and starts it.
//! Everything that a client would do goes over HTTP; only the folders with millions of instances are filled
//! by the engine's and the store's own code (see [`seed`]).

mod scenario;

mod generator;
mod host;
mod machine;
mod seed;

mod benches;
mod report;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  fermata-load                                      the quick benches, each on hosts of its own
  fermata-load one-task restart                     two of them
  fermata-load --all --json                         all of them, one JSON object per line
  fermata-load --postgres one-task                  on a PostgreSQL in a temporary folder
  fermata-load waiting-1m-rss --scale 0.01          a try with 10,000 instead of a million
  fermata-load run one-task                         load on the host at 127.0.0.1:8080
  fermata-load run typical --rate 200 --duration 1m";

/// Measures Fermata.
#[derive(Parser)]
#[command(
    name = "fermata-load",
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    benches: benches::Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Put load on a host that runs already
    Run(run::Arguments),
    /// Fill the data folder of a host that does not run
    #[command(hide = true)]
    Seed(seed::Arguments),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    machine::raise_open_files_limit();
    // Fails when it is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cli.command {
        Some(Command::Run(arguments)) => run::run(&arguments),
        Some(Command::Seed(arguments)) => seed::run(&arguments),
        None => benches::run(&cli.benches),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
