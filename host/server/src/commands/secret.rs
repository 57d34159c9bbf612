//! `fermata secret`: values that only granted components may use.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use api::SecretAction;
use zeroize::Zeroizing;

use super::similar;
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

/// A secret's value, in bytes: more is no password or key.
const VALUE_BYTES_MAX: u64 = 64 << 10;

/// Secrets: values that models name and only granted components use.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Set a secret's value; asks for it when run in a terminal
    Set(Set),
    /// List secrets, without their values
    List(List),
    /// Remove a secret
    Remove(Remove),
    /// Show who has changed a secret, when and why
    History(History),
}

const SET_EXAMPLES: &str = "\
Examples:
  fermata secret set STRIPE_API_KEY                        asks, and shows nothing
  fermata secret set STRIPE_API_KEY --value-file key.txt
  pass show stripe | fermata secret set STRIPE_API_KEY

A line break at the end is not part of the value. There is no option for the value itself:
other users of the machine can see the arguments of commands.
A model names a secret as {{secrets.STRIPE_API_KEY}}; the host puts it into the granted headers (`authorization`
unless others are named) of a component's requests to the granted host:
  fermata worker grant stripe --secret STRIPE_API_KEY@api.stripe.com";

/// Set a secret's value.
#[derive(clap::Args)]
#[command(after_help = SET_EXAMPLES)]
pub(crate) struct Set {
    /// Letters, digits and underscores
    name: String,
    /// Take the value from a file instead of standard input
    #[arg(long, value_name = "FILE")]
    value_file: Option<PathBuf>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

const LIST_EXAMPLES: &str = "\
Examples:
  fermata secret list
  fermata secret list --json

Values are never shown again.";

/// List secrets, without their values.
#[derive(clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct List {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

const REMOVE_EXAMPLES: &str = "\
Example:
  fermata secret remove STRIPE_API_KEY

Jobs that need it fail from then on, until it is set again.";

/// Remove a secret.
#[derive(clap::Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct Remove {
    /// The secret's name
    name: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

const HISTORY_EXAMPLES: &str = "\
Examples:
  fermata secret history STRIPE_API_KEY
  fermata secret history STRIPE_API_KEY --json

The last change comes first; values are in none. A secret that was removed still has its history, and a version names one
value for ever: what is set again counts on. Of each secret the last 1,000 changes are kept.";

/// Show who has changed a secret, when and why.
#[derive(clap::Args)]
#[command(after_help = HISTORY_EXAMPLES)]
pub(crate) struct History {
    /// The secret's name
    name: String,
    /// How many changes
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Only changes before this one
    #[arg(long, value_name = "REVISION")]
    before: Option<i64>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(command: Command, host: &Client) -> Result<(), Failure> {
    match command {
        Command::Set(arguments) => {
            let value = value(&arguments)?;
            let version = host.put_secret(&arguments.name, &value, &arguments.reason).await?;
            output::line(format_args!("secret {} is set, version {version}", arguments.name));
        }
        Command::List(arguments) => {
            let secrets = host.secrets().await?;
            if arguments.json {
                output::json(&secrets)?;
                return Ok(());
            }
            let rows = secrets.iter().map(|secret| {
                [
                    secret.name.to_string(),
                    secret.version.to_string(),
                    output::time(secret.changed_at),
                    secret.changed_by.to_string(),
                ]
            });
            output::table(["NAME", "VERSION", "CHANGED", "BY"], rows.collect(), "no secrets");
        }
        Command::Remove(arguments) => {
            if let Err(error) = host.delete_secret(&arguments.name, &arguments.reason).await {
                let hints = if error.is_not_found() {
                    similar::secret(host, &arguments.name).await
                } else {
                    Vec::new()
                };
                return Err(Failure::from(error).with_hints(hints));
            }
            output::line(format_args!("secret {} is removed", arguments.name));
        }
        Command::History(arguments) => history(&arguments, host).await?,
    }
    Ok(())
}

async fn history(arguments: &History, host: &Client) -> Result<(), Failure> {
    let changes = host.secret_history(&arguments.name, arguments.before, arguments.limit).await?;
    if arguments.json {
        output::json(&changes)?;
        return Ok(());
    }
    let rows = changes.iter().map(|change| {
        [
            change.revision.to_string(),
            output::time(change.changed_at),
            change.changed_by.to_string(),
            match change.action {
                SecretAction::Set => "set".to_owned(),
                SecretAction::Removed => "removed".to_owned(),
            },
            change.version.to_string(),
            change.reason.clone(),
        ]
    });
    let empty = "no changes: it was never set, or by an earlier release";
    output::table(["REVISION", "AT", "BY", "WHAT", "VERSION", "REASON"], rows.collect(), empty);
    Ok(())
}

fn value(arguments: &Set) -> anyhow::Result<Zeroizing<String>> {
    let stdin = std::io::stdin();
    let value = match &arguments.value_file {
        Some(path) => {
            let file = std::fs::File::open(path).with_context(|| unreadable(path))?;
            read(file).with_context(|| unreadable(path))?
        }
        None if stdin.is_terminal() => {
            let terminal = console::Term::stderr();
            terminal.write_str(&format!("value of {}: ", arguments.name))?;
            Zeroizing::new(terminal.read_secure_line()?)
        }
        None => read(stdin.lock()).context("failed to read the value from standard input")?,
    };
    let without_break = value.strip_suffix('\n').unwrap_or(&value);
    let without_break = without_break.strip_suffix('\r').unwrap_or(without_break);
    if without_break.is_empty() {
        bail!("the value is empty: nothing was set");
    }
    Ok(Zeroizing::new(without_break.to_owned()))
}

fn unreadable(path: &Path) -> String {
    format!("failed to read the value from {}", path.display())
}

fn read(from: impl std::io::Read) -> anyhow::Result<Zeroizing<String>> {
    // Room for all of it: a buffer that grows leaves copies behind.
    let mut value = Zeroizing::new(String::with_capacity(VALUE_BYTES_MAX as usize + 1));
    from.take(VALUE_BYTES_MAX + 1).read_to_string(&mut value)?;
    if value.len() as u64 > VALUE_BYTES_MAX {
        bail!("the value takes more than {VALUE_BYTES_MAX} bytes");
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(content: &[u8]) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("value");
        std::fs::write(&path, content)?;
        let value = value(&Set { name: "KEY".to_owned(), value_file: Some(path), reason: String::new() })?;
        Ok(value.to_string())
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_the_value() -> anyhow::Result<()> {
        for (content, expected) in
            [("key", "key"), ("key\n", "key"), ("key\r\n", "key"), ("a\nb\n\n", "a\nb\n")]
        {
            assert_eq!(from_file(content.as_bytes())?, expected);
        }
        Ok(())
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for content in [&b""[..], b"\n", b"\xff", &[b'x'; VALUE_BYTES_MAX as usize + 1]] {
            assert!(from_file(content).is_err());
        }
    }
}
