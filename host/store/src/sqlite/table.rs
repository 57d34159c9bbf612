//! Writes the changes of one table.

use engine::{Change, Changes};
use sqlx::SqliteConnection;
use types::ProcessInstanceKey;

use super::bulk::Bulk;
use super::rows::Values;
use crate::{Error, InstanceBatch, InstanceIdentity};

/// How rows of type `T` with keys of type `K` are written and removed.
pub(super) struct Table<K: 'static, T: 'static> {
    /// Its name.
    pub(super) name: &'static str,
    /// What has become of them.
    pub(super) changes: fn(&Changes) -> &[Change<K, T>],
    /// Writes new rows, and of those that exist the columns that can change.
    pub(super) upsert: Bulk,
    /// Removes rows.
    pub(super) delete: Bulk,
    /// Finds one row. For an error message.
    pub(super) find: &'static str,
    /// The parameters of one row of `upsert`.
    pub(super) bind: fn(&mut Values, &InstanceIdentity, &T),
    /// The parameters of one row of `delete`, and of `find`.
    pub(super) bind_key: fn(&mut Values, ProcessInstanceKey, &K),
}

impl<K, T> Table<K, T> {
    /// Carries out the changes of all `instances`.
    ///
    /// # Errors
    /// [`Error::RowsMissing`] when a row to be removed does not exist; the transaction is over then.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        instances: &[InstanceBatch],
    ) -> Result<(), Error> {
        let (mut puts, mut deletes) = (Vec::new(), Vec::new());
        for InstanceBatch { identity, changes, .. } in instances {
            for change in (self.changes)(changes) {
                match change {
                    Change::Put(row) => puts.push((identity, row)),
                    Change::Delete(key) => deletes.push((identity.key, key)),
                }
            }
        }
        // Removed first: what comes may take the unique name of what goes.
        let expected = deletes.len() as u64;
        let removed = self
            .delete
            .execute(connection, deletes.clone(), |values, (instance, key)| {
                (self.bind_key)(values, instance, key);
            })
            .await?;
        if removed != expected {
            return Err(self.missing(connection, &deletes).await?);
        }
        let expected = puts.len() as u64;
        let written = self
            .upsert
            .execute(connection, puts, |values, (identity, row)| (self.bind)(values, identity, row))
            .await?;
        if written != expected {
            return Err(Error::Damaged(format!("{} took {written} of {expected} rows", self.name)));
        }
        Ok(())
    }

    /// Says which instance misses rows. What was removed has to come back first, so this ends the transaction.
    async fn missing(
        &self,
        connection: &mut SqliteConnection,
        deletes: &[(ProcessInstanceKey, &K)],
    ) -> Result<Error, Error> {
        sqlx::query("ROLLBACK").execute(&mut *connection).await?;
        for (instance, key) in deletes {
            let mut values = Values::default();
            (self.bind_key)(&mut values, *instance, key);
            let found = sqlx::query_with(self.find, values.into_arguments()?)
                .fetch_optional(&mut *connection)
                .await?;
            if found.is_none() {
                return Ok(Error::RowsMissing { instance: *instance, table: self.name });
            }
        }
        Ok(Error::Damaged(format!("rows of {} are removed twice", self.name)))
    }
}
