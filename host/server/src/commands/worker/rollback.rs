//! `fermata worker rollback`: goes back to an earlier version.

use super::rollout;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata worker rollback charge                 from the canaries to the stable version
  fermata worker rollback charge --to 17         to what was rolled out by change 17 of the history
  fermata worker rollback charge --reason 'charges twice'

--to takes changes of roll-outs only: what an upload or a removal has brought is rolled out with `worker rollout`.
Without canaries it goes back to the stable version before, passing over those that are gone: once more brings the
later one back. A version whose code is not what it was at that time is passed over too: only what came with the host
can change like that.
Attempts that run end on the version that they began with.";

/// Go back to an earlier version.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The job type
    job_type: String,
    /// The revision to go back to, as `fermata worker history` names it
    #[arg(long, value_name = "REVISION")]
    to: Option<i64>,
    /// Only if this is the roll-out's revision, as it is shown
    #[arg(long, value_name = "REVISION")]
    if_revision: Option<i64>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Print what is rolled out then as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let Arguments { job_type, to, if_revision, reason, json } = arguments;
    let rollout = match host.roll_back(job_type, *to, reason, *if_revision).await {
        Ok(rollout) => rollout,
        Err(error) => return Err(rollout::explained(error, job_type, &[], host).await),
    };
    if *json { Ok(output::json(&rollout)?) } else { Ok(rollout::print(&rollout)?) }
}
