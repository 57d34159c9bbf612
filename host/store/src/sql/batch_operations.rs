//! Batch operations.

use sqlx::AssertSqlSafe;
use types::Timestamp;

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::{
    BatchKind, BatchOperation, BatchOperationKey, BatchProgress, BatchState, Error, NewBatchOperation,
};

/// What [`read`] takes from a row, in this order.
pub(super) const COLUMNS: &str = "b.key, b.tenant_id, b.kind, b.content, b.actor, b.started_at, b.expected, \
     b.state, b.after_key, b.completed, b.failed, b.failures, b.ended_at";

pub(super) fn read(columns: &mut Columns<'_>) -> Result<BatchOperation, Error> {
    Ok(BatchOperation {
        key: BatchOperationKey(columns.integer()?),
        new: NewBatchOperation {
            tenant: columns.tenant()?,
            kind: by_code(&BatchKind::ALL, columns.integer()?)?,
            content: columns.bytes()?.to_vec(),
            actor: columns.actor()?,
            at: columns.time()?,
            expected: columns.number()?,
        },
        state: by_code(&BatchState::ALL, columns.integer()?)?,
        progress: BatchProgress {
            after: columns.optional_key()?,
            completed: columns.number()?,
            failed: columns.number()?,
            failures: columns.bytes()?.to_vec(),
        },
        ended_at: columns.optional_time()?,
    })
}

fn by_code<T: Copy>(all: &[T], code: i64) -> Result<T, Error> {
    let found = usize::try_from(code).ok().and_then(|code| all.get(code)).copied();
    found.ok_or_else(|| Error::Damaged(format!("kind or state {code} of a batch operation is unknown")))
}

fn code<T: PartialEq>(all: &[T], value: &T) -> i64 {
    all.iter().position(|other| other == value).map_or(-1, |position| position as i64)
}

pub(super) async fn begin(
    database: &impl Database,
    new: NewBatchOperation,
) -> Result<BatchOperationKey, Error> {
    let statement = Statement::new(
        "INSERT INTO batch_operation (tenant_id, kind, content, actor, started_at, expected, state, completed, failed, \
         failures) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7) RETURNING key",
    )
    .with(|values| {
        values
            .text(new.tenant.as_str())
            .integer(code(&BatchKind::ALL, &new.kind))
            .bytes(&new.content)
            .text(new.actor.as_str())
            .time(new.at)
            .counter(new.expected)
            .bytes(&[])
    });
    let mut transaction = database.begin().await?;
    let row = transaction.connection().row(&statement).await?;
    let row = row.ok_or_else(|| Error::Damaged("a new batch operation has got no key".to_owned()))?;
    let key = BatchOperationKey(Columns::new(&row).integer()?);
    transaction.commit().await?;
    Ok(key)
}

pub(super) async fn find(
    readers: &Pool<impl Connector>,
    key: BatchOperationKey,
) -> Result<Option<BatchOperation>, Error> {
    let text = format!("SELECT {COLUMNS} FROM batch_operation b WHERE b.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.integer(key.0));
    readers.optional(&statement, read).await
}

pub(super) async fn advance(
    database: &impl Database,
    key: BatchOperationKey,
    progress: BatchProgress,
) -> Result<(), Error> {
    let statement = Statement::new(
        "UPDATE batch_operation SET after_key = $2, completed = $3, failed = $4, failures = $5 WHERE key = $1",
    )
    .with(|values| {
        values
            .integer(key.0)
            .optional_key(progress.after.map(|instance| instance.0))
            .counter(progress.completed)
            .counter(progress.failed)
            .bytes(&progress.failures)
    });
    let mut transaction = database.begin().await?;
    transaction.connection().execute(statement).await?;
    transaction.commit().await
}

pub(super) async fn change_state(
    database: &impl Database,
    key: BatchOperationKey,
    from: BatchState,
    to: BatchState,
    at: Timestamp,
) -> Result<bool, Error> {
    let statement =
        Statement::new("UPDATE batch_operation SET state = $3, ended_at = $4 WHERE key = $1 AND state = $2")
            .with(|values| {
                values
                    .integer(key.0)
                    .integer(code(&BatchState::ALL, &from))
                    .integer(code(&BatchState::ALL, &to))
                    .optional_time(to.has_ended().then_some(at))
            });
    let mut transaction = database.begin().await?;
    let changed = transaction.connection().execute(statement).await?;
    transaction.commit().await?;
    Ok(changed == 1)
}
