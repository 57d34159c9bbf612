//! Where a host lives: a data folder, and perhaps a database.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use harness::{Host, Options, Schema};
use store::Store;
use store::postgres::{self, PostgresStore};
use store::sqlite::{self, SqliteStore};
use tempfile::TempDir;

use crate::check::orphans::Database;
use crate::check::{Violation, panics};

/// Where a host lives.
pub(crate) struct Place {
    /// What belongs to the host, and what the torture puts beside it.
    folder: TempDir,
    data: PathBuf,
    pub(crate) options: Options,
}

impl Place {
    /// A new place with the state in the folder.
    pub(crate) fn in_folder() -> anyhow::Result<Self> {
        let folder = new_folder()?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data)?;
        Self::new(folder, data)
    }

    /// A new place with the state in a folder that is elsewhere.
    pub(crate) fn with_data(data: PathBuf) -> anyhow::Result<Self> {
        Self::new(new_folder()?, data)
    }

    fn new(folder: TempDir, data: PathBuf) -> anyhow::Result<Self> {
        let log_file = Some(folder.path().join("host.log"));
        let options = Options { log: Some("warn"), log_file, ..Options::default() };
        Ok(Self { folder, data, options })
    }

    /// A new place with the state in a schema.
    pub(crate) fn in_schema(schema: &Schema) -> anyhow::Result<Self> {
        let mut place = Self::in_folder()?;
        place.options.database_url = Some(schema.url());
        Ok(place)
    }

    /// The host's data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// The folder around it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a host, and returns when it is ready.
    pub(crate) fn start(&self) -> anyhow::Result<Host> {
        tokio::task::block_in_place(|| Host::start_with(&self.data(), &self.options))
    }

    /// Starts a host and kills it after a time, ready or not.
    pub(crate) fn start_and_kill(&self, after: Duration) -> anyhow::Result<()> {
        tokio::task::block_in_place(|| Host::start_and_kill(&self.data, &self.options, after))
    }

    /// The store of a host that has ended.
    pub(crate) async fn store(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(match &self.options.database_url {
            Some(url) => Arc::new(PostgresStore::connect(url, postgres::Options::default()).await?),
            None => Arc::new(SqliteStore::open(&self.data(), sqlite::Options::default()).await?),
        })
    }

    /// The database of a host that has ended.
    pub(crate) async fn database(&self) -> anyhow::Result<Database> {
        match &self.options.database_url {
            Some(url) => Database::open(url).await,
            None => Database::open(&format!("sqlite:{}", self.data().join("fermata.db").display())).await,
        }
    }

    /// What its hosts have logged.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        let Some(path) = &self.options.log_file else { return Ok(String::new()) };
        match std::fs::read(path) {
            Ok(log) => Ok(String::from_utf8_lossy(&log).into_owned()),
            // There was no host.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Panics of its hosts.
    pub(crate) fn panics(&self) -> anyhow::Result<Vec<Violation>> {
        Ok(panics::check(&self.log()?))
    }

    /// Leaves everything where it is, for people to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

/// A folder of a torture.
pub(crate) fn new_folder() -> anyhow::Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("fermata-torture-").tempdir()?)
}
