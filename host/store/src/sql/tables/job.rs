//! The table `job`.

use engine::state::{Checkpoint, Job, JobKind, JobState};
use types::{JobKey, SharedStr, Timestamp};

use crate::sql::Kind::{Bytes, Flag, Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<JobKey, Job> = Table {
    shape: Shape {
        name: "job",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("definition_key", Integer),
            ("tenant_id", Text),
            ("element_instance_key", Integer),
            ("job_type", Text),
            ("headers", Bytes),
            ("retries", Integer),
            ("attempt", Integer),
            ("interruptions", Integer),
            ("state", Integer),
            ("due", Integer),
            ("worker", Text),
            ("message", Text),
            ("checkpoint", Bytes),
            ("checkpoint_writer", Text),
            ("checkpoint_attempt", Integer),
            ("kind", Integer),
            ("priority", Integer),
            ("suspended", Flag),
            ("occasion", Integer),
        ],
        key_columns: 1,
        changing: &[
            "retries",
            "attempt",
            "interruptions",
            "state",
            "due",
            "worker",
            "message",
            "checkpoint",
            "checkpoint_writer",
            "checkpoint_attempt",
            "priority",
            "suspended",
        ],
        migrating: &["definition_key"],
    },
    changes: |changes| &changes.jobs,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "j.key, j.element_instance_key, j.job_type, j.headers, j.retries, \
     j.attempt, j.interruptions, j.state, j.due, j.worker, j.message, j.checkpoint, j.checkpoint_writer, \
     j.checkpoint_attempt, j.kind, j.occasion, j.priority, j.suspended";

pub(crate) const OF_INSTANCE: &str = "job j WHERE j.process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, job: &'b Job) {
    let (state, due, worker): (i64, _, _) = match &job.state {
        JobState::Activatable { from } => (0, Some(*from), None),
        JobState::Activated { worker, deadline } => (1, Some(*deadline), Some(worker.as_str())),
        JobState::Running { worker, deadline } => (2, Some(*deadline), Some(worker.as_str())),
        JobState::Stopped => (3, None, None),
    };
    values
        .key(job.key.0)
        .key(origin.key.0)
        .key(origin.definition.0)
        .text(origin.tenant.as_str())
        .key(job.element_instance.0)
        .text(&job.job_type)
        .cbor(&job.headers)
        .integer(job.retries)
        .integer(job.attempt)
        .integer(job.interruptions)
        .integer(state)
        .optional_time(due)
        .optional_text(worker)
        .optional_text(job.message.as_deref());
    match &job.checkpoint {
        None => values.optional_bytes(None).optional_text(None).optional_integer(None::<i64>),
        Some(checkpoint) => {
            values.bytes(&checkpoint.value).text(&checkpoint.writer_version).integer(checkpoint.attempt)
        }
    };
    let (kind, occasion) = kind_codes(job.kind);
    values.integer(kind).integer(job.priority).flag(job.suspended).optional_integer(occasion);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Job, Error> {
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
        kind: read_kind(columns)?,
        priority: columns.number()?,
        suspended: columns.flag()?,
    })
}

/// The kind, and what tells listeners apart that have the same.
fn kind_codes(kind: JobKind) -> (i64, Option<i64>) {
    match kind {
        JobKind::Element => (0, None),
        JobKind::StartListener => (1, None),
        JobKind::EndListener => (2, None),
        JobKind::TaskListener => (3, None),
        JobKind::AdHocSubProcess => (4, None),
        JobKind::BeforeAllListener => (1, Some(0)),
        JobKind::CancelListener => (2, Some(1)),
    }
}

fn read_kind(columns: &mut Columns<'_>) -> Result<JobKind, Error> {
    match (columns.integer()?, columns.optional_integer()?) {
        (0, None) => Ok(JobKind::Element),
        (1, None) => Ok(JobKind::StartListener),
        (2, None) => Ok(JobKind::EndListener),
        (3, None) => Ok(JobKind::TaskListener),
        (4, None) => Ok(JobKind::AdHocSubProcess),
        (1, Some(0)) => Ok(JobKind::BeforeAllListener),
        (2, Some(1)) => Ok(JobKind::CancelListener),
        (code, _) => Err(Error::Damaged(format!("job kind {code} is unknown"))),
    }
}

fn read_state(columns: &mut Columns<'_>) -> Result<JobState, Error> {
    let (code, due, worker): (i64, Option<Timestamp>, Option<SharedStr>) =
        (columns.integer()?, columns.optional_time()?, columns.optional_text()?);
    match (code, due, worker) {
        (0, Some(from), None) => Ok(JobState::Activatable { from }),
        (1, Some(deadline), Some(worker)) => Ok(JobState::Activated { worker, deadline }),
        (2, Some(deadline), Some(worker)) => Ok(JobState::Running { worker, deadline }),
        (3, None, None) => Ok(JobState::Stopped),
        _ => Err(Error::Damaged(format!("job state {code} is unknown or incomplete"))),
    }
}

fn read_checkpoint(columns: &mut Columns<'_>) -> Result<Option<Checkpoint>, Error> {
    let (value, writer_version, attempt) =
        (columns.optional_bytes()?, columns.optional_text()?, columns.optional_number()?);
    match (value, writer_version, attempt) {
        (Some(value), Some(writer_version), Some(attempt)) => {
            Ok(Some(Checkpoint { value: value.to_vec(), writer_version, attempt }))
        }
        (None, None, None) => Ok(None),
        _ => Err(Error::Damaged("a job's checkpoint is incomplete".to_owned())),
    }
}
