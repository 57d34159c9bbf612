//! `fermata worker list`: lists components.

use crate::client::Client;
use crate::failure::Failure;
use crate::{output, values};

const EXAMPLES: &str = "\
Examples:
  fermata worker list
  fermata worker list --json";

/// List components, those uploaded last first.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let components = host.components().await?;
    if arguments.json {
        output::json(&components)?;
        return Ok(());
    }
    let rows = components.iter().map(|component| {
        let serving: Vec<&str> = component.serving.iter().map(|job_type| job_type.as_str()).collect();
        let by = if component.prebuilt {
            "comes with the host".to_owned()
        } else {
            component.uploaded_by.to_string()
        };
        [
            component.name.to_string(),
            component.version.to_string(),
            match &component.untrusted {
                Some(_) => {
                    format!("{} (does not run: not trusted)", serving.join(", ")).trim_start().to_owned()
                }
                None => serving.join(", "),
            },
            values::show_size(component.size_bytes),
            output::time(component.uploaded_at),
            by,
        ]
    });
    let headings = ["NAME", "VERSION", "SERVES", "SIZE", "SINCE", "BY"];
    output::table(headings, rows.collect(), "no components");
    for component in &components {
        if let Some(why) = &component.untrusted {
            output::line("");
            output::line(format_args!("{} {} does not run: {why}", component.name, component.version));
        }
    }
    Ok(())
}
