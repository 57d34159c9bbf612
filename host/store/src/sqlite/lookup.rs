//! Single values by key, and the history of an instance.

use sqlx::SqlitePool;
use types::{Key, PartitionId, ProcessInstanceKey};

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
    readers: &SqlitePool,
    query: &'static str,
    key: Key,
) -> Result<Option<ProcessInstanceKey>, Error> {
    let instance: Option<i64> = sqlx::query_scalar(query).bind(key.get()).fetch_optional(readers).await?;
    Ok(instance.map(ProcessInstanceKey::from_i64))
}

pub(super) async fn next_key_counter(readers: &SqlitePool, partition: PartitionId) -> Result<u64, Error> {
    let next: Option<i64> = sqlx::query_scalar("SELECT next_key_counter FROM partition WHERE id = ?")
        .bind(partition.get())
        .fetch_optional(readers)
        .await?;
    Ok(next.map_or(1, i64::unsigned_abs))
}

pub(super) async fn journal(
    readers: &SqlitePool,
    instance: ProcessInstanceKey,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<JournalRow>, Error> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT position, entries FROM journal WHERE process_instance_key = ? AND position > ? \
         ORDER BY position LIMIT ?",
    )
    .bind(instance.get())
    .bind(after.unwrap_or(0))
    .bind(limit)
    .fetch_all(readers)
    .await?;
    Ok(rows.into_iter().map(|(position, entries)| JournalRow { position, entries }).collect())
}
