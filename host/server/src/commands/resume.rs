//! `fermata resume`: lets a host on restored data go on.

use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use crate::restored::tell_outlook;

const EXAMPLES: &str = "\
Examples:
  fermata resume --dry-run     shows what the host would do as soon as it goes on
  fermata resume

A host whose data came from a backup is suspended: it answers, and takes commands, but runs no
jobs, hands none to workers and fires no timers. What waits may have been done by the original
after the backup was made. End what must not be done again with `fermata cancel KEY`.
After this command the host goes on, also after its next start.";

/// Let a host go on that was restored from a backup.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only show what the host would do
    #[arg(long)]
    dry_run: bool,
    /// Print what the host has before it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let mut restoration = host.restoration().await?;
    let was_suspended = restoration.suspended;
    if !arguments.dry_run {
        host.resume().await?;
        restoration.suspended = false;
    }
    if arguments.json {
        output::json(&restoration)?;
        return Ok(());
    }
    output::line(match (was_suspended, arguments.dry_run) {
        (false, _) => "the host is not suspended",
        (true, true) => "the host is suspended; as soon as it goes on, it turns to this:",
        (true, false) => "the host goes on, with this:",
    });
    if was_suspended {
        tell_outlook(&restoration);
    }
    Ok(())
}
