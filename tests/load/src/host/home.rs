//! Where a host lives: its data folder, and on PostgreSQL a schema of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness::{Host, Options, Server};
use store::postgres::PostgresStore;
use store::sqlite::SqliteStore;
use store::{Store, postgres, sqlite};
use tempfile::TempDir;
use types::PartitionId;

/// Where a host lives. A temporary folder goes with it; a schema goes with its server.
pub(crate) struct Home {
    folder: PathBuf,
    database_url: Option<String>,
    _temporary: Option<TempDir>,
}

impl Home {
    /// A folder that stays.
    pub(crate) fn existing(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), database_url: None, _temporary: None }
    }

    /// A new one in a temporary folder, with its state there or in a new schema of `server`.
    pub(crate) async fn new(server: Option<&Server>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let database_url = match server {
            Some(server) => Some(server.schema().await?.url()),
            None => None,
        };
        Ok(Self { folder: folder.path().to_owned(), database_url, _temporary: Some(folder) })
    }

    /// Starts a host that says nothing but errors.
    pub(crate) fn start_host(&self) -> anyhow::Result<Host> {
        let options =
            Options { database_url: self.database_url.clone(), log: Some("error"), ..Options::default() };
        Host::start_with(&self.folder, &options)
    }

    /// Returns when what was written to the database is on the disk, so that the disk is idle when a measurement begins.
    pub(crate) fn write_out(&self) -> anyhow::Result<()> {
        // PostgreSQL writes out by itself, at its own pace.
        if self.database_url.is_none() {
            std::fs::File::open(self.folder.join(sqlite::DATABASE_FILE))?.sync_all()?;
        }
        Ok(())
    }

    /// Opens the store, to write to it. No host may run.
    pub(crate) async fn open_store(&self) -> anyhow::Result<Arc<dyn Store>> {
        let store: Arc<dyn Store> = match &self.database_url {
            Some(url) => Arc::new(PostgresStore::connect(url, postgres::Options::default()).await?),
            None => Arc::new(SqliteStore::open(&self.folder, sqlite::Options::default()).await?),
        };
        store.claim(PartitionId::FIRST).await?;
        Ok(store)
    }
}
