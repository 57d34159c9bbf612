//! Removes instances that have ended, with all that they have left.
//!
//! What an instance leaves when it ends are variables, user tasks, incidents, evaluations of decisions, attempts at
//! jobs, messages that it has taken and its journal; rows of everything else go with what they stand for. Its own row goes last, and only when none of those are left.

use sqlx::AssertSqlSafe;
use types::{PartitionId, ProcessInstanceKey};

use super::connection::Connection;
use super::database::{Database, Transaction};
use super::dialect::Dialect;
use super::statement::Statement;
use crate::{Error, REMOVED_AT_ONCE_MAX, RemovalLimit, Removed};

/// A table with rows of ended instances.
struct Remains {
    table: &'static str,
    key: &'static str,
    /// The column that may be large, where one may.
    large: Option<&'static str>,
}

const REMAINS: [Remains; 7] = [
    Remains { table: "variable", key: "key", large: Some("value") },
    Remains { table: "user_task", key: "key", large: None },
    Remains { table: "incident", key: "key", large: None },
    Remains { table: "decision_evaluation", key: "key", large: Some("evaluated") },
    Remains { table: "job_attempt", key: "key", large: Some("report") },
    Remains { table: "message_correlation", key: "key", large: None },
    Remains { table: "journal", key: "position", large: Some("entries") },
];

pub(super) async fn remove_instances<D: Database>(
    database: &D,
    partition: PartitionId,
    instances: &[ProcessInstanceKey],
    limit: RemovalLimit,
) -> Result<Removed, Error> {
    let mut keys: Vec<i64> = instances
        .iter()
        .filter(|instance| instance.0.partition() == Some(partition))
        .map(|instance| instance.0.get())
        .take(REMOVED_AT_ONCE_MAX)
        .collect();
    let Some(last) = keys.last().copied() else { return Ok(Removed::default()) };
    // Few different texts: they stay prepared.
    keys.resize(keys.len().next_power_of_two(), last);
    // No key is given out.
    let mut transaction = database.begin_for(partition, 0).await?;
    let removed = remove(transaction.connection(), D::DIALECT, &keys, limit).await?;
    transaction.commit().await?;
    if let Err(error) = database.give_back_space().await {
        tracing::warn!(%error, "space of removed instances was not given back; new rows take it");
    }
    Ok(removed)
}

async fn remove(
    db: &mut impl Connection,
    dialect: &Dialect,
    keys: &[i64],
    limit: RemovalLimit,
) -> Result<Removed, Error> {
    let mut removed = Removed::default();
    for remains in &REMAINS {
        let rows = u64::from(limit.rows).saturating_sub(removed.rows);
        if rows == 0 {
            break;
        }
        let mut statement = Statement::new(AssertSqlSafe(remains.removal(dialect, keys.len())));
        for key in keys {
            statement.values.integer(*key);
        }
        statement.values.counter(rows);
        if remains.large.is_some() {
            statement.values.counter(limit.bytes);
        }
        removed.rows += db.execute(statement).await?;
    }
    let mut statement = Statement::new(AssertSqlSafe(instances_removal(keys.len())));
    for key in keys {
        statement.values.integer(*key);
    }
    removed.instances = db.execute(statement).await?;
    removed.rows += removed.instances;
    Ok(removed)
}

impl Remains {
    /// Removes rows of some of `keys` instances. The parameters are the keys, the most rows, and the most bytes if those
    /// are counted.
    fn removal(&self, dialect: &Dialect, keys: usize) -> String {
        let Self { table, key, large } = self;
        let [among, end] = dialect.among;
        let ended = format!(
            "SELECT key FROM process_instance WHERE key IN ({}) AND ended_at IS NOT NULL",
            parameters(keys)
        );
        let (rows, bytes) = (keys + 1, keys + 2);
        let rows_of = |columns: &str| {
            format!(
                "SELECT {columns} FROM {table} WHERE process_instance_key {among}{ended}{end} LIMIT ${rows}"
            )
        };
        let chosen = match large {
            None => rows_of(key),
            // A row goes when those before it do not fill the measure.
            Some(large) => format!(
                "SELECT {key} FROM (SELECT {key}, sum(bytes) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) \
                 AS bytes_before FROM ({}) AS few) AS measured WHERE coalesce(bytes_before, 0) < ${bytes}",
                rows_of(&format!("{key}, octet_length({large}) AS bytes"))
            ),
        };
        format!("DELETE FROM {table} WHERE {key} {among}{chosen}{end}")
    }
}

/// Removes those of `keys` instances of which nothing else is left. The parameters are the keys.
fn instances_removal(keys: usize) -> String {
    let gone: String = REMAINS
        .iter()
        .map(|Remains { table, .. }| {
            format!(" AND NOT EXISTS (SELECT 1 FROM {table} r WHERE r.process_instance_key = process_instance.key)")
        })
        .collect();
    format!("DELETE FROM process_instance WHERE key IN ({}) AND ended_at IS NOT NULL{gone}", parameters(keys))
}

fn parameters(count: usize) -> String {
    let numbers: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    numbers.join(", ")
}

/// All statements for some instances. For tests of query plans.
#[cfg(test)]
pub(crate) fn texts(dialect: &Dialect) -> Vec<String> {
    let remains = REMAINS.iter().map(|remains| remains.removal(dialect, 4));
    remains.chain([instances_removal(4)]).collect()
}
