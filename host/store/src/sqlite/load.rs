//! Reads one instance.

use std::sync::{Arc, LazyLock};

use engine::state::Rows;
use sqlx::AssertSqlSafe;
use types::ProcessInstanceKey;

use super::readers::Readers;
use super::rows::Columns;
use super::tables::{element_instance, incident, job, process_instance, timer, token, user_task, variable};
use crate::Error;

/// Columns of each table, and where they come from. [`load_instance`] takes the tables by their places here.
const TABLES: [(&str, &str); 8] = [
    (process_instance::COLUMNS, process_instance::BY_KEY),
    (element_instance::COLUMNS, element_instance::OF_INSTANCE),
    (variable::COLUMNS, variable::OF_INSTANCE),
    (token::COLUMNS, token::OF_INSTANCE),
    (job::COLUMNS, job::OF_INSTANCE),
    (timer::COLUMNS, timer::OF_INSTANCE),
    (user_task::COLUMNS, user_task::OF_INSTANCE),
    (incident::COLUMNS, incident::OF_INSTANCE),
];

/// One statement for all tables: it sees them all as one commit has left them, and the way to the connection's thread
/// and back, which costs more than a table, is taken once. Each row begins with the number of its table.
static ALL_TABLES: LazyLock<Arc<str>> = LazyLock::new(|| {
    let width = |columns: &str| columns.split(',').count();
    let widest = TABLES.iter().map(|(columns, _)| width(columns)).max().unwrap_or(0);
    let selects: Vec<String> = (0..)
        .zip(TABLES)
        .map(|(number, (columns, from)): (usize, _)| {
            let padding = ", NULL".repeat(widest - width(columns));
            format!("SELECT {number}, {columns}{padding} FROM {from}")
        })
        .collect();
    selects.join(" UNION ALL ").into()
});

/// The rows of an instance, all as one commit has left them.
pub(super) async fn load_instance(readers: &Readers, key: ProcessInstanceKey) -> Result<Option<Rows>, Error> {
    let mut reader = readers.acquire().await?;
    let query = sqlx::query(AssertSqlSafe(Arc::clone(&ALL_TABLES))).bind(key.get());
    let found = query.fetch_all(reader.connection()).await?;
    reader.finish();
    let mut found = found.iter().map(Columns::new);
    let Some(mut first) = found.next() else { return Ok(None) };
    if first.take::<i64>()? != 0 {
        return Err(Error::Damaged(format!("instance {key} is gone, but not all of its rows")));
    }
    let mut rows = Rows {
        instance: process_instance::read(&mut first)?,
        elements: Vec::new(),
        variables: Vec::new(),
        tokens: Vec::new(),
        jobs: Vec::new(),
        timers: Vec::new(),
        user_tasks: Vec::new(),
        incidents: Vec::new(),
    };
    for mut columns in found {
        let columns = &mut columns;
        match columns.take::<i64>()? {
            1 => rows.elements.push(element_instance::read(columns)?),
            2 => rows.variables.push(variable::read(columns)?),
            3 => rows.tokens.push(token::read(columns)?),
            4 => rows.jobs.push(job::read(columns)?),
            5 => rows.timers.push(timer::read(columns)?),
            6 => rows.user_tasks.push(user_task::read(columns)?),
            7 => rows.incidents.push(incident::read(columns)?),
            number => return Err(Error::Damaged(format!("instance {key} is in table {number}"))),
        }
    }
    Ok(Some(rows))
}

/// The statement that loads an instance. For tests of query plans.
#[cfg(test)]
pub(super) fn statement() -> &'static str {
    &ALL_TABLES
}
