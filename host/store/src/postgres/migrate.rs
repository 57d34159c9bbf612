//! Brings a database to the schema that this release knows.

use sqlx::postgres::PgDatabaseError;
use sqlx::{Connection as _, PgConnection, Row};

use crate::Error;

/// The steps from an empty database to the present schema, in order. A step that was released never changes.
const MIGRATIONS: [&str; 12] = [
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_ended_of_definition.sql"),
    include_str!("migrations/0003_all_of_bpmn.sql"),
    include_str!("migrations/0004_listeners.sql"),
    include_str!("migrations/0005_set_aside.sql"),
    include_str!("migrations/0006_rollouts.sql"),
    include_str!("migrations/0007_component_signature.sql"),
    include_str!("migrations/0008_resources.sql"),
    include_str!("migrations/0009_job_attempts.sql"),
    include_str!("migrations/0010_message_correlations.sql"),
    include_str!("migrations/0011_component_signed.sql"),
    include_str!("migrations/0012_registry_history.sql"),
];

/// The oldest release of PostgreSQL that the tests have seen, as the server gives it.
const SERVER_VERSION_MIN: i64 = 14_00_00;

/// What the server's settings say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    /// Whether commits are durable when they return.
    pub(super) is_synchronous: bool,
}

/// Looks at the server's settings. `database` is how messages name it.
pub(super) async fn check(connection: &mut PgConnection, database: &str) -> Result<Server, Error> {
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'), \
         current_setting('synchronous_commit') <> 'off', current_setting('fsync') = 'on'",
    )
    .fetch_one(connection)
    .await?;
    let (version, encoding): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
    let refused = |reason: String| Error::Connect { database: database.to_owned(), reason };
    if version < SERVER_VERSION_MIN {
        let (found, needed) = (version / 10_000, SERVER_VERSION_MIN / 10_000);
        return Err(refused(format!("PostgreSQL {found} is too old, {needed} or later is needed")));
    }
    if encoding != "UTF8" {
        return Err(refused(format!("its encoding is {encoding}: create it with ENCODING 'UTF8'")));
    }
    if !row.try_get::<bool, _>(3)? {
        tracing::warn!(database, "the server runs with fsync off: it may lose what it has acknowledged");
    }
    Ok(Server { is_synchronous: row.try_get(2)? })
}

/// Carries out the steps that are missing, all of them or none.
///
/// Nodes that start at once wait for each other at a lock on the table that counts the steps.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), Error> {
    create_version_table(connection).await?;
    let mut transaction = connection.begin().await?;
    // A step may take its time.
    let text = "SET LOCAL lock_timeout = '10min'; LOCK TABLE fermata_schema IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(text).execute(&mut *transaction).await?;
    let found: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM fermata_schema")
        .fetch_one(&mut *transaction)
        .await?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for (version, step) in (1_i64..).zip(MIGRATIONS).skip(found as usize) {
        sqlx::raw_sql(step).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO fermata_schema (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// Whether a host has ever opened the database.
pub(super) async fn is_known(connection: &mut PgConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar("SELECT to_regclass('fermata_schema') IS NOT NULL").fetch_one(connection).await?)
}

/// Creates the table that counts the steps, unless the database is somebody else's.
async fn create_version_table(connection: &mut PgConnection) -> Result<(), Error> {
    let row = sqlx::query(
        "SELECT to_regclass('fermata_schema') IS NOT NULL, \
         (SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p'))",
    )
    .fetch_one(&mut *connection)
    .await?;
    let (exists, tables): (bool, i64) = (row.try_get(0)?, row.try_get(1)?);
    if exists {
        return Ok(());
    }
    if tables > 0 {
        let message = "the database belongs to another program: give fermata one of its own";
        return Err(Error::Damaged(message.to_owned()));
    }
    let text = "CREATE TABLE IF NOT EXISTS fermata_schema (version bigint PRIMARY KEY)";
    match sqlx::raw_sql(text).execute(connection).await {
        Ok(_) => Ok(()),
        // Another node has done it in this moment: PostgreSQL looks first and creates later.
        Err(sqlx::Error::Database(error)) if is_taken(error.downcast_ref()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn is_taken(error: &PgDatabaseError) -> bool {
    matches!(error.code(), "23505" | "42P07" | "42710")
}
