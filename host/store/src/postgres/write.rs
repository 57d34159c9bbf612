//! Writes batches, all of them in one transaction.

use std::time::Duration;

use engine::Change;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use types::ProcessInstanceKey;

use super::error::{is_lost, rows_missing};
use super::shape::{Action, FENCE, Parts, Statements, first_missing, keys};
use crate::sql::Table;
use crate::sql::tables::{
    compensable, decision_evaluation, element_instance, incident, job, job_attempt, journal, loop_progress,
    loop_value, mailbox, message_correlation, outbox, process_instance, start_timer, subscription, timer,
    token, user_task, variable,
};
use crate::{Batch, Error, Exchange, InstanceBatch, MailboxBatch};

/// When a commit is given up that the database does not answer. Longer than it waits for any lock.
const COMMIT_TIME_MAX: Duration = Duration::from_secs(30);

/// A batch, and the epoch that it has to find.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fenced<'b> {
    pub(super) batch: &'b Batch,
    pub(super) epoch: i64,
}

/// Why batches were not written.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing was written.
    Refused(Error),
    /// A part has not touched as many rows as it had to. Nothing was written.
    Rows {
        /// The part's table.
        table: String,
    },
    /// The answer was lost: all was written, or nothing, and it may not even be decided yet. The connection is of no more use.
    Lost(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Writes all of `batches`, or nothing, and returns when that is durable. They are of different partitions.
pub(super) async fn write(
    connection: &mut PgConnection,
    statements: &mut Statements,
    batches: &[Fenced<'_>],
) -> Result<(), Failure> {
    let (text, arguments) = statements.of(parts(batches)?)?;
    // Not in a transaction of ours: the statement is one.
    let executed = sqlx::query_with(text, arguments).execute(connection);
    match tokio::time::timeout(COMMIT_TIME_MAX, executed).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if is_lost(&error) => Err(Failure::Lost(Error::Unavailable(Box::new(error)))),
        Ok(Err(error)) => match rows_missing(&error) {
            Some(table) => Err(Failure::Rows { table: table.to_owned() }),
            None => Err(Failure::Refused(error.into())),
        },
        Err(elapsed) => Err(Failure::Lost(Error::Unavailable(Box::new(elapsed)))),
    }
}

fn parts(batches: &[Fenced<'_>]) -> Result<Parts, Error> {
    let mut parts = Parts::new();
    parts.add(&FENCE, Action::Fence, batches, |values, Fenced { batch, epoch }| {
        values.integer(batch.partition.get()).counter(batch.next_key_counter.max(1)).integer(*epoch);
    })?;
    for Fenced { batch, .. } in batches {
        let instances = &batch.instances[..];
        parts.add(&journal::SHAPE, Action::Put, instances, |values, part| {
            values.key(part.identity.key.0).bytes(&part.journal);
        })?;
        let changed = instances.iter().filter_map(|part| part.changes.instance.as_ref());
        parts.add(&process_instance::SHAPE, Action::Put, changed, process_instance::bind)?;
        add_changes(&mut parts, &element_instance::TABLE, instances)?;
        add_changes(&mut parts, &variable::TABLE, instances)?;
        add_changes(&mut parts, &token::TABLE, instances)?;
        add_changes(&mut parts, &job::TABLE, instances)?;
        add_changes(&mut parts, &timer::TABLE, instances)?;
        add_changes(&mut parts, &user_task::TABLE, instances)?;
        add_changes(&mut parts, &incident::TABLE, instances)?;
        add_changes(&mut parts, &subscription::TABLE, instances)?;
        add_changes(&mut parts, &compensable::TABLE, instances)?;
        add_changes(&mut parts, &loop_progress::TABLE, instances)?;
        add_changes(&mut parts, &loop_value::TABLE, instances)?;
        let evaluations = instances
            .iter()
            .flat_map(|part| part.decision_evaluations.iter().map(|evaluation| (&part.identity, evaluation)));
        parts.add(
            &decision_evaluation::SHAPE,
            Action::Put,
            evaluations,
            |values, (identity, evaluation)| {
                decision_evaluation::bind(values, identity, evaluation);
            },
        )?;
        for part in instances {
            let attempts = &part.attempts;
            parts.add(&job_attempt::SHAPE, Action::Remove, removed(attempts), job_attempt::bind_key)?;
            parts.add(&job_attempt::SHAPE, Action::Put, put(attempts), job_attempt::bind)?;
            let correlations = &part.correlations;
            parts.add(&message_correlation::SHAPE, Action::Put, correlations, message_correlation::bind)?;
        }
        add_exchange(&mut parts, &batch.exchange)?;
    }
    Ok(parts)
}

/// What crosses instances.
fn add_exchange(parts: &mut Parts, exchange: &Exchange) -> Result<(), Error> {
    parts.add(&outbox::SHAPE, Action::Remove, removed(&exchange.outbox), outbox::bind_key)?;
    parts.add(&outbox::SHAPE, Action::Put, put(&exchange.outbox), outbox::bind)?;
    for MailboxBatch { address, changes } in &exchange.mailboxes {
        parts.add(&mailbox::SHAPE, Action::Remove, removed(changes), |values, key| {
            mailbox::bind_key(values, address, *key);
        })?;
        parts.add(&mailbox::SHAPE, Action::Put, put(changes), |values, entry| {
            mailbox::bind(values, address, entry);
        })?;
    }
    parts.add(&start_timer::SHAPE, Action::Remove, removed(&exchange.start_timers), |values, key| {
        values.key(key.0);
    })?;
    parts.add(&start_timer::SHAPE, Action::Put, put(&exchange.start_timers), start_timer::bind)
}

fn removed<K, T>(changes: &[Change<K, T>]) -> impl Iterator<Item = &K> {
    changes.iter().filter_map(|change| match change {
        Change::Delete(key) => Some(key),
        Change::Put(_) => None,
    })
}

fn put<K, T>(changes: &[Change<K, T>]) -> impl Iterator<Item = &T> {
    changes.iter().filter_map(|change| match change {
        Change::Put(row) => Some(row),
        Change::Delete(_) => None,
    })
}

fn add_changes<K, T>(
    parts: &mut Parts,
    table: &'static Table<K, T>,
    instances: &[InstanceBatch],
) -> Result<(), Error> {
    parts.add(&table.shape, Action::Remove, table.deletes(instances), |values, (instance, key)| {
        (table.bind_key)(values, instance, key);
    })?;
    parts.add(&table.shape, Action::Put, table.puts(instances), |values, (identity, row)| {
        (table.bind)(values, identity, row);
    })
}

/// Says what was wrong with a batch of which rows of `table` were not as expected.
pub(super) async fn explain(
    connection: &mut PgConnection,
    batch: &Batch,
    table: &str,
) -> Result<Error, Error> {
    let instances = &batch.instances[..];
    let missing = match table {
        "process_instance" => {
            let message = "a process instance is of a definition that is not stored";
            return Ok(Error::Damaged(message.to_owned()));
        }
        "element_instance" => find_missing(connection, &element_instance::TABLE, instances).await?,
        "variable" => find_missing(connection, &variable::TABLE, instances).await?,
        "token" => find_missing(connection, &token::TABLE, instances).await?,
        "job" => find_missing(connection, &job::TABLE, instances).await?,
        "timer" => find_missing(connection, &timer::TABLE, instances).await?,
        "user_task" => find_missing(connection, &user_task::TABLE, instances).await?,
        "incident" => find_missing(connection, &incident::TABLE, instances).await?,
        "subscription" => find_missing(connection, &subscription::TABLE, instances).await?,
        "compensable" => find_missing(connection, &compensable::TABLE, instances).await?,
        "loop_progress" => find_missing(connection, &loop_progress::TABLE, instances).await?,
        "loop_value" => find_missing(connection, &loop_value::TABLE, instances).await?,
        _ => None,
    };
    Ok(match missing {
        Some((instance, table)) => Error::RowsMissing { instance, table },
        None => Error::Damaged(format!("{table} did not take all rows of a commit")),
    })
}

/// The first instance of which a row is to be removed that does not exist, and the table.
async fn find_missing<K, T>(
    connection: &mut PgConnection,
    table: &'static Table<K, T>,
    instances: &[InstanceBatch],
) -> Result<Option<(ProcessInstanceKey, &'static str)>, Error> {
    let deletes = || table.deletes(instances);
    let arguments = keys(&table.shape, deletes(), |values, (instance, key)| {
        (table.bind_key)(values, instance, key);
    })?;
    let query = sqlx::query_with(AssertSqlSafe(first_missing(&table.shape)), arguments).persistent(false);
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    let place: i64 = row.try_get(0)?;
    let index = usize::try_from(place - 1).unwrap_or_default();
    Ok(deletes().nth(index).map(|(instance, _)| (instance, table.shape.name)))
}
