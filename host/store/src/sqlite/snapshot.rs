//! The whole database as of one moment, page by page.
//!
//! A read transaction is what keeps the moment: what is committed meanwhile goes to the log and is not seen. The log cannot be
//! reused while it lasts, so it grows by what the host writes in that time, up to a limit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};
use tokio::sync::{Semaphore, TryAcquireError, mpsc, watch};
use tokio::time::Instant;

use super::file::{DATABASE_FILE, base_options};
use super::migrate::check;
use super::readers::{Reader, Reading};
use crate::sql::{Columns, Connection, Connector as _, Statement};
use crate::{Error, FolderLock, Snapshot};

/// What a piece of a snapshot has at most, unless a page is larger.
const PIECE_BYTES: usize = 256 << 10;
/// Pieces that wait to be taken.
const PIECES_READY: usize = 4;
/// A snapshot of which nobody takes the next piece for so long is given up: it keeps the log from being reused.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

/// The least that has to be taken in a second on average, in bytes: as long as one snapshot is read there is no other.
pub const SNAPSHOT_RATE_MIN: u64 = 64 << 10;
/// The time that does not count in that average.
const GRACE: Duration = Duration::from_secs(60);

/// The pages of the main database, in their order.
const PAGES: &str = "SELECT data FROM sqlite_dbpage";

/// Snapshots of a store that is at work, one at a time.
#[derive(Debug)]
pub(super) struct Snapshots {
    reading: Reading,
    log: LogLimit,
    place: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// How far the log may grow while a snapshot is read: up to the size of the database, or so far in any case.
#[derive(Clone, Debug)]
pub(super) struct LogLimit {
    pub(super) file: PathBuf,
    pub(super) bytes: u64,
}

impl LogLimit {
    /// Whether the log has outgrown a database of so many bytes.
    fn is_passed(&self, database_bytes: u64) -> bool {
        std::fs::metadata(&self.file).is_ok_and(|log| log.len() > self.bytes.max(database_bytes))
    }
}

impl Snapshots {
    pub(super) fn new(reading: Reading, log: LogLimit) -> Self {
        Self { reading, log, place: Arc::new(Semaphore::new(1)), closing: watch::Sender::new(false) }
    }

    /// The database as of now.
    pub(super) async fn take(&self) -> Result<Snapshot, Error> {
        let permit = Arc::clone(&self.place).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => Error::SnapshotUnderWay,
            closed => Error::Unavailable(Box::new(closed)),
        })?;
        let reader = self.reading.connect().await?;
        begin(reader, Some(self.log.clone()), permit, self.closing.subscribe()).await
    }

    /// Gives up the one under way, and waits for its end.
    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        if let Ok(permit) = self.place.acquire().await {
            permit.forget();
            self.place.close();
        }
    }
}

/// The database of a folder that no host uses, as it is: its schema is not brought up to date.
///
/// # Errors
/// - [`Error::NoDatabase`]: there is none in the folder.
/// - [`Error::Locked`]: another process uses the folder.
/// - [`Error::NewerSchema`], [`Error::Damaged`], [`Error::Unavailable`]: as for
///   [`SqliteStore::open`](super::SqliteStore::open).
pub async fn snapshot_of_folder(folder: &Path) -> Result<Snapshot, Error> {
    let file = folder.join(DATABASE_FILE);
    if !file.is_file() {
        return Err(Error::NoDatabase { folder: folder.display().to_string() });
    }
    let lock = FolderLock::take(folder)?;
    // Not read-only: what a host that was killed has left in the log has to be found.
    let reading = Reading { options: base_options(&file).pragma("query_only", "ON") };
    let mut reader = reading.connect().await?;
    check(&mut reader.sqlite).await?;
    let (closing, closed) = watch::channel(false);
    // Nobody writes to the log.
    begin(reader, None, (lock, closing), closed).await
}

/// Fixes the moment, and lets the pages be read as they are taken. `held` is let go of at the end.
async fn begin(
    mut reader: Reader,
    log: Option<LogLimit>,
    held: impl Send + 'static,
    closed: watch::Receiver<bool>,
) -> Result<Snapshot, Error> {
    let (page_bytes, pages) = fix(&mut reader).await?;
    // One place more, for what has gone wrong.
    let (sender, receiver) = mpsc::channel(PIECES_READY + 1);
    tokio::spawn(async move {
        let pages = Pages { page_bytes, database_bytes: page_bytes * pages, log };
        read(reader, pages, &sender, closed).await;
        // Whoever sees the end sees that everything is let go of.
        drop(held);
        drop(sender);
    });
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    Ok(Snapshot { bytes: page_bytes * pages, pieces: pieces.boxed() })
}

/// Begins the transaction; gives the size of a page and how many there are.
async fn fix(reader: &mut Reader) -> Result<(u64, u64), Error> {
    reader.execute(Statement::new("BEGIN")).await?;
    let mut numbers = [0; 2];
    // Counting the pages is the first read, which fixes the moment.
    for (number, pragma) in numbers.iter_mut().zip(["PRAGMA page_count", "PRAGMA page_size"]) {
        let row = reader.row(&Statement::new(pragma)).await?;
        let row = row.ok_or_else(|| Error::Damaged(format!("{pragma} says nothing")))?;
        *number = Columns::new(&row).number()?;
    }
    let [pages, page_bytes] = numbers;
    Ok((page_bytes, pages))
}

