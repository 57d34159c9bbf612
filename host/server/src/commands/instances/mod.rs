//! `fermata instances`: process instances, and what operators do to them.

mod hold;
mod list;
mod migrate;
mod modify;

use crate::client::Client;
use crate::failure::Failure;

/// Process instances: list, modify, migrate, suspend, resume.
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
    /// List process instances, those started last first; so does `fermata instances` alone
    List(list::Arguments),
    /// Change what is active in an instance
    Modify(modify::Arguments),
    /// Let instances go on with another version of their process
    Migrate(migrate::Arguments),
    /// Hold instances: nothing in them goes on
    Suspend(hold::SuspendArguments),
    /// Let instances go on that are held
    Resume(hold::ResumeArguments),
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    match arguments.command.unwrap_or(Command::List(arguments.list)) {
        Command::List(arguments) => list::run(arguments, host).await,
        Command::Modify(arguments) => modify::run(arguments, host).await,
        Command::Migrate(arguments) => migrate::run(arguments, host).await,
        Command::Suspend(arguments) => hold::suspend(&arguments, host).await,
        Command::Resume(arguments) => hold::resume(&arguments, host).await,
    }
}

/// Reads `FROM=TO`.
fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err(format!("expected two element ids such as `charge=pay`, found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_pair;

    #[test]
    fn pairs_have_two_ids() {
        assert_eq!(parse_pair("a=b"), Ok(("a".to_owned(), "b".to_owned())));
        for text in ["", "a", "a=", "=b"] {
            assert!(parse_pair(text).is_err(), "{text}");
        }
    }
}
