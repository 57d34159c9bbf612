//! Writes the changes of one table.

use engine::{Change, Changes};
use sqlx::SqliteConnection;
use types::ProcessInstanceKey;

use super::bulk::Bulk;
use super::rows::Values;
use super::script::{Failure, Script};
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
    /// Adds the changes of all `instances` to a script.
    pub(super) async fn add_to(
        &self,
        script: &mut Script<'_>,
        instances: &[InstanceBatch],
    ) -> Result<(), Failure> {
        // Removed first: what comes may take the unique name of what goes.
        self.delete
            .add_to(script, self.name, self.deletes(instances), |values, (instance, key)| {
                (self.bind_key)(values, instance, key);
            })
            .await?;
        let mut puts = Vec::new();
        for InstanceBatch { identity, changes, .. } in instances {
            puts.extend((self.changes)(changes).iter().filter_map(|change| match change {
                Change::Put(row) => Some((identity, row)),
                Change::Delete(_) => None,
            }));
        }
        let bind = |values: &mut Values, (identity, row)| (self.bind)(values, identity, row);
        self.upsert.add_to(script, self.name, puts, bind).await
    }

    /// The first instance of which a row is to be removed that does not exist.
    pub(super) async fn find_missing(
        &self,
        connection: &mut SqliteConnection,
        instances: &[InstanceBatch],
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        for (instance, key) in self.deletes(instances) {
            let mut values = Values::default();
            (self.bind_key)(&mut values, instance, key);
            let query = sqlx::query_with(self.find, values.into_arguments()?);
            if query.fetch_optional(&mut *connection).await?.is_none() {
                return Ok(Some(instance));
            }
        }
        Ok(None)
    }

    fn deletes<'b>(&self, instances: &'b [InstanceBatch]) -> Vec<(ProcessInstanceKey, &'b K)> {
        let mut deletes = Vec::new();
        for InstanceBatch { identity, changes, .. } in instances {
            deletes.extend((self.changes)(changes).iter().filter_map(|change| match change {
                Change::Delete(key) => Some((identity.key, key)),
                Change::Put(_) => None,
            }));
        }
        deletes
    }
}
