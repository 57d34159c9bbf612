//! What SQLite's errors mean to callers.

use sqlx::error::DatabaseError;

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

/// Whether trying again later may help.
pub(crate) fn may_pass(error: &dyn DatabaseError) -> bool {
    matches!(
        primary_code(error),
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
    )
}

/// The lowest byte of the extended result code.
fn primary_code(error: &dyn DatabaseError) -> Option<i32> {
    error.code()?.parse::<i32>().ok().map(|extended| extended & 0xff)
}
