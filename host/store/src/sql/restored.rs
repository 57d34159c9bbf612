//! What a database that came from a backup says of itself, and what it has before it.

use types::Timestamp;

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::secrets::stored_installation_value;
use super::statement::Statement;
use crate::contract::{INSTALLATION_ID, KEYS_SKIPPED, KEYS_SKIPPED_BELOW};
use crate::{Error, JobsOfType, Outlook};

/// When the database was restored, in milliseconds since 1970, until its host was told to go on.
const RESTORED_AT: &str = "restored-at";

const SET_VALUE: &str = "INSERT INTO installation (name, value) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const REMOVE_VALUE: &str = "DELETE FROM installation WHERE name = $1";

const SKIP_KEYS: &str =
    "UPDATE partition SET next_key_counter = next_key_counter + $1 WHERE next_key_counter < $2";

/// The states are named in the schema.
const JOBS: &str = "SELECT job_type, sum(CASE WHEN state = 0 THEN 1 ELSE 0 END), \
     sum(CASE WHEN state = 1 THEN 1 ELSE 0 END), sum(CASE WHEN state = 2 THEN 1 ELSE 0 END) \
     FROM job WHERE state <> 3 GROUP BY job_type ORDER BY job_type";

const COUNTS: &str = "SELECT (SELECT count(*) FROM process_instance WHERE state = 0), \
     (SELECT count(*) FROM timer), (SELECT count(*) FROM timer WHERE due <= $1 AND NOT suspended), \
     (SELECT count(*) FROM start_timer), (SELECT count(*) FROM start_timer WHERE due <= $1), \
     (SELECT count(*) FROM mailbox WHERE kind = 0 AND expires_at <= $1)";

pub(super) async fn mark_restored(
    database: &impl Database,
    installation_id: &str,
    at: Option<Timestamp>,
) -> Result<(), Error> {
    let at = at.map(|at| at.as_millis().to_string());
    let mut transaction = database.begin_for_all().await?;
    let id = Statement::new(SET_VALUE).with(|values| values.text(INSTALLATION_ID).text(installation_id));
    transaction.connection().execute(id).await?;
    let mark = match &at {
        Some(at) => Statement::new(SET_VALUE).with(|values| values.text(RESTORED_AT).text(at)),
        None => Statement::new(REMOVE_VALUE).with(|values| values.text(RESTORED_AT)),
    };
    transaction.connection().execute(mark).await?;
    let skip =
        Statement::new(SKIP_KEYS).with(|values| values.counter(KEYS_SKIPPED).counter(KEYS_SKIPPED_BELOW));
    transaction.connection().execute(skip).await?;
    transaction.commit().await
}

pub(super) async fn restored_at(database: &impl Database) -> Result<Option<Timestamp>, Error> {
    let Some(text) = stored_installation_value(database.readers(), RESTORED_AT).await? else {
        return Ok(None);
    };
    match text.parse() {
        Ok(millis) => Ok(Some(Timestamp::from_millis(millis))),
        Err(_) => Err(Error::Damaged(format!("`{text}` is no time of a restoration"))),
    }
}

pub(super) async fn end_restoration(database: &impl Database) -> Result<bool, Error> {
    let statement = Statement::new(REMOVE_VALUE).with(|values| values.text(RESTORED_AT));
    let mut transaction = database.begin_for_all().await?;
    let removed = transaction.connection().execute(statement).await?;
    transaction.commit().await?;
    Ok(removed == 1)
}

pub(super) async fn outlook(database: &impl Database, now: Timestamp) -> Result<Outlook, Error> {
    let time_max = database.search_time_max();
    tokio::time::timeout(time_max, count(database.readers(), now))
        .await
        .map_err(|_| Error::OutlookTooSlow { seconds: time_max.as_secs() })?
}

async fn count(readers: &Pool<impl Connector>, now: Timestamp) -> Result<Outlook, Error> {
    let jobs = |columns: &mut Columns<'_>| {
        Ok(JobsOfType {
            job_type: columns.string()?,
            waiting: columns.number()?,
            held: columns.number()?,
            running: columns.number()?,
        })
    };
    let jobs = readers.all(&Statement::new(JOBS), jobs).await?;
    let counts = Statement::new(COUNTS).with(|values| values.time(now));
    let read = |columns: &mut Columns<'_>| {
        Ok(Outlook {
            active_instances: columns.number()?,
            jobs: Vec::new(),
            timers: columns.number()?,
            timers_due: columns.number()?,
            start_timers: columns.number()?,
            start_timers_due: columns.number()?,
            messages_expired: columns.number()?,
        })
    };
    let counts = readers.optional(&counts, read).await?;
    Ok(Outlook { jobs, ..counts.unwrap_or_default() })
}
