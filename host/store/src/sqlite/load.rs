//! Reads one instance.

use std::sync::Arc;

use engine::state::Rows;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};
use types::ProcessInstanceKey;

use super::rows::Columns;
use super::tables::{element_instance, incident, job, process_instance, timer, token, user_task, variable};
use crate::Error;

/// The rows of an instance, all as one commit has left them.
pub(super) async fn load_instance(
    readers: &SqlitePool,
    key: ProcessInstanceKey,
) -> Result<Option<Rows>, Error> {
    // Rolled back at the end: a transaction that has only read needs no commit.
    let mut transaction = readers.begin().await?;
    let db = &mut *transaction;
    let Some(instance) = select(db, &process_instance::BY_KEY, key, process_instance::read).await?.pop()
    else {
        return Ok(None);
    };
    Ok(Some(Rows {
        instance,
        elements: select(db, &element_instance::OF_INSTANCE, key, element_instance::read).await?,
        variables: select(db, &variable::OF_INSTANCE, key, variable::read).await?,
        tokens: select(db, &token::OF_INSTANCE, key, token::read).await?,
        jobs: select(db, &job::OF_INSTANCE, key, job::read).await?,
        timers: select(db, &timer::OF_INSTANCE, key, timer::read).await?,
        user_tasks: select(db, &user_task::OF_INSTANCE, key, user_task::read).await?,
        incidents: select(db, &incident::OF_INSTANCE, key, incident::read).await?,
    }))
}

async fn select<T>(
    db: &mut SqliteConnection,
    text: &Arc<str>,
    instance: ProcessInstanceKey,
    read: fn(&mut Columns<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let rows = sqlx::query(AssertSqlSafe(Arc::clone(text))).bind(instance.get()).fetch_all(db).await?;
    rows.iter().map(|row| read(&mut Columns::new(row))).collect()
}
