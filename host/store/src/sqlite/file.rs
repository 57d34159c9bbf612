//! The database file, and what holds for every connection to it.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// The database in the data folder.
pub const DATABASE_FILE: &str = "fermata.db";

/// How long to wait for other programs, such as a backup, that hold SQLite's locks.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that stay prepared on each connection. On the one that writes they are the texts of small commits.
const STATEMENTS_CACHED: usize = 256;

/// What holds for every connection to a database.
pub(super) fn base_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS_CACHED)
        .disable_statement_logging()
}
