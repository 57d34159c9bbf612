//! `fermata instances suspend` and `resume`: holds process instances, and lets them go.

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const SUSPEND_EXAMPLES: &str = "\
Examples:
  fermata instances suspend 2251799813685251
  fermata instances resume 2251799813685251

No job of a held instance is handed out and no timer fires. Work that was begun may be answered, and messages are taken:
what follows from that waits too.";

const RESUME_EXAMPLES: &str = "\
Examples:
  fermata instances resume 2251799813685251";

/// Hold process instances.
#[derive(clap::Args)]
#[command(after_help = SUSPEND_EXAMPLES)]
pub(super) struct SuspendArguments {
    /// The keys of the process instances, as `fermata instances` lists them
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
}

/// Let process instances go on that are held.
#[derive(clap::Args)]
#[command(after_help = RESUME_EXAMPLES)]
pub(super) struct ResumeArguments {
    /// The keys of the process instances
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
}

/// Runs `suspend`. The first instance that cannot be held ends the command.
pub(super) async fn suspend(arguments: &SuspendArguments, host: &Client) -> Result<(), Failure> {
    for key in &arguments.keys {
        host.post(&["fermata", "v1", "process-instances", key, "suspension"], &()).await?;
        output::line(format_args!("process instance {key} is suspended"));
    }
    Ok(())
}

/// Runs `resume`. The first instance that cannot go on ends the command.
pub(super) async fn resume(arguments: &ResumeArguments, host: &Client) -> Result<(), Failure> {
    for key in &arguments.keys {
        host.post(&["fermata", "v1", "process-instances", key, "resumption"], &()).await?;
        output::line(format_args!("process instance {key} goes on"));
    }
    Ok(())
}
