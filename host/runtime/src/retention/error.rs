//! Why a look at the rows was given up.

use super::archive::ArchiveError;

/// Why a look at the rows was given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the history was not exported, and nothing is removed without that")]
    Archive(#[source] ArchiveError),
    #[error("the partition has ended")]
    Ended,
}

impl Error {
    /// Whether other instances may fare better.
    pub(super) fn concerns_some(&self) -> bool {
        matches!(self, Self::Archive(_) | Self::Store(store::Error::Damaged(_)))
    }
}
