//! What SQLite's errors mean to callers.

use sqlx::error::DatabaseError;

use crate::Error;

/// SQLite's primary result codes, from its documentation.
mod code {
    pub(super) const PERMISSION: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NO_MEMORY: i32 = 7;
    pub(super) const READ_ONLY: i32 = 8;
    pub(super) const INTERRUPTED: i32 = 9;
    pub(super) const IO: i32 = 10;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANNOT_OPEN: i32 = 14;
    pub(super) const PROTOCOL: i32 = 15;
}

/// `Unavailable` when trying again later may help, `Damaged` when it cannot.
pub(super) fn translate(error: sqlx::Error) -> Error {
    let may_pass = match &error {
        sqlx::Error::Database(database) => matches!(
            primary_code(&**database),
            Some(
                code::PERMISSION
                    | code::BUSY
                    | code::LOCKED
                    | code::NO_MEMORY
                    | code::READ_ONLY
                    | code::INTERRUPTED
                    | code::IO
                    | code::FULL
                    | code::CANNOT_OPEN
                    | code::PROTOCOL
            )
        ),
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    };
    if may_pass { Error::Unavailable(Box::new(error)) } else { Error::Damaged(error.to_string()) }
}

/// The lowest byte of the extended result code.
fn primary_code(error: &dyn DatabaseError) -> Option<i32> {
    error.code()?.parse::<i32>().ok().map(|extended| extended & 0xff)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        translate(error)
    }
}
