//! Attempts at jobs.

use sqlx::AssertSqlSafe;
use types::{AttemptKey, ProcessInstanceKey};

use super::columns::Columns;
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::tables::job_attempt;
use crate::{AttemptsOf, Error, JobAttempt, KeptAttempt};

/// What the attempts of an instance take.
pub(crate) const KEPT: &str =
    "SELECT key, job_key, octet_length(report) FROM job_attempt WHERE process_instance_key = $1 ORDER BY key";

pub(super) async fn attempts(
    readers: &Pool<impl Connector>,
    of: AttemptsOf,
    after: Option<AttemptKey>,
    limit: u32,
) -> Result<Vec<JobAttempt>, Error> {
    let (owner, key) = match of {
        AttemptsOf::Job(job) => ("job_key", job.0),
        AttemptsOf::Instance(instance) => ("process_instance_key", instance.0),
    };
    let columns = job_attempt::COLUMNS;
    let text =
        format!("SELECT {columns} FROM job_attempt WHERE {owner} = $1 AND key > $2 ORDER BY key LIMIT $3");
    let statement = Statement::new(AssertSqlSafe(text))
        .with(|values| values.key(key).integer(after.map_or(0, AttemptKey::get)).integer(limit));
    readers.all(&statement, job_attempt::read).await
}

pub(super) async fn kept(
    readers: &Pool<impl Connector>,
    instance: ProcessInstanceKey,
) -> Result<Vec<KeptAttempt>, Error> {
    let statement = Statement::new(KEPT).with(|values| values.key(instance.0));
    let row = |columns: &mut Columns<'_>| {
        Ok(KeptAttempt { key: columns.key()?, job: columns.key()?, bytes: columns.number()? })
    };
    readers.all(&statement, row).await
}