/// Reads all pages into `sender`, and closes the connection.
async fn read(
    mut reader: Reader,
    pages: Pages,
    sender: &mpsc::Sender<Result<Vec<u8>, Error>>,
    mut closed: watch::Receiver<bool>,
) {
    let Ok(last_word) = sender.clone().reserve_owned().await else { return };
    let read = tokio::select! {
        read = pages.read(&mut reader, sender) => read,
        _ = closed.wait_for(|closed| *closed) => Err(Error::Unavailable("the store is closed".into())),
    };
    if let Err(error) = read {
        last_word.send(Err(error));
    }
    if let Some(reader) = Reading::recover(reader).await {
        let _ = Reading::close(reader).await;
    }
}

/// The pages of one snapshot.
struct Pages {
    page_bytes: u64,
    database_bytes: u64,
    log: Option<LogLimit>,
}

impl Pages {
    async fn read(
        &self,
        reader: &mut Reader,
        sender: &mpsc::Sender<Result<Vec<u8>, Error>>,
    ) -> Result<(), Error> {
        let statement = Statement::new(PAGES);
        let mut pages = reader.stream(&statement);
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let (begin, mut taken) = (Instant::now(), 0);
        while let Some(page) = pages.try_next().await? {
            piece.extend_from_slice(Columns::new(&page).bytes()?);
            if piece.len() as u64 + self.page_bytes > PIECE_BYTES as u64 {
                let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES));
                taken += full.len() as u64;
                self.send(full, sender).await?;
                if is_too_slow(taken, begin.elapsed()) {
                    return Err(given_up("it is taken too slowly, and keeps others waiting"));
                }
            }
        }
        if !piece.is_empty() {
            self.send(piece, sender).await?;
        }
        Ok(())
    }

    /// Hands over a piece, as soon as there is room for it.
    async fn send(&self, piece: Vec<u8>, sender: &mpsc::Sender<Result<Vec<u8>, Error>>) -> Result<(), Error> {
        if self.log.as_ref().is_some_and(|log| log.is_passed(self.database_bytes)) {
            return Err(given_up("the log has outgrown the database meanwhile: let the backup go faster"));
        }
        match sender.send_timeout(Ok(piece), TAKEN_WITHIN).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(given_up("whoever took it has gone")),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                Err(given_up("nobody has taken its next part for a minute"))
            }
        }
    }
}

fn is_too_slow(taken: u64, elapsed: Duration) -> bool {
    taken < elapsed.saturating_sub(GRACE).as_secs().saturating_mul(SNAPSHOT_RATE_MIN)
}

fn given_up(reason: &'static str) -> Error {
    tracing::warn!(reason, "a backup is given up");
    Error::Unavailable(format!("the backup is given up: {reason}").into())
}

/// What there is to know of the file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The version of its schema.
    pub schema_version: i64,
    /// The installation that it is of, if it had begun to work.
    pub installation_id: Option<String>,
    /// Its secrets.
    pub secrets: u64,
}

/// Looks at the file of a snapshot, all of it, and changes nothing.
///
/// # Errors
/// - [`Error::Damaged`]: it is not what a store would open.
/// - [`Error::NewerSchema`]: a newer release has made it.
/// - [`Error::Unavailable`]: it cannot be read.
pub async fn examine(file: &Path) -> Result<Examined, Error> {
    // Nobody writes to it, so that no log and no lock is needed.
    let options = SqliteConnectOptions::new().filename(file).immutable(true).disable_statement_logging();
    let mut connection = options.connect().await?;
    let schema_version = check(&mut connection).await?;
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    if found != "ok" {
        return Err(Error::Damaged(found.replace('\n', " ")));
    }
    let secrets = row(&mut connection, "SELECT count(*) FROM secret").await?;
    let id = format!("SELECT value FROM installation WHERE name = '{}'", crate::INSTALLATION_ID);
    let installation_id = sqlx::query_scalar(sqlx::AssertSqlSafe(id)).fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(Examined { schema_version, installation_id, secrets })
}

async fn row(connection: &mut SqliteConnection, query: &'static str) -> Result<u64, Error> {
    let row = connection.row(&Statement::new(query)).await?;
    row.map_or(Ok(0), |row| Columns::new(&row).number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_too_slowly_is_told_by_the_average() {
        let after = |seconds, taken| is_too_slow(taken, Duration::from_secs(seconds));
        assert!(!after(0, 0) && !after(60, 0), "it has time to begin");
        assert!(after(61, 0));
        assert!(!after(70, 10 * SNAPSHOT_RATE_MIN));
        assert!(after(70, 10 * SNAPSHOT_RATE_MIN - 1));
        assert!(!after(7_260, 7_200 * SNAPSHOT_RATE_MIN), "the least is enough for ever");
        assert!(!is_too_slow(u64::MAX, Duration::MAX));
    }
}
