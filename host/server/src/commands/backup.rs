//! `fermata backup`: copies a host's database as of one moment.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use runtime::{Clock as _, SystemClock};
use store::sqlite::{self, DATABASE_FILE};
use types::Timestamp;

use super::serve::Signals;
use crate::backup::{EmptyFolder, FORMAT, Manifest, Pace, STORE, Transfer};
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::{output, values};

/// Most of what a disk and a network do stays with the host's own traffic.
const RATE_DEFAULT: &str = "32MiB";

const EXAMPLES: &str = "\
Examples:
  fermata backup /backups/monday                 of the host that --url names, while it works
  fermata backup /backups/monday --rate 100MiB
  fermata backup /backups/upgrade --data /var/lib/fermata      of a host that is not running

What was acknowledged before the backup began is in it, all of it as of that moment.
DIR is written by this command, where it runs. It is a backup from the moment that its
manifest.json is there, and fermata.db in it has been checked by then.
The host goes on meanwhile, and its log grows by what it writes until the backup ends: leave room
for that beside its database. A backup during which the log outgrows the database (and 1 GiB) is
given up: let it go faster. One is made at a time, so the host also gives up one that is taken at
less than 64 KiB a second.

A backup holds all that instances know, the components, and the secrets sealed. The key of the
secrets is never in it, and no host gives it away: keep a copy of the data folder's secret.key, or
of FERMATA_SECRET_KEY, in another place than the backups.
Compiled components are not in it: they are made again from the components.

A database in PostgreSQL is backed up with its own tools, such as pg_dump; see `fermata restore --help`.";

/// Copy a host's database as of this moment.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder for the backup: empty, or made by this command
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Take the backup from the data folder of a host that is not running
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Bytes in a second at most, not less than 128KiB; 0 for as fast as it goes
    #[arg(long, value_name = "SIZE", default_value = RATE_DEFAULT, value_parser = parse_rate)]
    rate: u64,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

/// Twice what the store gives up: an average that is aimed at is not always reached.
const RATE_MIN: u64 = 2 * sqlite::SNAPSHOT_RATE_MIN;

/// Reads a rate that the store does not give up.
fn parse_rate(text: &str) -> Result<u64, String> {
    match values::parse_size(text)? {
        rate @ 1..RATE_MIN => {
            let least = RATE_MIN >> 10;
            Err(format!(
                "a backup at {rate} bytes a second would be given up: {least}KiB is the least, 0 is no limit"
            ))
        }
        rate => Ok(rate),
    }
}

/// Bytes of a database that come from somewhere.
struct Source {
    taken_at: Timestamp,
    bytes: u64,
    pieces: BoxStream<'static, anyhow::Result<Vec<u8>>>,
}

/// Runs the command. Interrupted, it leaves nothing behind.
pub(crate) async fn run(
    arguments: Arguments,
    host: impl Fn() -> anyhow::Result<Client>,
) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let manifest = tokio::select! {
        manifest = make(&arguments, host) => manifest?,
        signal = signals.next() => return Err(anyhow!("{signal}: no backup was made").into()),
    };
    if arguments.json {
        output::json(&manifest)?;
    } else {
        tell(&manifest, &arguments.folder);
    }
    Ok(())
}

async fn make(arguments: &Arguments, host: impl Fn() -> anyhow::Result<Client>) -> Result<Manifest, Failure> {
    let mut folder = EmptyFolder::take(&arguments.folder).map_err(Failure::unusable)?;
    let source = match &arguments.data {
        Some(data) => of_folder(data).await?,
        None => of_host(&host()?).await?,
    };
    let transfer = Transfer { bytes: source.bytes, pace: Pace::new(NonZeroU64::new(arguments.rate)) };
    let (file, path) = folder
        .new_file(DATABASE_FILE)
        .with_context(|| format!("failed to make {}", arguments.folder.join(DATABASE_FILE).display()))?;
    let file = transfer.write(source.pieces, file, &path).await?;
    let examined = sqlite::examine(&path).await.context("what came is no database of a host")?;
    let manifest = Manifest {
        format: FORMAT,
        fermata: env!("CARGO_PKG_VERSION").to_owned(),
        store: STORE.to_owned(),
        schema_version: examined.schema_version,
        taken_at: source.taken_at,
        installation_id: examined.installation_id,
        secrets: examined.secrets,
        files: vec![file],
    };
    manifest.write(folder).context("failed to write the manifest, which makes it a backup")?;
    Ok(manifest)
}

async fn of_host(host: &Client) -> Result<Source, Failure> {
    let (taken_at, bytes, pieces) = host.backup().await?;
    Ok(Source { taken_at, bytes, pieces: pieces.map_err(broken_off).boxed() })
}

/// What came was a part.
fn broken_off(error: client::Error) -> anyhow::Error {
    anyhow::Error::new(error).context("the host has broken off the backup: its log says why")
}

async fn of_folder(data: &Path) -> Result<Source, Failure> {
    let taken_at = SystemClock.now();
    let snapshot = sqlite::snapshot_of_folder(data).await.map_err(|error| {
        let hints = match error {
            store::Error::Locked { .. } => {
                vec!["to back up a host that runs, leave --data out and name it with --url".to_owned()]
            }
            _ => Vec::new(),
        };
        Failure::unusable(error).with_hints(hints)
    })?;
    let pieces = snapshot.pieces.map_err(anyhow::Error::new).boxed();
    Ok(Source { taken_at, bytes: snapshot.bytes, pieces })
}

fn tell(manifest: &Manifest, folder: &Path) {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (folder, size, at) = (folder.display(), values::show_size(bytes), output::time(manifest.taken_at));
    output::line(format_args!("the backup is in {folder}: {size}, as of {at}"));
    if manifest.secrets > 0 {
        output::line(format_args!(
            "  {} in it, sealed, without the key: keep a copy of the host's secret.key in another place",
            output::counted(manifest.secrets, "secret")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_would_be_given_up_is_refused() {
        for (text, rate) in [("0", 0), ("128KiB", RATE_MIN), (RATE_DEFAULT, 32 << 20)] {
            assert_eq!(parse_rate(text), Ok(rate), "{text}");
        }
        for text in ["1", "64KiB", "131071", "fast"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
