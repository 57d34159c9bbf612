//! Rows that cannot be read or carried out: they are set aside, and what comes after them goes on.

use store::CrossingRow;

use super::Partition;
use crate::error::Error;

/// Rows that are set aside before others have their turn: each takes a look at all rows beside it, and a transaction.
pub(super) const SET_ASIDE_AT_ONCE_MAX: usize = 32;

impl Partition {
    /// What was read of the partition's lines and mailboxes; `None` when a row that made no sense is out of the way now, and it
    /// has to be read again.
    ///
    /// # Errors
    /// The store does not answer, or what is wrong is no single row.
    pub(super) async fn readable<T>(&self, read: Result<T, store::Error>) -> Result<Option<T>, Error> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(store::Error::Unreadable { row, reason }) => {
                self.set_aside(&row, &reason).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a row out of the way. It has not been carried out, and is not in a batch under way.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn set_aside(&self, row: &CrossingRow, reason: &str) -> Result<(), Error> {
        self.shared.store.set_aside(self.id, row, reason, self.shared.clock.now()).await?;
        tracing::error!(
            partition = self.id.get(),
            key = row.key().get(),
            %row,
            reason,
            "a row is set aside: what it asked for is not done; GET /fermata/v1/rows-set-aside lists it"
        );
        Ok(())
    }
}
