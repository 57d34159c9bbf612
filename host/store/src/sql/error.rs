//! What the errors of databases mean to callers.

use sqlx::postgres::PgDatabaseError;

use crate::{Error, postgres, sqlite};

/// `Unavailable` when trying again later may help, `Damaged` when it cannot.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let may_pass = match &error {
            sqlx::Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
                Some(error) => postgres::may_pass(error),
                None => sqlite::may_pass(&**database),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        if may_pass { Self::Unavailable(Box::new(error)) } else { Self::Damaged(error.to_string()) }
    }
}
