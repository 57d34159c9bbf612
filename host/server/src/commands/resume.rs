//! `fermata resume`: lets a host on restored data go on.

use api::{OutlookView, RestorationView, Resumption};
use serde::Serialize;

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

/// What is told as JSON.
#[derive(Serialize)]
struct Told {
    suspended: bool,
    #[serde(flatten)]
    outlook: Option<OutlookView>,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let (was_suspended, told) = if arguments.dry_run {
        let RestorationView { suspended, outlook } = host.restoration().await?;
        (suspended, Told { suspended, outlook: Some(outlook) })
    } else {
        let Resumption { resumed } = host.resume().await?;
        // It may be too much to be counted in time, and the host goes on in any case.
        let outlook = host.restoration().await.ok().map(|view| view.outlook);
        (resumed, Told { suspended: false, outlook })
    };
    if arguments.json {
        output::json(&told)?;
        return Ok(());
    }
    output::line(match (was_suspended, &told) {
        (false, _) => "the host is not suspended",
        (true, Told { suspended: true, .. }) => {
            "the host is suspended; as soon as it goes on, it turns to this:"
        }
        (true, Told { outlook: Some(_), .. }) => "the host goes on, with this:",
        (true, _) => "the host goes on; what it has before it could not be counted",
    });
    if let (true, Some(outlook)) = (was_suspended, &told.outlook) {
        tell_outlook(outlook);
    }
    Ok(())
}
