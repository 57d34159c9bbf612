//! Removes a batch of instances: from the rows, and from memory.

use store::{EndedInstance, RemovalLimit, Store};
use types::{PartitionId, ProcessInstanceKey};

use super::error::Error;
use super::traffic::Traffic;
use crate::inbox::{Ask, Inbox};

/// Instances that are removed at once.
pub(super) const INSTANCES_PER_BATCH: u32 = 50;

/// What one transaction removes. Commits wait for it.
const PER_TRANSACTION: RemovalLimit = RemovalLimit { rows: 1_000, bytes: 4 << 20 };

/// Removes instances that have ended. Large ones take several transactions.
pub(super) async fn remove(
    store: &dyn Store,
    partition: PartitionId,
    inbox: &Inbox,
    ended: &[EndedInstance],
    traffic: &mut Traffic<'_>,
) -> Result<(), Error> {
    let keys: Vec<ProcessInstanceKey> = ended.iter().map(|ended| ended.key).collect();
    let removed = from_rows(store, partition, &keys, traffic).await;
    // Also after a fault: some may be gone, and what memory says of them must not outlive the rows. Memory that was read
    // from rows before they went is in the partition before this request comes to it.
    inbox.send(Ask::Forget { instances: keys }).await.map_err(|_| Error::Ended)?;
    removed
}

async fn from_rows(
    store: &dyn Store,
    partition: PartitionId,
    keys: &[ProcessInstanceKey],
    traffic: &mut Traffic<'_>,
) -> Result<(), Error> {
    let mut left = keys.len() as u64;
    loop {
        let removed = store.remove_instances(partition, keys, PER_TRANSACTION).await?;
        left = left.saturating_sub(removed.instances);
        traffic.give_way().await;
        if left == 0 {
            tracing::debug!(instances = keys.len(), "instances that have ended were removed");
            return Ok(());
        }
        if removed.rows == 0 {
            let message = format!("{left} instances have ended but are not to be removed");
            return Err(store::Error::Damaged(message).into());
        }
    }
}
