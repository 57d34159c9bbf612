//! No row belongs to nothing.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::Violation;

/// What belongs to instances.
const TABLES: [&str; 15] = [
    "journal",
    "element_instance",
    "variable",
    "token",
    "job",
    "timer",
    "subscription",
    "compensable",
    "loop_progress",
    "loop_value",
    "decision_evaluation",
    "job_attempt",
    "message_correlation",
    "user_task",
    "incident",
];
/// What goes when its instance ends.
const GONE_WITH_INSTANCE: [&str; 8] = [
    "element_instance",
    "token",
    "job",
    "timer",
    "subscription",
    "compensable",
    "loop_progress",
    "loop_value",
];
/// What names an element instance, which is one with a row or the process scope.
const OF_ELEMENT: [&str; 5] = ["job", "timer", "subscription", "loop_progress", "loop_value"];

/// A database whose host has ended.
pub enum Database {
    /// A file of SQLite.
    Sqlite(SqliteConnection),
    /// A schema of PostgreSQL.
    Postgres(PgConnection),
}

impl Database {
    /// Opens a database by its URL, `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// There is none.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let opened = match url.strip_prefix("sqlite:") {
            Some(_) => SqliteConnection::connect(url).await.map(Self::Sqlite),
            None => PgConnection::connect(url).await.map(Self::Postgres),
        };
        opened.context("failed to open the database")
    }

    /// Looks for rows that belong to nothing.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn orphans(&mut self) -> anyhow::Result<Vec<Violation>> {
        let mut violations = Vec::new();
        let mut note = |table, what, count| {
            if count > 0 {
                violations.push(Violation::Orphans { table, what, count });
            }
        };
        for table in TABLES {
            let instance = "SELECT 1 FROM process_instance i WHERE i.key = r.process_instance_key";
            let text = format!("SELECT count(*) FROM {table} r WHERE NOT EXISTS ({instance})");
            note(table, "belong to no instance", self.count(text).await?);
        }
        for table in GONE_WITH_INSTANCE {
            let ended =
                "SELECT 1 FROM process_instance i WHERE i.key = r.process_instance_key AND i.state <> 0";
            let text = format!("SELECT count(*) FROM {table} r WHERE EXISTS ({ended})");
            note(table, "belong to an instance that has ended", self.count(text).await?);
        }
        for table in OF_ELEMENT {
            let element = "SELECT 1 FROM element_instance e WHERE e.key = r.element_instance_key";
            let text = format!(
                "SELECT count(*) FROM {table} r \
                 WHERE r.element_instance_key <> r.process_instance_key AND NOT EXISTS ({element})"
            );
            note(table, "belong to no element instance", self.count(text).await?);
        }
        let created = "SELECT 1 FROM journal j WHERE j.process_instance_key = r.key";
        let text = format!("SELECT count(*) FROM process_instance r WHERE NOT EXISTS ({created})");
        note("process_instance", "have no history", self.count(text).await?);
        Ok(violations)
    }

    /// Runs a statement: for tests that damage a database on purpose.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn execute(&mut self, text: String) -> anyhow::Result<u64> {
        let text = AssertSqlSafe(text);
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query(text).execute(connection).await?.rows_affected(),
            Self::Postgres(connection) => sqlx::query(text).execute(connection).await?.rows_affected(),
        })
    }

    async fn count(&mut self, text: String) -> anyhow::Result<i64> {
        let text = AssertSqlSafe(text);
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(text).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(text).fetch_one(connection).await?,
        })
    }
}
