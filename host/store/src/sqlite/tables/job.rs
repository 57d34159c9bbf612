//! The table `job`.

use engine::state::{Checkpoint, Job, JobState};
use types::{JobKey, SharedStr, Timestamp};

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<JobKey, Job> = Table {
    name: "job",
    changes: |changes| &changes.jobs,
    upsert: Bulk::new(
        "INSERT INTO job (key, process_instance_key, definition_key, tenant_id, element_instance_key, job_type, \
         headers, retries, attempt, interruptions, state, due, worker, message, checkpoint, checkpoint_writer, \
         checkpoint_attempt) VALUES ",
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        ",",
        " ON CONFLICT (key) DO UPDATE SET retries = excluded.retries, attempt = excluded.attempt, \
         interruptions = excluded.interruptions, state = excluded.state, due = excluded.due, \
         worker = excluded.worker, message = excluded.message, checkpoint = excluded.checkpoint, \
         checkpoint_writer = excluded.checkpoint_writer, checkpoint_attempt = excluded.checkpoint_attempt",
    ),
    delete: Bulk::new("DELETE FROM job WHERE key IN (", "?", ",", ")"),
    find: "SELECT 1 FROM job WHERE key = ?",
    bind,
    bind_key: |values, _, key| {
        values.push(key.get());
    },
};

pub(in crate::sqlite) const COLUMNS: &str = "j.key, j.element_instance_key, j.job_type, j.headers, j.retries, \
     j.attempt, j.interruptions, j.state, j.due, j.worker, j.message, j.checkpoint, j.checkpoint_writer, \
     j.checkpoint_attempt";

pub(in crate::sqlite) const OF_INSTANCE: &str = "job j WHERE j.process_instance_key = ?1";

fn bind(values: &mut Values, origin: &InstanceIdentity, job: &Job) {
    let (state, due, worker) = match &job.state {
        JobState::Activatable { from } => (0, Some(*from), None),
        JobState::Activated { worker, deadline } => (1, Some(*deadline), Some(worker.as_str())),
        JobState::Running { worker, deadline } => (2, Some(*deadline), Some(worker.as_str())),
        JobState::Stopped => (3, None, None),
    };
    values
        .push(job.key.get())
        .push(origin.key.get())
        .push(origin.definition.get())
        .text(origin.tenant.as_str())
        .push(job.element_instance.get())
        .text(&job.job_type)
        .cbor(&job.headers)
        .push(job.retries)
        .push(job.attempt)
        .push(job.interruptions)
        .push(state)
        .optional_time(due)
        .push(worker)
        .optional_text(&job.message);
    match &job.checkpoint {
        None => values.push(None::<Vec<u8>>).push(None::<&str>).push(None::<u32>),
        Some(checkpoint) => {
            values.push(checkpoint.value.as_slice()).text(&checkpoint.writer_version).push(checkpoint.attempt)
        }
    };
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<Job, Error> {
    Ok(Job {
        key: columns.key()?,
        element_instance: columns.key()?,
        job_type: columns.text()?,
        headers: columns.cbor()?,
        retries: columns.number()?,
        attempt: columns.number()?,
        interruptions: columns.number()?,
        state: read_state(columns)?,
        message: columns.optional_text()?,
        checkpoint: read_checkpoint(columns)?,
    })
}

fn read_state(columns: &mut Columns<'_>) -> Result<JobState, Error> {
    let (code, due, worker): (i64, Option<Timestamp>, Option<SharedStr>) =
        (columns.take()?, columns.optional_time()?, columns.optional_text()?);
    match (code, due, worker) {
        (0, Some(from), None) => Ok(JobState::Activatable { from }),
        (1, Some(deadline), Some(worker)) => Ok(JobState::Activated { worker, deadline }),
        (2, Some(deadline), Some(worker)) => Ok(JobState::Running { worker, deadline }),
        (3, None, None) => Ok(JobState::Stopped),
        _ => Err(Error::Damaged(format!("job state {code} is unknown or incomplete"))),
    }
}

fn read_checkpoint(columns: &mut Columns<'_>) -> Result<Option<Checkpoint>, Error> {
    let (value, writer_version, attempt): (Option<Vec<u8>>, _, _) =
        (columns.take()?, columns.optional_text()?, columns.optional_number()?);
    match (value, writer_version, attempt) {
        (Some(value), Some(writer_version), Some(attempt)) => {
            Ok(Some(Checkpoint { value, writer_version, attempt }))
        }
        (None, None, None) => Ok(None),
        _ => Err(Error::Damaged("a job's checkpoint is incomplete".to_owned())),
    }
}
