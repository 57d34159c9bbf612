//! `fermata incidents`: what waits for an operator.

mod list;
mod resolve;

use crate::client::Client;
use crate::failure::Failure;

/// Incidents: what waits for an operator.
#[derive(clap::Args)]
#[command(after_help = list::EXAMPLES, args_conflicts_with_subcommands = true)]
// It would have the name of the group of `list`.
#[group(skip)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: list::Arguments,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List incidents, the latest first; so does `fermata incidents` alone
    List(list::Arguments),
    /// Try again what incidents have stopped
    Resolve(resolve::Arguments),
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    match arguments.command.unwrap_or(Command::List(arguments.list)) {
        Command::List(arguments) => list::run(arguments, host).await,
        Command::Resolve(arguments) => resolve::run(&arguments, host).await,
    }
}
