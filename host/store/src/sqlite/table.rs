//! Writes the changes of one table.

use std::sync::LazyLock;

use engine::state::{ElementInstance, Incident, Job, ScopedVariable, Timer, Token, TokenPlace, UserTask};
use sqlx::SqliteConnection;
use types::{
    ElementInstanceKey, IncidentKey, JobKey, ProcessInstanceKey, TimerKey, UserTaskKey, VariableKey,
};

use super::bulk::Bulk;
use super::script::{Failure, Script};
use crate::sql::tables::{
    element_instance, incident, job, journal, process_instance, timer, token, user_task, variable,
};
use crate::sql::{Connection, Statement, Table};
use crate::{Error, InstanceBatch};

/// A table and the statements that write it.
pub(super) struct Written<K: 'static, T: 'static> {
    table: &'static Table<K, T>,
    pub(super) upsert: Bulk,
    pub(super) delete: Bulk,
    /// Finds one row. For an error message.
    find: String,
}

pub(super) static JOURNAL: LazyLock<Bulk> = LazyLock::new(|| Bulk::upsert(&journal::SHAPE));
pub(super) static PROCESS_INSTANCE: LazyLock<Bulk> = LazyLock::new(|| Bulk::upsert(&process_instance::SHAPE));
pub(super) static ELEMENT_INSTANCE: LazyLock<Written<ElementInstanceKey, ElementInstance>> =
    LazyLock::new(|| Written::new(&element_instance::TABLE));
pub(super) static VARIABLE: LazyLock<Written<VariableKey, ScopedVariable>> =
    LazyLock::new(|| Written::new(&variable::TABLE));
pub(super) static TOKEN: LazyLock<Written<TokenPlace, Token>> = LazyLock::new(|| Written::new(&token::TABLE));
pub(super) static JOB: LazyLock<Written<JobKey, Job>> = LazyLock::new(|| Written::new(&job::TABLE));
pub(super) static TIMER: LazyLock<Written<TimerKey, Timer>> = LazyLock::new(|| Written::new(&timer::TABLE));
pub(super) static USER_TASK: LazyLock<Written<UserTaskKey, UserTask>> =
    LazyLock::new(|| Written::new(&user_task::TABLE));
pub(super) static INCIDENT: LazyLock<Written<IncidentKey, Incident>> =
    LazyLock::new(|| Written::new(&incident::TABLE));

impl<K, T> Written<K, T> {
    fn new(table: &'static Table<K, T>) -> Self {
        let shape = &table.shape;
        let compared: Vec<String> = (1..)
            .zip(shape.key())
            .map(|(number, (name, _)): (usize, _)| format!("{name} = ${number}"))
            .collect();
        Self {
            table,
            upsert: Bulk::upsert(shape),
            delete: Bulk::delete(shape),
            find: format!("SELECT 1 FROM {} WHERE {}", shape.name, compared.join(" AND ")),
        }
    }

    /// Adds the changes of all `instances` to a script.
    pub(super) async fn add_to(
        &self,
        script: &mut Script<'_>,
        instances: &[InstanceBatch],
    ) -> Result<(), Failure> {
        let Self { table, .. } = self;
        // Removed first: what comes may take the unique name of what goes.
        self.delete
            .add_to(script, table.deletes(instances).collect(), |values, (instance, key)| {
                (table.bind_key)(values, instance, key);
            })
            .await?;
        self.upsert
            .add_to(script, table.puts(instances).collect(), |values, (identity, row)| {
                (table.bind)(values, identity, row);
            })
            .await
    }

    /// The first instance of which a row is to be removed that does not exist.
    pub(super) async fn find_missing(
        &self,
        connection: &mut SqliteConnection,
        instances: &[InstanceBatch],
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        let deletes: Vec<_> = self.table.deletes(instances).collect();
        for (instance, key) in deletes {
            let mut statement = Statement::new(sqlx::AssertSqlSafe(self.find.clone()));
            (self.table.bind_key)(&mut statement.values, instance, key);
            if connection.row(&statement).await?.is_none() {
                return Ok(Some(instance));
            }
        }
        Ok(None)
    }
}
