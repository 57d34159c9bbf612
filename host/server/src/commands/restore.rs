//! `fermata restore`: makes a host's data from a backup.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use runtime::{Runtime, SystemClock};
use store::postgres::{self, PostgresStore};
use store::sqlite::{self, DATABASE_FILE, SqliteStore};
use store::{INSTALLATION_ID, Store};

use super::serve::Signals;
use crate::backup::{EmptyFolder, File, Manifest, Pace, Transfer, new_file, pieces_of_file};
use crate::config;
use crate::failure::Failure;
use crate::output;
use crate::restored::Restored;
use crate::vault::{KEY_FILE, MasterKey, Vault};

/// Where the database is until it is complete, in the new data folder.
const UNFINISHED_FOLDER: &str = "restoring";

/// Names the database when no backup is named.
const DATABASE_URL: &str = "FERMATA_DATABASE_URL";

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

A database in PostgreSQL is brought back with its own tools; then --database-url, or
FERMATA_DATABASE_URL where no DIR is named, does the rest: a new installation, suspended.
It is refused while a host works on it.";

/// Make a host's data from a backup.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The backup
    #[arg(value_name = "DIR")]
    backup: Option<PathBuf>,
    /// The new data folder: empty, or made by this command [default: ./fermata-data]
    #[arg(long, value_name = "FOLDER", requires = "backup")]
    data: Option<PathBuf>,
    /// A PostgreSQL database that was brought back with its own tools
    ///
    /// Where no DIR is named either, it is the one in FERMATA_DATABASE_URL.
    #[arg(long, value_name = "URL", conflicts_with_all = ["backup", "data", "secret_key"])]
    database_url: Option<String>,
    /// The key of the secrets: the secret.key of the folder that the backup was made of
    #[arg(long, value_name = "FILE", requires = "backup")]
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
    let restored = match (&arguments.backup, database_url(&arguments)) {
        (Some(backup), _) => {
            let data = arguments.data.clone().unwrap_or_else(|| config::DATA.into());
            unless_told_to_end(&mut signals, restore_folder(backup, &data, &arguments)).await?
        }
        (None, Some(url)) => restore_database(&url, arguments.resume, &mut signals).await?,
        (None, None) => {
            let missing = anyhow!("name a backup, or a database with --database-url or {DATABASE_URL}");
            return Err(Failure::unusable(missing));
        }
    };
    if arguments.json {
        output::json(&restored)?;
    } else {
        restored.tell();
    }
    Ok(())
}

/// The database to restore. Not a setting of clap's, to which a variable that is set is as good as an argument that was given:
/// every `restore DIR` would be in conflict with it.
fn database_url(arguments: &Arguments) -> Option<String> {
    let of_environment = || std::env::var(DATABASE_URL).ok().filter(|url| !url.is_empty());
    arguments.database_url.clone().or_else(of_environment)
}

/// Does what can be given up at any point with nothing restored.
async fn unless_told_to_end<T>(
    signals: &mut Signals,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        signal = signals.next() => Err(anyhow!("{signal}: nothing was restored").into()),
    }
}

async fn restore_folder(backup: &Path, data: &Path, arguments: &Arguments) -> Result<Restored, Failure> {
    let manifest = Manifest::read(backup).map_err(Failure::unusable)?;
    let key =
        arguments.secret_key.as_deref().map(MasterKey::of_file).transpose().map_err(Failure::unusable)?;
    let mut folder = EmptyFolder::take(data).map_err(Failure::unusable)?;
    folder.lock().map_err(Failure::unusable)?;
    let unfinished = folder
        .new_folder(UNFINISHED_FOLDER)
        .with_context(|| format!("failed to make {}", data.join(UNFINISHED_FOLDER).display()))?;
    copy(backup, manifest.file(DATABASE_FILE)?, &unfinished).await?;

    let store = SqliteStore::open(&unfinished, sqlite::Options::default()).await;
    let store = std::sync::Arc::new(store.context("the backup's database cannot be opened")?);
    if let Some(key) = &key {
        Vault::open(std::sync::Arc::clone(&store) as _, key).await?;
        key.keep_in(&unfinished)?;
    }
    let place = data.display().to_string();
    let mut restored = Restored::prepare(&*store, &SystemClock, place, arguments.resume).await?;
    restored.mark(&*store, &SystemClock).await?;
    store.close().await.context("failed to close the database")?;
    drop(store);
    restored.backup_taken_at = Some(manifest.taken_at);
    restored.secrets_without_key = if key.is_some() { 0 } else { manifest.secrets };
    finish(folder, &unfinished, key.is_some())
        .with_context(|| format!("failed to finish {}", data.display()))?;
    Ok(restored)
}

/// Makes of a folder the data of a host.
fn finish(mut folder: EmptyFolder, unfinished: &Path, has_key: bool) -> anyhow::Result<()> {
    let log = unfinished.join(format!("{DATABASE_FILE}-wal"));
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        bail!("{} was not brought into the database", log.display());
    }
    if has_key {
        folder.move_in(unfinished.join(KEY_FILE), KEY_FILE)?;
    }
    folder.move_in(unfinished.join(DATABASE_FILE), DATABASE_FILE)?;
    std::fs::remove_dir_all(unfinished)?;
    Ok(folder.keep()?)
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
    let path = to.join(DATABASE_FILE);
    let copy = new_file(&path).with_context(|| format!("failed to make {}", path.display()))?;
    let copied = transfer.write(pieces_of_file(file), copy, &path).await?;
    if copied != *expected {
        bail!("{} is not what it was when the backup was made: the backup is damaged", from.display());
    }
    Ok(())
}

/// Does for a database that came back with PostgreSQL's own tools what a copied folder needs.
async fn restore_database(url: &str, resume: bool, signals: &mut Signals) -> Result<Restored, Failure> {
    let connect = async {
        let store = PostgresStore::connect_existing(url, postgres::Options::default()).await;
        store.map_err(Failure::unusable)?.ok_or_else(nothing_brought_back)
    };
    let store = unless_told_to_end(signals, connect).await?;
    let restored = restore_existing(&store, resume, signals).await;
    let closed = store.close().await;
    let restored = restored?;
    closed.context(
        "the database is restored, but was not let go of: a host on it has to wait for some seconds",
    )?;
    Ok(restored)
}

async fn restore_existing(
    store: &PostgresStore,
    resume: bool,
    signals: &mut Signals,
) -> Result<Restored, Failure> {
    let prepare = async {
        if store.stored_installation_value(INSTALLATION_ID).await?.is_none() {
            return Err(nothing_brought_back());
        }
        // Not a database at work, and none while this is done.
        Runtime::claim_now(store).await.map_err(|error| match error {
            store::Error::PartitionOwned { .. } => Failure::unusable(
                anyhow::Error::new(error).context("a host works on this database, or did until a moment ago"),
            ),
            error => error.into(),
        })?;
        Ok(Restored::prepare(store, &SystemClock, "the database".to_owned(), resume).await?)
    };
    let restored = unless_told_to_end(signals, prepare).await?;
    // Not given up half-way: it may be carried out all the same.
    match restored.mark(store, &SystemClock).await {
        Ok(()) => Ok(restored),
        Err(error @ store::Error::Unavailable(_)) => Err(anyhow::Error::new(error)
            .context(
                "the database may be restored or not: run the command again, which does no harm if it is",
            )
            .into()),
        Err(error) => Err(error.into()),
    }
}

fn nothing_brought_back() -> Failure {
    Failure::unusable(anyhow!("nothing was brought back into this database: run pg_restore first"))
}
