//! Why a store did not do what it was asked.

use types::ProcessInstanceKey;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or its disk is full; nothing was written. Try again later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another process holds the data folder.
    #[error("{path} is in use by another fermata process")]
    Locked {
        /// The data folder.
        path: String,
    },
    /// The database was written by a newer release.
    #[error(
        "the database has schema version {found}, this release knows versions up to {known}: use a newer fermata"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest that this release knows.
        known: i64,
    },
    /// What is stored makes no sense.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Rows that must exist do not: memory and database disagree. Nothing was written.
    #[error("{table} rows of instance {instance} are not in the database: its state has to be loaded anew")]
    RowsMissing {
        /// The instance.
        instance: ProcessInstanceKey,
        /// The table.
        table: &'static str,
    },
    /// Something with this name exists and is different.
    #[error("{what} `{name}` exists already and differs")]
    Conflict {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A search asks for more than the store answers. The limits are in [`search`](crate::search).
    #[error("the search has {found} {what}, at most {max} are allowed")]
    SearchTooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// A search was given up.
    #[error("the search took longer than {seconds} s: narrow its filter")]
    SearchTooSlow {
        /// How long it took, in seconds.
        seconds: u64,
    },
    /// A page's cursor was not made by this search.
    #[error("the page cursor does not belong to this search")]
    InvalidCursor,
}
