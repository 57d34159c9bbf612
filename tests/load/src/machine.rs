//! The machine that figures depend on: what it is, and what its disk does at the moment.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder};

/// From this fsync p50 on, figures are those of a busy disk.
pub(crate) const BUSY_FSYNC: Duration = Duration::from_micros(500);

/// How often a sync is timed, and how much is written before each.
const SYNCS: usize = 100;
const SYNC_BYTES: usize = 4 << 10;

const ROWS: u32 = 100_000;
const ROWS_PER_STATEMENT: u32 = 1_000;
const ROWS_PER_COMMIT: u32 = 10_000;

/// What a disk does at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk {
    /// The median of writing 4 KiB and syncing them.
    pub(crate) fsync_p50: Duration,
    /// Rows of three columns that SQLite takes in a second, every commit synced.
    pub(crate) sqlite_rows_per_s: f64,
}

impl Disk {
    /// Measures the file system that temporary folders are on: the hosts' data folders are there as well.
    pub(crate) fn measure() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let rows = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(sqlite_rows_per_s(folder.path()))?;
        Ok(Self { fsync_p50: fsync_p50(folder.path())?, sqlite_rows_per_s: rows })
    }

    /// Whether others keep it busy.
    pub(crate) fn is_busy(&self) -> bool {
        self.fsync_p50 >= BUSY_FSYNC
    }
}

fn fsync_p50(folder: &Path) -> anyhow::Result<Duration> {
    let mut file = File::create(folder.join("synced"))?;
    let block = [0xf0; SYNC_BYTES];
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        // In place, as a log that is reused is written: a file that grows would measure its metadata too.
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}

async fn sqlite_rows_per_s(folder: &Path) -> anyhow::Result<f64> {
    let mut connection = SqliteConnectOptions::new()
        .filename(folder.join("rows.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::query(
        "CREATE TABLE row (key INTEGER PRIMARY KEY, other INTEGER NOT NULL, value TEXT NOT NULL) STRICT",
    )
    .execute(&mut connection)
    .await?;
    let began = Instant::now();
    let mut keys = 0..ROWS;
    while !keys.is_empty() {
        let mut transaction = connection.begin().await?;
        for _ in 0..ROWS_PER_COMMIT / ROWS_PER_STATEMENT {
            let rows = keys.by_ref().take(ROWS_PER_STATEMENT as usize);
            let inserted = QueryBuilder::new("INSERT INTO row (key, other, value) ")
                .push_values(rows, |mut row, key| {
                    row.push_bind(key).push_bind(key / 7).push_bind("a value of 22 letters");
                })
                .build()
                .execute(&mut *transaction)
                .await?;
            ensure!(
                inserted.rows_affected() == u64::from(ROWS_PER_STATEMENT),
                "SQLite did not take all rows"
            );
        }
        transaction.commit().await?;
    }
    let rate = f64::from(ROWS) / began.elapsed().as_secs_f64();
    connection.close().await?;
    Ok(rate)
}

/// Processor and cores: `4 × Some Processor`.
pub(crate) fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    format!("{cores} × {}", if model.is_empty() { std::env::consts::ARCH } else { model })
}

/// The commit of the checkout in the working folder, `-dirty` when it was changed since; empty outside of one.
pub(crate) fn commit() -> String {
    let described =
        Command::new("git").args(["describe", "--always", "--dirty"]).stderr(Stdio::null()).output();
    described.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// Lets this process, and the hosts that it starts, have as many connections as the system allows.
pub(crate) fn raise_open_files_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where that is not allowed the old limit stays, and opening too many connections says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Connections that this process, and a host that it starts, may have open.
pub(crate) fn connections_max() -> usize {
    // Files, sockets of other uses, threads' event queues.
    const OTHERS: u64 = 256;
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(limit.saturating_sub(OTHERS)).unwrap_or(usize::MAX)
}
