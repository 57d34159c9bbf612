//! Single values by key, and the history of an instance.

use types::{Key, PartitionId, ProcessInstanceKey};

use super::readers::Readers;
use super::rows::Columns;
use crate::{Error, JournalRow};

pub(super) const INSTANCE_OF_JOB: &str = "SELECT process_instance_key FROM job WHERE key = ?";
pub(super) const INSTANCE_OF_USER_TASK: &str =
    "SELECT process_instance_key FROM user_task WHERE key = ? AND state = 0";
pub(super) const INSTANCE_OF_INCIDENT: &str =
    "SELECT process_instance_key FROM incident WHERE key = ? AND ended_at IS NULL";
pub(super) const INSTANCE_OF_ELEMENT: &str = "SELECT process_instance_key FROM element_instance WHERE key = ?1 \
     UNION ALL SELECT key FROM process_instance WHERE key = ?1";

/// The instance that one of the queries above gives for a key.
pub(super) async fn instance_of(
    readers: &Readers,
    query: &'static str,
    key: Key,
) -> Result<Option<ProcessInstanceKey>, Error> {
    readers.optional(sqlx::query(query).bind(key.get()), |columns| columns.key()).await
}

pub(super) async fn next_key_counter(readers: &Readers, partition: PartitionId) -> Result<u64, Error> {
    let query = sqlx::query("SELECT next_key_counter FROM partition WHERE id = ?").bind(partition.get());
    Ok(readers.optional(query, |columns| columns.number()).await?.unwrap_or(1))
}

pub(super) async fn journal(
    readers: &Readers,
    instance: ProcessInstanceKey,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<JournalRow>, Error> {
    let query = sqlx::query(
        "SELECT position, entries FROM journal WHERE process_instance_key = ? AND position > ? \
         ORDER BY position LIMIT ?",
    )
    .bind(instance.get())
    .bind(after.unwrap_or(0))
    .bind(limit);
    let row =
        |columns: &mut Columns<'_>| Ok(JournalRow { position: columns.take()?, entries: columns.take()? });
    readers.all(query, row).await
}
