//! What PostgreSQL's errors mean to callers.

use sqlx::postgres::PgDatabaseError;

/// What `fermata_touched` raises.
pub(super) const ROWS_MISSING: &str = "FM001";

/// Whether trying again later may help.
pub(crate) fn may_pass(error: &PgDatabaseError) -> bool {
    let code = error.code();
    let class = code.get(..2).unwrap_or_default();
    // Connection, transaction given up, resources, limits of the moment, somebody's intervention, the system below.
    matches!(class, "08" | "40" | "53" | "55" | "57" | "58")
        || is_refused_connection(code)
        || code == READ_ONLY
}

/// The server was made a standby, or its disk is about to be full.
const READ_ONLY: &str = "25006";

/// Wrong password, or no such database: somebody has changed the settings.
fn is_refused_connection(code: &str) -> bool {
    matches!(code, "28000" | "28P01" | "3D000")
}

/// Whether an error leaves open what has become of the statement, and the connection is of no more use.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
            // The server says goodbye, or gives an error of the protocol.
            Some(error) => error.code().starts_with("57P") || error.code().starts_with("08"),
            None => true,
        },
        // Nothing was sent.
        sqlx::Error::Encode(_) | sqlx::Error::Configuration(_) => false,
        _ => true,
    }
}

/// The table of which a part of a commit has not touched the rows that it had to.
pub(super) fn rows_missing(error: &sqlx::Error) -> Option<&str> {
    let sqlx::Error::Database(database) = error else { return None };
    let error = database.try_downcast_ref::<PgDatabaseError>()?;
    (error.code() == ROWS_MISSING).then(|| error.table()).flatten()
}
