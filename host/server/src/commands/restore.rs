//! `fermata restore`: makes a host's data from a backup.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use runtime::{Runtime, SystemClock};
use store::postgres::{self, PostgresStore};
use store::sqlite::{self, DATABASE_FILE, SqliteStore};

use super::serve::Signals;
use crate::backup::{EmptyFolder, File, Manifest, Pace, Transfer, pieces_of_file};
use crate::config;
use crate::failure::Failure;
use crate::output;
use crate::restored::{self, Restored};
use crate::vault::{MasterKey, Vault};

/// Where the database is until it is complete, in the new data folder.
const UNFINISHED_FOLDER: &str = "restoring";

const EXAMPLES: &str = "\
Examples:
  fermata restore /backups/monday --data /var/lib/fermata
  fermata restore /backups/monday --data /var/lib/fermata --secret-key /safe/secret.key
  fermata restore --database-url postgres://localhost/fermata      after pg_restore

The data folder is a new installation: vendors do not take its requests for repetitions of the
original's. The original may have gone on after the backup was made, and may have done what waits
in it: a payment could be made twice. So a host on restored data is suspended: it answers, and
takes commands, but runs no jobs, hands none to workers and fires no timers, until you have looked
and say that it may go on:
  fermata serve --data /var/lib/fermata
  fermata instances --state active
  fermata cancel KEY                    what must not be done again
  fermata resume
With --resume it goes on at its next start.

Secrets come back sealed: without their key (--secret-key, or secret.key in the folder, or
FERMATA_SECRET_KEY) no host starts on them. A backup of an older release is brought to the schema
of this one; one of a newer release is refused.

A database in PostgreSQL is brought back with its own tools; then --database-url does the rest:
a new installation, suspended. It is refused while a host works on it.";

/// Make a host's data from a backup.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The backup
    #[arg(value_name = "DIR", required_unless_present = "database_url")]
    backup: Option<PathBuf>,
    /// The new data folder: empty, or made by this command [default: ./fermata-data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that was brought back with its own tools
    #[arg(long, value_name = "URL", conflicts_with_all = ["backup", "data", "secret_key"])]
    database_url: Option<String>,
    /// The key of the secrets: the secret.key of the folder that the backup was made of
    #[arg(long, value_name = "FILE")]
    secret_key: Option<PathBuf>,
    /// Let the host go on at its next start
    #[arg(long)]
    resume: bool,
    /// Print what was restored as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command. Interrupted, it leaves nothing behind.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let restored = tokio::select! {
        restored = restore(&arguments) => restored?,
        signal = signals.next() => return Err(anyhow!("{signal}: nothing was restored").into()),
    };
    if arguments.json {
        output::json(&restored)?;
    } else {
        restored.tell();
    }
    Ok(())
}

async fn restore(arguments: &Arguments) -> Result<Restored, Failure> {
    match (&arguments.database_url, &arguments.backup) {
        (Some(url), _) => restore_database(url, arguments.resume).await,
        (None, Some(backup)) => {
            let data = arguments.data.clone().unwrap_or_else(|| config::DATA.into());
            restore_folder(backup, &data, arguments).await
        }
        (None, None) => Err(anyhow!("name a backup, or a database with --database-url").into()),
    }
}

async fn restore_folder(backup: &Path, data: &Path, arguments: &Arguments) -> Result<Restored, Failure> {
    let manifest = Manifest::read(backup).map_err(Failure::unusable)?;
    let key =
        arguments.secret_key.as_deref().map(MasterKey::of_file).transpose().map_err(Failure::unusable)?;
    let folder = EmptyFolder::take(data).map_err(Failure::unusable)?;
    let unfinished = data.join(UNFINISHED_FOLDER);
    std::fs::create_dir(&unfinished).with_context(|| format!("failed to make {}", unfinished.display()))?;
    copy(backup, manifest.file(DATABASE_FILE)?, &unfinished).await?;

    let store = SqliteStore::open(&unfinished, sqlite::Options::default()).await;
    let store = std::sync::Arc::new(store.context("the backup's database cannot be opened")?);
    if let Some(key) = &key {
        Vault::open(std::sync::Arc::clone(&store) as _, key).await?;
        key.keep_in(data)?;
    }
    let mut restored =
        restored::mark(&*store, &SystemClock, data.display().to_string(), arguments.resume).await?;
    store.close().await.context("failed to close the database")?;
    drop(store);

    // From here on it is the data of a host.
    std::fs::rename(unfinished.join(DATABASE_FILE), data.join(DATABASE_FILE))
        .and_then(|()| std::fs::remove_dir_all(&unfinished))
        .and_then(|()| folder.keep())
        .with_context(|| format!("failed to finish {}", data.display()))?;
    restored.backup_taken_at = Some(manifest.taken_at);
    restored.secrets_without_key = if key.is_some() { 0 } else { manifest.secrets };
    Ok(restored)
}

/// Copies the database, and makes sure that it is the one that the manifest speaks of.
async fn copy(backup: &Path, expected: &File, to: &Path) -> anyhow::Result<()> {
    let from = backup.join(DATABASE_FILE);
    let unreadable = || format!("failed to read {}", from.display());
    let file = tokio::fs::File::open(&from).await.with_context(unreadable)?;
    let bytes = file.metadata().await.with_context(unreadable)?.len();
    if bytes != expected.bytes {
        bail!(
            "{} has {bytes} bytes and should have {}: the backup is damaged",
            from.display(),
            expected.bytes
        );
    }
    let transfer = Transfer { bytes, pace: Pace::new(None) };
    let copied = transfer.write(pieces_of_file(file), &to.join(DATABASE_FILE)).await?;
    if copied != *expected {
        bail!("{} is not what it was when the backup was made: the backup is damaged", from.display());
    }
    Ok(())
}

/// Does for a database that came back with PostgreSQL's own tools what a copied folder needs.
async fn restore_database(url: &str, resume: bool) -> Result<Restored, Failure> {
    let store = PostgresStore::connect(url, postgres::Options::default()).await.map_err(Failure::unusable)?;
    // Not a database at work, and none while this is done.
    let restored = match Runtime::claim_now(&store).await {
        Err(error @ store::Error::PartitionOwned { .. }) => Err(Failure::unusable(
            anyhow::Error::new(error).context("a host works on this database, or did until a moment ago"),
        )),
        Err(error) => Err(error.into()),
        Ok(()) => {
            let place = "the database".to_owned();
            restored::mark(&store, &SystemClock, place, resume).await.map_err(Failure::from)
        }
    };
    let closed = store.close().await;
    let restored = restored?;
    closed.context("failed to close the database")?;
    Ok(restored)
}
