//! Jobs: what a worker is told, taking, answering, failing, running out of time.

mod creation;
mod description;

mod taking;

mod answer;
mod failure;
mod later;

pub(super) use creation::NewJob;
pub use description::{JobDescription, describe_job};

use types::JobKey;

use super::run::Run;
use crate::command::JobAttempt;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{Job, JobState};

impl Run<'_> {
    fn open_job(&self, key: JobKey) -> Result<&Job, Rejection> {
        self.state.job(key).ok_or(Rejection::NotFound { kind: EntityKind::Job, key: key.0 })
    }

    /// The job that a worker answers for, if the answer still counts.
    fn answered_job(&self, answer: JobAttempt) -> Result<Job, Rejection> {
        let job = self.open_job(answer.job)?;
        match answer.attempt {
            Some(given) if given != job.attempt => {
                return Err(Rejection::Superseded { job: job.key.0, given, current: job.attempt });
            }
            _ if answer.in_host && !matches!(job.state, JobState::Running { .. }) => {
                return Err(wrong_state(job, "running in a component"));
            }
            _ if job.state == JobState::Stopped => {
                return Err(wrong_state(job, "waiting for a worker or held by one"));
            }
            _ => {}
        }
        Ok(job.clone())
    }
}

fn wrong_state(job: &Job, expected: &'static str) -> Rejection {
    Rejection::InvalidState { kind: EntityKind::Job, key: job.key.0, found: job.state.name(), expected }
}
