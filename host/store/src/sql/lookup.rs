//! Single values by key, and the history of an instance.

use types::{Key, PartitionId, ProcessInstanceKey, TenantId};

use super::columns::Columns;
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::{Error, JournalRow};

pub(super) const INSTANCE_OF_JOB: &str = "SELECT process_instance_key FROM job WHERE key = $1";
pub(super) const INSTANCE_OF_USER_TASK: &str =
    "SELECT process_instance_key FROM user_task WHERE key = $1 AND state = 0";
pub(super) const INSTANCE_OF_INCIDENT: &str =
    "SELECT process_instance_key FROM incident WHERE key = $1 AND ended_at IS NULL";
pub(super) const INSTANCE_OF_ELEMENT: &str = "SELECT process_instance_key FROM element_instance WHERE key = $1 \
     UNION ALL SELECT key FROM process_instance WHERE key = $1";

/// The instance that one of the queries above gives for a key.
pub(super) async fn instance_of(
    readers: &Pool<impl Connector>,
    query: &'static str,
    key: Key,
) -> Result<Option<ProcessInstanceKey>, Error> {
    let statement = Statement::new(query).with(|values| values.key(key));
    readers.optional(&statement, |columns| columns.key()).await
}

pub(super) async fn next_key_counter(
    readers: &Pool<impl Connector>,
    partition: PartitionId,
) -> Result<u64, Error> {
    let statement = Statement::new("SELECT next_key_counter FROM partition WHERE id = $1")
        .with(|values| values.integer(partition.get()));
    Ok(readers.optional(&statement, |columns| columns.number()).await?.unwrap_or(1))
}

/// Few instances have the same business id, and an index finds them.
pub(super) const WITH_BUSINESS_ID: &str = "SELECT key FROM process_instance WHERE business_id = $3 \
     AND tenant_id = $1 AND bpmn_process_id = $2 AND state = 0 AND caller_key IS NULL LIMIT 1";

pub(super) async fn active_with_business_id(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    bpmn_process_id: &str,
    business_id: &str,
) -> Result<Option<ProcessInstanceKey>, Error> {
    let statement = Statement::new(WITH_BUSINESS_ID)
        .with(|values| values.text(tenant.as_str()).text(bpmn_process_id).text(business_id));
    readers.optional(&statement, |columns| columns.key()).await
}

pub(super) async fn journal(
    readers: &Pool<impl Connector>,
    instance: ProcessInstanceKey,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<JournalRow>, Error> {
    let statement = Statement::new(
        "SELECT position, entries FROM journal WHERE process_instance_key = $1 AND position > $2 \
         ORDER BY position LIMIT $3",
    )
    .with(|values| values.key(instance.0).integer(after.unwrap_or(0)).integer(limit));
    let row = |columns: &mut Columns<'_>| {
        Ok(JournalRow { position: columns.integer()?, entries: columns.bytes()?.to_vec() })
    };
    readers.all(&statement, row).await
}
