//! `fermata worker remove`: removes a version of a component.

use api::{ServedNow, WAITING_JOBS_COUNTED_MAX};

use super::super::similar;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata worker remove score 1.1.0
  fermata worker remove score 1.1.0 --reason 'rounds wrongly'
  fermata worker remove score 1.1.0 --json

The version of the component uploaded before it serves the next job; after the last one another component that does such
jobs, or none. Jobs that run end on the version that they began with. Grants belong to the name and stay.
A version that a roll-out names is not removed. The same file may be pushed again; other bytes need another version.";

/// Remove a version of a component.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component's name
    name: String,
    /// The version
    version: String,
    /// Why, for the history of the job types that it has served
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let Arguments { name, version, reason, json } = arguments;
    let removed = match host.delete_component(name, version, reason).await {
        Ok(removed) => removed,
        Err(error) if error.is_not_found() => {
            let hints = similar::component(host, name, Some(version)).await;
            return Err(Failure::from(error).with_hints(hints));
        }
        Err(error) => return Err(error.into()),
    };
    if *json {
        output::json(&removed)?;
        return Ok(());
    }
    output::line(format_args!("{name} {version} is removed"));
    for served in &removed.served {
        output::line(told(served));
    }
    Ok(())
}

fn told(ServedNow { job_type, served_by, waiting_jobs }: &ServedNow) -> String {
    if let Some(version) = served_by {
        return format!("`{job_type}` is served by {version} now");
    }
    let waiting = match waiting_jobs {
        None => "how many jobs wait could not be counted, the host's log tells why".to_owned(),
        Some(0) => "no jobs wait".to_owned(),
        Some(1) => "1 job waits".to_owned(),
        Some(waiting) if *waiting >= WAITING_JOBS_COUNTED_MAX => format!("at least {waiting} jobs wait"),
        Some(waiting) => format!("{waiting} jobs wait"),
    };
    format!("`{job_type}` has no component now; {waiting}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_ends_early_says_so() {
        for (waiting_jobs, expected) in [
            (None, "could not be counted"),
            (Some(0), "; no jobs wait"),
            (Some(1), "; 1 job waits"),
            (Some(9_999), "; 9999 jobs wait"),
            (Some(10_000), "; at least 10000 jobs wait"),
        ] {
            let line = told(&ServedNow { job_type: "charge".into(), served_by: None, waiting_jobs });
            assert!(line.contains(expected), "{line}");
        }
    }
}
