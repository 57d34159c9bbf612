//! Writes a batch.

use std::mem;

use engine::Change;
use engine::mailbox::EntryKey;
use engine::state::MailboxAddress;
use sqlx::SqliteConnection;
use types::{PartitionId, TimerKey};

use super::script::{Failure, Script};
use super::table::{
    COMPENSABLE, DECISION_EVALUATION, ELEMENT_INSTANCE, INCIDENT, JOB, JOB_ATTEMPT, JOURNAL, LOOP_PROGRESS,
    LOOP_VALUE, MAILBOX, MESSAGE_CORRELATION, OUTBOX, PROCESS_INSTANCE, PROCESS_INSTANCE_MIGRATING,
    START_TIMER, SUBSCRIPTION, TIMER, TOKEN, USER_TASK, VARIABLE,
};
use super::writer::Writer;
use crate::sql::tables::{
    decision_evaluation, job_attempt, journal, mailbox, message_correlation, outbox, process_instance,
    start_timer,
};
use crate::sql::{Connection, Statement, Transaction as _, Values};
use crate::{Batch, Error, Exchange, InstanceBatch, MailboxBatch};

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
    let mut statement = Statement::new(ADVANCE_KEYS);
    bind_keys(&mut statement.values, partition, next);
    Connection::execute(connection, statement).await?;
    Ok(())
}

const ADVANCE_KEYS: &str = "INSERT INTO partition (id, next_key_counter) VALUES (?, ?) \
     ON CONFLICT (id) DO UPDATE SET next_key_counter = max(next_key_counter, excluded.next_key_counter)";

fn bind_keys(values: &mut Values<'_>, partition: PartitionId, next: u64) {
    // A key has fewer bits for its counter than this, so that nothing is ever cut off.
    values.integer(partition.get()).counter(next.max(1));
}

/// Begins the transaction and does all but end it.
async fn write(connection: &mut SqliteConnection, batch: &mut Batch) -> Result<(), Failure> {
    let mut script = Script::begin(connection);
    let (partition, next) = (batch.partition, batch.next_key_counter);
    let keys_text = |text: &mut String| text.push_str(ADVANCE_KEYS);
    let mut values = Values::default();
    bind_keys(&mut values, partition, next);
    script.add("partition", 1, keys_text, &mut values).await?;

    let entries = batch
        .instances
        .iter_mut()
        .map(|instance| (instance.identity.key, mem::take(&mut instance.journal)))
        .collect();
    JOURNAL
        .add_to(&mut script, entries, |values, (instance, entries)| journal::bind(values, instance, entries))
        .await?;

    let instances = &batch.instances;
    for (upsert, is_migrated) in [(&*PROCESS_INSTANCE, false), (&*PROCESS_INSTANCE_MIGRATING, true)] {
        let parts = instances.iter().filter(|part| part.is_migrated == is_migrated);
        let changed = parts.filter_map(|part| part.changes.instance.as_ref()).collect();
        upsert.add_to(&mut script, changed, process_instance::bind).await?;
    }

    ELEMENT_INSTANCE.add_to(&mut script, instances).await?;
    VARIABLE.add_to(&mut script, instances).await?;
    TOKEN.add_to(&mut script, instances).await?;
    JOB.add_to(&mut script, instances).await?;
    TIMER.add_to(&mut script, instances).await?;
    USER_TASK.add_to(&mut script, instances).await?;
    INCIDENT.add_to(&mut script, instances).await?;
    SUBSCRIPTION.add_to(&mut script, instances).await?;
    COMPENSABLE.add_to(&mut script, instances).await?;
    LOOP_PROGRESS.add_to(&mut script, instances).await?;
    LOOP_VALUE.add_to(&mut script, instances).await?;
    let evaluations = instances
        .iter()
        .flat_map(|part| part.decision_evaluations.iter().map(|evaluation| (&part.identity, evaluation)));
    DECISION_EVALUATION
        .add_to(&mut script, evaluations.collect(), |values, (identity, evaluation)| {
            decision_evaluation::bind(values, identity, evaluation);
        })
        .await?;
    let (mut removed, mut put) = (Vec::new(), Vec::new());
    for part in instances {
        let (removed_here, put_here) = split(&part.attempts);
        removed.extend(removed_here);
        put.extend(put_here);
    }
    JOB_ATTEMPT[0].add_to(&mut script, removed, job_attempt::bind_key).await?;
    JOB_ATTEMPT[1].add_to(&mut script, put, job_attempt::bind).await?;
    let correlations = instances.iter().flat_map(|part| &part.correlations).collect();
    MESSAGE_CORRELATION.add_to(&mut script, correlations, message_correlation::bind).await?;
    write_exchange(&mut script, &batch.exchange).await?;
    script.execute().await
}

/// What crosses instances.
async fn write_exchange(script: &mut Script<'_>, exchange: &Exchange) -> Result<(), Failure> {
    let (removed, put) = split(&exchange.outbox);
    OUTBOX[0].add_to(script, removed, outbox::bind_key).await?;
    OUTBOX[1].add_to(script, put, outbox::bind).await?;

    let (mut removed, mut put) = (Vec::new(), Vec::new());
    for MailboxBatch { address, changes } in &exchange.mailboxes {
        let (removed_here, put_here) = split(changes);
        removed.extend(removed_here.into_iter().map(|key| (address, key)));
        put.extend(put_here.into_iter().map(|entry| (address, entry)));
    }
    let bind_key = |values: &mut Values<'_>, (address, key): (&MailboxAddress, &EntryKey)| {
        mailbox::bind_key(values, address, *key);
    };
    MAILBOX[0].add_to(script, removed, bind_key).await?;
    MAILBOX[1].add_to(script, put, |values, (address, entry)| mailbox::bind(values, address, entry)).await?;

    let (removed, put) = split(&exchange.start_timers);
    START_TIMER[0]
        .add_to(script, removed, |values, key: &TimerKey| {
            values.key(key.0);
        })
        .await?;
    START_TIMER[1].add_to(script, put, start_timer::bind).await
}

/// What is removed, and what is put.
fn split<K, T>(changes: &[Change<K, T>]) -> (Vec<&K>, Vec<&T>) {
    let (mut removed, mut put) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Delete(key) => removed.push(key),
            Change::Put(row) => put.push(row),
        }
    }
    (removed, put)
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
        "element_instance" => ELEMENT_INSTANCE.find_missing(connection, parts).await?,
        "variable" => VARIABLE.find_missing(connection, parts).await?,
        "token" => TOKEN.find_missing(connection, parts).await?,
        "job" => JOB.find_missing(connection, parts).await?,
        "timer" => TIMER.find_missing(connection, parts).await?,
        "user_task" => USER_TASK.find_missing(connection, parts).await?,
        "incident" => INCIDENT.find_missing(connection, parts).await?,
        "subscription" => SUBSCRIPTION.find_missing(connection, parts).await?,
        "compensable" => COMPENSABLE.find_missing(connection, parts).await?,
        "loop_progress" => LOOP_PROGRESS.find_missing(connection, parts).await?,
        "loop_value" => LOOP_VALUE.find_missing(connection, parts).await?,
        _ => None,
    };
    Ok(match instance {
        Some(instance) => Error::RowsMissing { instance, table },
        None => Error::Damaged(format!("{table} did not take all rows of a commit")),
    })
}
