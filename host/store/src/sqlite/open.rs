//! Opens a data folder.

use std::io::ErrorKind;
use std::path::Path;

use sqlx::sqlite::{SqliteAutoVacuum, SqliteJournalMode, SqliteSynchronous};

use super::file::{DATABASE_FILE, base_options};
use super::migrate::migrate;
use super::readers::{Readers, Reading};
use super::snapshot::{LogLimit, Snapshots};
use super::writer::Writer;
use crate::folder::private_file;
use crate::{Error, FolderLock};

/// The log is brought into the database file when it has so many pages: 32 MiB. Fewer would mean more syncs,
/// more would mean longer pauses and longer recovery.
const CHECKPOINT_PAGES: u32 = 8_192;
/// The log is reused, not truncated; a long reader may have made it longer than this, and then it is cut.
const LOG_BYTES_KEPT: u64 = 64 << 20;
/// Page cache of a connection that reads a snapshot, in KiB.
const SNAPSHOT_CACHE_KIB: u32 = 512;

/// Connections for the partition loop and the job dispatcher.
const LOOP_READERS: u32 = 2;

/// How much a store may take.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections that search at the same time. A long read keeps the log from being reused.
    pub readers: u32,
    /// Page cache of the connection that writes, in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each connection that reads, in KiB.
    pub reader_cache_kib: u32,
    /// How far the log may grow while a snapshot is read, in bytes: up to the size of the database, and so far in any case.
    /// A snapshot that takes longer is given up.
    pub snapshot_log_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 3,
            writer_cache_kib: 64 << 10,
            reader_cache_kib: 8 << 10,
            snapshot_log_bytes: 1 << 30,
        }
    }
}

/// A store in a folder.
///
/// Dropping it lets go of the folder; [`close`](Self::close) also brings the log into the database file.
#[derive(Debug)]
pub struct SqliteStore {
    pub(super) writer: Writer,
    /// For searches, and whatever else callers ask to see.
    pub(super) readers: Readers,
    /// For the partition loop, which never waits for a search.
    pub(super) loop_readers: Readers,
    pub(super) snapshots: Snapshots,
    _lock: FolderLock,
}

impl SqliteStore {
    /// Opens the data folder and brings its schema up to date; creates what does not exist yet.
    ///
    /// # Errors
    /// - [`Error::Locked`]: another process uses the folder.
    /// - [`Error::NewerSchema`]: a newer release has written to it.
    /// - [`Error::Damaged`]: its database is none, or not ours.
    /// - [`Error::Unavailable`]: the folder cannot be created, read or written.
    pub async fn open(folder: &Path, options: Options) -> Result<Self, Error> {
        let lock = FolderLock::take(folder)?;
        let path = folder.join(DATABASE_FILE);
        // SQLite would let everybody read it. What it puts beside its database is as private as that.
        match private_file().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(Error::Unavailable(Box::new(error)));
            }
            _ => {}
        }
        let base = base_options(&path);
        let writer = Writer::new(
            base.clone()
                .create_if_missing(true)
                .auto_vacuum(SqliteAutoVacuum::Incremental)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                // Holds pages that a statement may have to restore, which is not worth a file.
                .pragma("temp_store", "MEMORY")
                .pragma("cache_size", kib(options.writer_cache_kib))
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
                .pragma("journal_size_limit", LOG_BYTES_KEPT.to_string())
                .thread_name(|_| "sqlite-writer".to_owned()),
        );
        migrate(writer.begin().await?).await?;
        let reading = base
            .read_only(true)
            .pragma("query_only", "ON")
            .pragma("cache_size", kib(options.reader_cache_kib))
            .thread_name(|number| format!("sqlite-reader-{number}"));
        let readers = Readers::new(Reading { options: reading.clone() }, options.readers);
        let loop_readers = Readers::new(Reading { options: reading.clone() }, LOOP_READERS);
        let log =
            LogLimit { file: folder.join(format!("{DATABASE_FILE}-wal")), bytes: options.snapshot_log_bytes };
        // Every page is read once: none is worth keeping.
        let snapshots =
            Snapshots::new(Reading { options: reading.pragma("cache_size", kib(SNAPSHOT_CACHE_KIB)) }, log);
        Ok(Self { writer, readers, loop_readers, snapshots, _lock: lock })
    }

    /// Waits for what is under way, and closes the database. Calls after this fail with [`Error::Unavailable`] or open it again.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the log could not be brought into the database file. Nothing is lost by that.
    pub async fn close(&self) -> Result<(), Error> {
        self.snapshots.close().await;
        self.readers.close().await?;
        self.loop_readers.close().await?;
        self.writer.close().await
    }
}

/// SQLite takes a negative cache size for KiB.
fn kib(size: u32) -> String {
    format!("-{size}")
}
