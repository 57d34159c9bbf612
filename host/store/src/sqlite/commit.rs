//! Writes a batch.

use std::mem;

use sqlx::SqliteConnection;
use types::PartitionId;

use super::rows::Values;
use super::script::{Failure, Script};
use super::tables::{
    element_instance, incident, job, journal, process_instance, timer, token, user_task, variable,
};
use super::writer::Writer;
use crate::{Batch, Error, InstanceBatch};

/// Writes all of `batch` in one transaction.
pub(super) async fn commit(writer: &Writer, mut batch: Batch) -> Result<(), Error> {
    let mut transaction = writer.acquire().await?;
    match write(transaction.connection(), &mut batch).await {
        Ok(()) => transaction.commit().await,
        Err(Failure::Store(error)) => Err(error),
        Err(Failure::Rows { table }) => Err(explain(transaction.connection(), &batch, table).await?),
    }
}

/// Makes sure that no key below `next` is given out again.
pub(super) async fn advance_keys(
    connection: &mut SqliteConnection,
    partition: PartitionId,
    next: u64,
) -> Result<(), Error> {
    let mut values = Values::default();
    bind_keys(&mut values, partition, next);
    sqlx::query_with(ADVANCE_KEYS, values.into_arguments()?).execute(connection).await?;
    Ok(())
}

const ADVANCE_KEYS: &str = "INSERT INTO partition (id, next_key_counter) VALUES (?, ?) \
     ON CONFLICT (id) DO UPDATE SET next_key_counter = max(next_key_counter, excluded.next_key_counter)";

fn bind_keys(values: &mut Values, partition: PartitionId, next: u64) {
    // A key has fewer bits for its counter than this, so that nothing is ever cut off.
    values.push(partition.get()).push(i64::try_from(next).unwrap_or(i64::MAX).max(1));
}

/// Begins the transaction and does all but end it.
async fn write(connection: &mut SqliteConnection, batch: &mut Batch) -> Result<(), Failure> {
    let mut script = Script::begin(connection);
    let (partition, next) = (batch.partition, batch.next_key_counter);
    let keys_text = |text: &mut String| text.push_str(ADVANCE_KEYS);
    script.add("partition", 1, keys_text, |values| bind_keys(values, partition, next)).await?;

    let entries = batch
        .instances
        .iter_mut()
        .map(|instance| (instance.identity.key, mem::take(&mut instance.journal)))
        .collect();
    journal::INSERT
        .add_to(&mut script, "journal", entries, |values, (instance, entries)| {
            journal::bind(values, instance, entries);
        })
        .await?;

    let instances = &batch.instances;
    let changed = instances.iter().filter_map(|part| part.changes.instance.as_ref()).collect();
    process_instance::UPSERT.add_to(&mut script, "process_instance", changed, process_instance::bind).await?;

    element_instance::TABLE.add_to(&mut script, instances).await?;
    variable::TABLE.add_to(&mut script, instances).await?;
    token::TABLE.add_to(&mut script, instances).await?;
    job::TABLE.add_to(&mut script, instances).await?;
    timer::TABLE.add_to(&mut script, instances).await?;
    user_task::TABLE.add_to(&mut script, instances).await?;
    incident::TABLE.add_to(&mut script, instances).await?;
    script.execute().await
}

/// Says which rows were missing. What was removed has to come back first, so this ends the transaction.
async fn explain(
    connection: &mut SqliteConnection,
    batch: &Batch,
    table: &'static str,
) -> Result<Error, Error> {
    sqlx::query("ROLLBACK").execute(&mut *connection).await?;
    let parts: &[InstanceBatch] = &batch.instances;
    let instance = match table {
        "element_instance" => element_instance::TABLE.find_missing(connection, parts).await?,
        "variable" => variable::TABLE.find_missing(connection, parts).await?,
        "token" => token::TABLE.find_missing(connection, parts).await?,
        "job" => job::TABLE.find_missing(connection, parts).await?,
        "timer" => timer::TABLE.find_missing(connection, parts).await?,
        "user_task" => user_task::TABLE.find_missing(connection, parts).await?,
        "incident" => incident::TABLE.find_missing(connection, parts).await?,
        _ => None,
    };
    Ok(match instance {
        Some(instance) => Error::RowsMissing { instance, table },
        None => Error::Damaged(format!("{table} did not take all rows of a commit")),
    })
}
