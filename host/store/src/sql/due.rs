//! What the partition loop asks for again and again: what is due, what can be taken, what has to go on.

use types::{Key, PartitionId, ProcessInstanceKey, TenantId, Timestamp};

use super::columns::Columns;
use super::database::Database;
use super::statement::Statement;
use crate::{DueJob, DueTimer, Error, JobPlace, JobRef};

/// The keys of a partition: first and last.
pub(super) fn keys_of(partition: PartitionId) -> (i64, i64) {
    (Key::new(partition, 0).get(), Key::new(partition, u64::MAX).get())
}

pub(super) async fn due_timers<D: Database>(
    database: &D,
    partition: PartitionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueTimer>, Error> {
    let (first, last) = keys_of(partition);
    let statement = Statement::new(D::DIALECT.due.timers)
        .with(|values| values.time(now).integer(first).integer(last).integer(limit));
    let due_timer = |columns: &mut Columns<'_>| {
        Ok(DueTimer { timer: columns.key()?, instance: columns.key()?, due: columns.time()? })
    };
    database.loop_readers(Some(partition)).await?.all(&statement, due_timer).await
}

pub(super) async fn timed_out_jobs<D: Database>(
    database: &D,
    partition: PartitionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DueJob>, Error> {
    let (first, last) = keys_of(partition);
    let statement = Statement::new(D::DIALECT.due.timed_out_jobs)
        .with(|values| values.time(now).integer(first).integer(last).integer(limit));
    database
        .loop_readers(Some(partition))
        .await?
        .all(&statement, |columns| Ok(DueJob { job: job_ref(columns)?, due: columns.time()? }))
        .await
}

pub(super) async fn next_due<D: Database>(
    database: &D,
    partition: PartitionId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let (first, last) = keys_of(partition);
    let statement =
        Statement::new(D::DIALECT.due.next).with(|values| values.time(now).integer(first).integer(last));
    Ok(database
        .loop_readers(Some(partition))
        .await?
        .optional(&statement, |columns| columns.optional_time())
        .await?
        .flatten())
}

pub(super) async fn activatable_jobs<D: Database>(
    database: &D,
    partition: PartitionId,
    job_type: &str,
    tenants: &[TenantId],
    now: Timestamp,
    after: Option<JobPlace>,
    limit: u32,
) -> Result<Vec<JobRef>, Error> {
    let (first, last) = keys_of(partition);
    let readers = database.loop_readers(Some(partition)).await?;
    // Before all others when there is none.
    let (priority, after) = match after {
        Some(place) => (i64::from(place.priority), place.job.get().max(first - 1)),
        None => (i64::MAX, first - 1),
    };
    let mut jobs = Vec::new();
    // One tenant at a time: its index entries are in the order that is wanted, those of several are not.
    for tenant in tenants {
        let statement = Statement::new(D::DIALECT.due.activatable_jobs).with(|values| {
            values
                .text(job_type)
                .text(tenant.as_str())
                .integer(priority)
                .integer(after)
                .integer(last)
                .time(now)
                .integer(limit)
        });
        jobs.extend(readers.all(&statement, job_ref).await?);
    }
    jobs.sort_unstable_by_key(JobRef::place);
    jobs.dedup();
    jobs.truncate(limit as usize);
    Ok(jobs)
}

pub(super) async fn running_jobs<D: Database>(
    database: &D,
    partition: PartitionId,
) -> Result<Vec<JobRef>, Error> {
    database
        .loop_readers(Some(partition))
        .await?
        .all(&between(D::DIALECT.due.running_jobs, partition), job_ref)
        .await
}

pub(super) async fn paused_instances<D: Database>(
    database: &D,
    partition: PartitionId,
) -> Result<Vec<ProcessInstanceKey>, Error> {
    database
        .loop_readers(Some(partition))
        .await?
        .all(&between(D::DIALECT.due.paused_instances, partition), |columns| columns.key())
        .await
}

fn between(text: &'static str, partition: PartitionId) -> Statement<'static> {
    let (first, last) = keys_of(partition);
    Statement::new(text).with(|values| values.integer(first).integer(last))
}

fn job_ref(columns: &mut Columns<'_>) -> Result<JobRef, Error> {
    Ok(JobRef { job: columns.key()?, instance: columns.key()?, priority: columns.number()? })
}
