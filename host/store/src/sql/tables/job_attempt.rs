//! The table `job_attempt`. Its rows never change.

use types::{AttemptKey, SharedStr};

use crate::sql::Kind::{Bytes, Integer, Text};
use crate::sql::{Columns, Shape, Values};
use crate::{AttemptOutcome, Error, JobAttempt};

pub(crate) static SHAPE: Shape = Shape {
    name: "job_attempt",
    columns: &[
        ("key", Integer),
        ("process_instance_key", Integer),
        ("job_key", Integer),
        ("attempt", Integer),
        ("element_instance_key", Integer),
        ("element_id", Text),
        ("job_type", Text),
        ("worker", Text),
        ("outcome", Integer),
        ("message", Text),
        ("ended_at", Integer),
        ("report", Bytes),
    ],
    key_columns: 1,
    changing: &["report"],
    migrating: &[],
};

pub(crate) const COLUMNS: &str = "key, process_instance_key, job_key, attempt, element_instance_key, element_id, \
     job_type, worker, outcome, message, ended_at, report";

pub(crate) fn bind<'b>(values: &mut Values<'b>, attempt: &'b JobAttempt) {
    values
        .key(attempt.key.0)
        .key(attempt.instance.0)
        .key(attempt.job.0)
        .integer(attempt.number)
        .key(attempt.element_instance.0)
        .text(&attempt.element)
        .text(&attempt.job_type)
        .text(&attempt.worker)
        .integer(outcome_code(attempt.outcome))
        .optional_text(attempt.message.as_deref())
        .time(attempt.ended_at)
        .bytes(&attempt.report);
}

pub(crate) fn bind_key(values: &mut Values<'_>, key: &AttemptKey) {
    values.key(key.0);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<JobAttempt, Error> {
    let (key, instance, job) = (columns.key()?, columns.key()?, columns.key()?);
    let (number, element_instance) = (columns.number()?, columns.key()?);
    let (element, job_type, worker) = (columns.text()?, columns.text()?, columns.text()?);
    let code = columns.integer()?;
    let message: Option<SharedStr> = columns.optional_text()?;
    let outcome = outcome(code, message.is_some())?;
    Ok(JobAttempt {
        key,
        instance,
        job,
        number,
        element_instance,
        element,
        job_type,
        worker,
        outcome,
        message,
        ended_at: columns.time()?,
        report: columns.bytes()?.to_vec(),
    })
}

const fn outcome_code(outcome: AttemptOutcome) -> i64 {
    match outcome {
        AttemptOutcome::Completed => 0,
        AttemptOutcome::Again => 1,
        AttemptOutcome::Parked => 2,
        AttemptOutcome::BpmnError => 3,
        // They are told apart by the message, which every failure has and nothing that was interrupted.
        AttemptOutcome::Failed | AttemptOutcome::Interrupted => 4,
    }
}

fn outcome(code: i64, has_message: bool) -> Result<AttemptOutcome, Error> {
    Ok(match code {
        0 => AttemptOutcome::Completed,
        1 => AttemptOutcome::Again,
        2 => AttemptOutcome::Parked,
        3 => AttemptOutcome::BpmnError,
        4 if has_message => AttemptOutcome::Failed,
        4 => AttemptOutcome::Interrupted,
        _ => return Err(Error::Damaged(format!("an attempt at a job has outcome {code}"))),
    })
}
