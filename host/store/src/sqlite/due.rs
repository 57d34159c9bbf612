//! What the partition loop asks for again and again: what is due, what can be taken, what has to go on.

use types::{JobKey, Key, PartitionId, ProcessInstanceKey, TenantId, Timestamp};

use super::readers::Readers;
use super::rows::Columns;
use crate::{DueJob, DueTimer, Error, JobRef};

/// The keys of a partition: first and last.
///
/// Compared as `+key` where another index serves the query: otherwise SQLite may take the range of keys for the better
/// way in, and would read the whole table.
fn keys_of(partition: PartitionId) -> (i64, i64) {
    (Key::new(partition, 0).get(), Key::new(partition, u64::MAX).get())
}

const DUE_TIMERS: &str = "SELECT key, process_instance_key, due FROM timer \
     WHERE due <= ? AND +key BETWEEN ? AND ? ORDER BY due, key LIMIT ?";

const TIMED_OUT_JOBS: &str = "SELECT key, process_instance_key, due FROM job \
     WHERE state = 1 AND due <= ? AND +key BETWEEN ? AND ? ORDER BY due, key LIMIT ?";

const NEXT_DUE: &str = "SELECT min(due) FROM (\
       SELECT * FROM (SELECT due FROM timer \
         WHERE due > ?1 AND +key BETWEEN ?2 AND ?3 ORDER BY due LIMIT 1) \
       UNION ALL SELECT * FROM (SELECT due FROM job \
         WHERE state = 1 AND due > ?1 AND +key BETWEEN ?2 AND ?3 ORDER BY due LIMIT 1) \
       UNION ALL SELECT * FROM (SELECT due FROM job \
         WHERE state = 0 AND due > 0 AND due > ?1 AND +key BETWEEN ?2 AND ?3 ORDER BY due LIMIT 1))";

/// Jobs that never failed are in the index in the order of their keys; those whose back-off is over have to be sorted.
const ACTIVATABLE_JOBS: &str = "SELECT key, process_instance_key FROM (\
       SELECT * FROM (SELECT key, process_instance_key FROM job \
         WHERE state = 0 AND job_type = ?1 AND tenant_id = ?2 AND due = 0 \
         AND key > ?3 AND key <= ?4 ORDER BY key LIMIT ?6) \
       UNION ALL SELECT * FROM (SELECT key, process_instance_key FROM job \
         WHERE state = 0 AND job_type = ?1 AND tenant_id = ?2 AND due > 0 AND due <= ?5 \
         AND key > ?3 AND key <= ?4 ORDER BY key LIMIT ?6)) \
     ORDER BY key LIMIT ?6";

const RUNNING_JOBS: &str =
    "SELECT key, process_instance_key FROM job WHERE state = 2 AND key BETWEEN ? AND ? ORDER BY key";

const PAUSED_INSTANCES: &str =
    "SELECT key FROM process_instance WHERE paused = 1 AND key BETWEEN ? AND ? ORDER BY key";

pub(super) async fn due_timers(
    readers: &Readers,
    partition: PartitionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueTimer>, Error> {
    let (first, last) = keys_of(partition);
    let query = sqlx::query(DUE_TIMERS).bind(now.as_millis()).bind(first).bind(last).bind(limit);
    let due_timer = |columns: &mut Columns<'_>| {
        Ok(DueTimer { timer: columns.key()?, instance: columns.key()?, due: columns.time()? })
    };
    readers.all(query, due_timer).await
}

pub(super) async fn timed_out_jobs(
    readers: &Readers,
    partition: PartitionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueJob>, Error> {
    let (first, last) = keys_of(partition);
    let query = sqlx::query(TIMED_OUT_JOBS).bind(now.as_millis()).bind(first).bind(last).bind(limit);
    readers.all(query, |columns| Ok(DueJob { job: job_ref(columns)?, due: columns.time()? })).await
}

pub(super) async fn next_due(
    readers: &Readers,
    partition: PartitionId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let (first, last) = keys_of(partition);
    let query = sqlx::query(NEXT_DUE).bind(now.as_millis()).bind(first).bind(last);
    Ok(readers.optional(query, |columns| columns.optional_time()).await?.flatten())
}

pub(super) async fn activatable_jobs(
    readers: &Readers,
    partition: PartitionId,
    job_type: &str,
    tenants: &[TenantId],
    now: Timestamp,
    after: Option<JobKey>,
    limit: u32,
) -> Result<Vec<JobRef>, Error> {
    let (first, last) = keys_of(partition);
    let after = after.map_or(first - 1, |key| key.get().max(first - 1));
    let mut jobs = Vec::new();
    // One tenant at a time: its index entries are in the order of the keys, those of several are not.
    for tenant in tenants {
        let query = sqlx::query(ACTIVATABLE_JOBS)
            .bind(job_type)
            .bind(tenant.as_str())
            .bind(after)
            .bind(last)
            .bind(now.as_millis())
            .bind(limit);
        jobs.extend(readers.all(query, job_ref).await?);
    }
    jobs.sort_unstable_by_key(|job: &JobRef| job.job);
    jobs.dedup();
    jobs.truncate(limit as usize);
    Ok(jobs)
}

pub(super) async fn running_jobs(readers: &Readers, partition: PartitionId) -> Result<Vec<JobRef>, Error> {
    let (first, last) = keys_of(partition);
    readers.all(sqlx::query(RUNNING_JOBS).bind(first).bind(last), job_ref).await
}

pub(super) async fn paused_instances(
    readers: &Readers,
    partition: PartitionId,
) -> Result<Vec<ProcessInstanceKey>, Error> {
    let (first, last) = keys_of(partition);
    readers.all(sqlx::query(PAUSED_INSTANCES).bind(first).bind(last), |columns| columns.key()).await
}

fn job_ref(columns: &mut Columns<'_>) -> Result<JobRef, Error> {
    Ok(JobRef { job: columns.key()?, instance: columns.key()? })
}

#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 6] = [
    (DUE_TIMERS, &["timer_due"]),
    (TIMED_OUT_JOBS, &["job_held"]),
    (NEXT_DUE, &["timer_due", "job_held", "job_backing_off"]),
    (ACTIVATABLE_JOBS, &["job_activatable", "job_activatable"]),
    (RUNNING_JOBS, &["job_running"]),
    (PAUSED_INSTANCES, &["process_instance_paused"]),
];
