//! Writes a batch.

use std::mem;

use sqlx::SqliteConnection;
use types::PartitionId;

use super::tables::{
    element_instance, incident, job, journal, process_instance, timer, token, user_task, variable,
};
use super::writer::Writer;
use crate::{Batch, Error};

/// Writes all of `batch` in one transaction.
pub(super) async fn commit(writer: &Writer, batch: Batch) -> Result<(), Error> {
    let mut transaction = writer.begin().await?;
    write(transaction.connection(), batch).await?;
    transaction.commit().await
}

/// Makes sure that no key below `next` is given out again.
pub(super) async fn advance_keys(
    connection: &mut SqliteConnection,
    partition: PartitionId,
    next: u64,
) -> Result<(), Error> {
    let next = i64::try_from(next).map_err(|_| Error::Damaged(format!("key counter {next} is too large")))?;
    sqlx::query(
        "INSERT INTO partition (id, next_key_counter) VALUES (?, ?) \
         ON CONFLICT (id) DO UPDATE SET next_key_counter = max(next_key_counter, excluded.next_key_counter)",
    )
    .bind(partition.get())
    .bind(next.max(1))
    .execute(connection)
    .await?;
    Ok(())
}

async fn write(connection: &mut SqliteConnection, mut batch: Batch) -> Result<(), Error> {
    advance_keys(connection, batch.partition, batch.next_key_counter).await?;

    let entries = batch
        .instances
        .iter_mut()
        .map(|instance| (instance.identity.key, mem::take(&mut instance.journal)))
        .collect();
    journal::INSERT
        .execute(connection, entries, |values, (instance, entries)| {
            journal::bind(values, instance, entries);
        })
        .await?;

    let instances = batch.instances.iter().filter_map(|part| part.changes.instance.as_ref()).collect();
    process_instance::UPSERT.execute(connection, instances, process_instance::bind).await?;

    element_instance::TABLE.write(connection, &batch.instances).await?;
    variable::TABLE.write(connection, &batch.instances).await?;
    token::TABLE.write(connection, &batch.instances).await?;
    job::TABLE.write(connection, &batch.instances).await?;
    timer::TABLE.write(connection, &batch.instances).await?;
    user_task::TABLE.write(connection, &batch.instances).await?;
    incident::TABLE.write(connection, &batch.instances).await
}
