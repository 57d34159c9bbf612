//! Brings a database to the schema that this release knows.

use sqlx::SqliteConnection;

use super::writer::Transaction;
use crate::Error;
use crate::sql::Transaction as _;

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

/// `frmt`: marks the file as ours, so that no other program's database is taken for an empty one.
const APPLICATION_ID: i64 = 0x66_72_6d_74;

/// The schema that this release knows, as `PRAGMA user_version` counts it.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Carries out the steps that are missing, all of them or none.
pub(super) async fn migrate(mut transaction: Transaction<'_>) -> Result<(), Error> {
    let connection = transaction.connection();
    let found = check(connection).await?;
    for (version, step) in (1..).zip(MIGRATIONS).skip(found as usize) {
        sqlx::raw_sql(step).execute(&mut *connection).await?;
        // A pragma takes no parameters; these are numbers of our own.
        let marks = format!("PRAGMA user_version = {version}; PRAGMA application_id = {APPLICATION_ID}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *connection).await?;
    }
    transaction.commit().await
}

/// Whether this release may work with a database: it is ours or new, and not of a newer release. Gives its version.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<i64, Error> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let known = SCHEMA_VERSION;
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    check_owner(connection, found).await?;
    Ok(found)
}

async fn check_owner(connection: &mut SqliteConnection, version: i64) -> Result<(), Error> {
    let owner: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection).await?;
    let is_new = owner == 0 && version == 0 && tables == 0;
    if is_new || owner == APPLICATION_ID {
        Ok(())
    } else {
        Err(Error::Damaged("the file belongs to another program: choose another data folder".to_owned()))
    }
}
