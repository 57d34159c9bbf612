//! Writes the changes of one table.

use std::sync::LazyLock;

use engine::state::{
    Compensable, ElementInstance, Incident, Job, LoopProgress, LoopValue, ScopedVariable, Subscription,
    Timer, Token, TokenPlace, UserTask,
};
use sqlx::SqliteConnection;
use types::{
    CompensationKey, ElementInstanceKey, IncidentKey, JobKey, ProcessInstanceKey, SubscriptionKey, TimerKey,
    UserTaskKey, VariableKey,
};

use super::bulk::Bulk;
use super::script::{Failure, Script};
use crate::sql::tables::{
    compensable, decision_evaluation, element_instance, incident, job, job_attempt, journal, loop_progress,
    loop_value, mailbox, message_correlation, outbox, process_instance, start_timer, subscription, timer,
    token, user_task, variable,
};
use crate::sql::{Connection, Shape, Statement, Table};
use crate::{Error, InstanceBatch};

/// A table and the statements that write it.
pub(super) struct Written<K: 'static, T: 'static> {
    table: &'static Table<K, T>,
    pub(super) upsert: Bulk,
    /// For instances that have got another version of their process. Writing more columns costs their indexes.
    upsert_migrating: Bulk,
    pub(super) delete: Bulk,
    /// Finds one row. For an error message.
    find: String,
}

pub(super) static JOURNAL: LazyLock<Bulk> = LazyLock::new(|| Bulk::upsert(&journal::SHAPE));
pub(super) static PROCESS_INSTANCE: LazyLock<Bulk> = LazyLock::new(|| Bulk::upsert(&process_instance::SHAPE));
pub(super) static PROCESS_INSTANCE_MIGRATING: LazyLock<Bulk> =
    LazyLock::new(|| Bulk::upsert_migrating(&process_instance::SHAPE));
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
pub(super) static SUBSCRIPTION: LazyLock<Written<SubscriptionKey, Subscription>> =
    LazyLock::new(|| Written::new(&subscription::TABLE));
pub(super) static COMPENSABLE: LazyLock<Written<CompensationKey, Compensable>> =
    LazyLock::new(|| Written::new(&compensable::TABLE));
pub(super) static LOOP_PROGRESS: LazyLock<Written<ElementInstanceKey, LoopProgress>> =
    LazyLock::new(|| Written::new(&loop_progress::TABLE));
pub(super) static LOOP_VALUE: LazyLock<Written<(ElementInstanceKey, u32), LoopValue>> =
    LazyLock::new(|| Written::new(&loop_value::TABLE));
pub(super) static DECISION_EVALUATION: LazyLock<Bulk> =
    LazyLock::new(|| Bulk::upsert(&decision_evaluation::SHAPE));
pub(super) static JOB_ATTEMPT: LazyLock<[Bulk; 2]> = LazyLock::new(|| both(&job_attempt::SHAPE));
pub(super) static MESSAGE_CORRELATION: LazyLock<Bulk> =
    LazyLock::new(|| Bulk::upsert(&message_correlation::SHAPE));
pub(super) static OUTBOX: LazyLock<[Bulk; 2]> = LazyLock::new(|| both(&outbox::SHAPE));
pub(super) static MAILBOX: LazyLock<[Bulk; 2]> = LazyLock::new(|| both(&mailbox::SHAPE));
pub(super) static START_TIMER: LazyLock<[Bulk; 2]> = LazyLock::new(|| both(&start_timer::SHAPE));

/// Removes rows, and writes them.
fn both(shape: &Shape) -> [Bulk; 2] {
    [Bulk::delete(shape), Bulk::upsert(shape)]
}

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
            upsert_migrating: Bulk::upsert_migrating(shape),
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
        for (upsert, is_migrated) in [(&self.upsert, false), (&self.upsert_migrating, true)] {
            let parts = instances.iter().filter(|part| part.is_migrated == is_migrated);
            upsert
                .add_to(script, table.puts(parts).collect(), |values, (identity, row)| {
                    (table.bind)(values, identity, row);
                })
                .await?;
        }
        Ok(())
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
