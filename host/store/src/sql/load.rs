//! Reads one instance.

use engine::state::Rows;
use sqlx::AssertSqlSafe;
use std::sync::Arc;
use types::ProcessInstanceKey;

use super::columns::Columns;
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::tables::{
    compensable, element_instance, incident, job, loop_progress, loop_value, process_instance, subscription,
    timer, token, user_task, variable,
};
use crate::Error;

/// How many tables an instance is in.
pub(crate) const TABLES_OF_INSTANCE: usize = 12;

/// Columns of each table, and where they come from, `$1` being the instance.
const TABLES: [(&str, &str); TABLES_OF_INSTANCE] = [
    (process_instance::COLUMNS, process_instance::BY_KEY),
    (element_instance::COLUMNS, element_instance::OF_INSTANCE),
    (variable::COLUMNS, variable::OF_INSTANCE),
    (token::COLUMNS, token::OF_INSTANCE),
    (job::COLUMNS, job::OF_INSTANCE),
    (timer::COLUMNS, timer::OF_INSTANCE),
    (user_task::COLUMNS, user_task::OF_INSTANCE),
    (incident::COLUMNS, incident::OF_INSTANCE),
    (subscription::COLUMNS, subscription::OF_INSTANCE),
    (compensable::COLUMNS, compensable::OF_INSTANCE),
    (loop_progress::COLUMNS, loop_progress::OF_INSTANCE),
    (loop_value::COLUMNS, loop_value::OF_INSTANCE),
];

/// One statement for all tables: it sees them all as one commit has left them, and the way to the database and back,
/// which costs more than a table, is taken once. Each row begins with the number of its table.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) text: Arc<str>,
    /// Where the columns of each table begin in its rows.
    pub(crate) starts: [usize; TABLES_OF_INSTANCE],
}

/// The columns of each table of an instance, how many they are, and where they come from.
pub(crate) fn tables_of_instance() -> [(&'static str, usize, &'static str); TABLES_OF_INSTANCE] {
    TABLES.map(|(columns, from)| (columns, columns.split(',').count(), from))
}

/// The rows of an instance, all as one commit has left them.
pub(super) async fn load_instance(
    load: &Load,
    readers: &Pool<impl Connector>,
    key: ProcessInstanceKey,
) -> Result<Option<Rows>, Error> {
    let statement = Statement::new(AssertSqlSafe(Arc::clone(&load.text))).with(|values| values.key(key.0));
    let found = readers.rows(&statement).await?;
    let mut found = found.iter().map(|row| Columns::new(row));
    let Some(mut first) = found.next() else { return Ok(None) };
    if first.integer()? != 0 {
        return Err(Error::Damaged(format!("instance {key} is gone, but not all of its rows")));
    }
    first.go_to(load.starts[0]);
    let mut rows = Rows {
        instance: process_instance::read(&mut first)?,
        elements: Vec::new(),
        variables: Vec::new(),
        tokens: Vec::new(),
        jobs: Vec::new(),
        timers: Vec::new(),
        subscriptions: Vec::new(),
        compensables: Vec::new(),
        loops: Vec::new(),
        loop_values: Vec::new(),
        user_tasks: Vec::new(),
        incidents: Vec::new(),
    };
    for mut columns in found {
        let columns = &mut columns;
        let table: usize = columns.number()?;
        columns.go_to(load.starts.get(table).copied().unwrap_or_default());
        match table {
            1 => rows.elements.push(element_instance::read(columns)?),
            2 => rows.variables.push(variable::read(columns)?),
            3 => rows.tokens.push(token::read(columns)?),
            4 => rows.jobs.push(job::read(columns)?),
            5 => rows.timers.push(timer::read(columns)?),
            6 => rows.user_tasks.push(user_task::read(columns)?),
            7 => rows.incidents.push(incident::read(columns)?),
            8 => rows.subscriptions.push(subscription::read(columns)?),
            9 => rows.compensables.push(compensable::read(columns)?),
            10 => rows.loops.push(loop_progress::read(columns)?),
            11 => rows.loop_values.push(loop_value::read(columns)?),
            _ => return Err(Error::Damaged(format!("instance {key} is in table {table}"))),
        }
    }
    Ok(Some(rows))
}
