//! Workers take jobs, or lose them.

use types::JobKey;

use super::wrong_state;
use crate::command::{ActivateJob, StartJob, UpdateJob};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{Job, JobState};
use crate::step::run::Run;

/// How often an attempt may be cut off by the end of its host before that spends a retry.
///
/// A job that brings its host down must not do so for ever; a job that only ran beside it should not pay.
const FREE_INTERRUPTIONS_MAX: u32 = 5;

impl Run<'_> {
    pub(in crate::step) fn activate_job(&mut self, activate: ActivateJob) -> Result<(), Rejection> {
        let attempt = self.takeable_job(activate.job)?.attempt + 1;
        self.emit(Event::JobActivated {
            job: activate.job,
            attempt,
            worker: activate.worker,
            deadline: activate.deadline,
        });
        Ok(())
    }

    pub(in crate::step) fn start_job(&mut self, start: StartJob) -> Result<(), Rejection> {
        let job = self.takeable_job(start.job)?;
        if start.attempt != job.attempt + 1 {
            return Err(Rejection::Superseded {
                job: start.job.0,
                given: start.attempt,
                current: job.attempt,
            });
        }
        self.emit(Event::JobStarted {
            job: start.job,
            attempt: start.attempt,
            worker: start.worker,
            deadline: start.deadline,
        });
        Ok(())
    }

    fn takeable_job(&self, key: JobKey) -> Result<&Job, Rejection> {
        let job = self.open_job(key)?;
        match job.state {
            _ if job.suspended => Err(Rejection::InvalidState {
                kind: EntityKind::Job,
                key: key.0,
                found: "held with its instance",
                expected: "waiting for a worker",
            }),
            JobState::Activatable { from } if from <= self.at() => Ok(job),
            JobState::Activatable { .. } => Err(Rejection::InvalidState {
                kind: EntityKind::Job,
                key: key.0,
                found: "waiting for its next attempt's time",
                expected: "waiting for a worker",
            }),
            _ => Err(wrong_state(job, "waiting for a worker")),
        }
    }

    pub(in crate::step) fn interrupt_job(&mut self, key: JobKey) -> Result<(), Rejection> {
        let job = self.open_job(key)?;
        if !matches!(job.state, JobState::Running { .. }) {
            return Err(wrong_state(job, "running"));
        }
        let spent = u32::from(job.interruptions >= FREE_INTERRUPTIONS_MAX);
        let retries = job.retries.saturating_sub(spent);
        let message = format!("its host ended while the job ran, {} times", job.interruptions + 1);
        self.emit(Event::JobInterrupted { job: key, retries });
        self.stop_without_retries(key, retries, message);
        Ok(())
    }

    pub(in crate::step) fn time_out_job(&mut self, key: JobKey) -> Result<(), Rejection> {
        let job = self.open_job(key)?;
        let (JobState::Activated { worker, deadline } | JobState::Running { worker, deadline }) = &job.state
        else {
            return Err(wrong_state(job, "held by a worker"));
        };
        if *deadline > self.at() {
            return Err(wrong_state(job, "past its deadline"));
        }
        let retries = job.retries.saturating_sub(1);
        let message = format!("worker `{worker}` did not answer in time");
        self.emit(Event::JobTimedOut { job: key, retries });
        self.stop_without_retries(key, retries, message);
        Ok(())
    }

    pub(in crate::step) fn update_job(&mut self, update: UpdateJob) -> Result<(), Rejection> {
        let job = self.open_job(update.job)?;
        if update.retries == Some(0) {
            return Err(Rejection::InvalidArgument {
                field: "retries",
                message: "a job is given at least 1 retry".to_owned(),
            });
        }
        let held = matches!(job.state, JobState::Activated { .. } | JobState::Running { .. });
        if update.deadline.is_some() && !held {
            return Err(wrong_state(job, "held by a worker, to get another deadline"));
        }
        if let Some(retries) = update.retries {
            self.emit(Event::JobRetriesUpdated { job: update.job, retries });
        }
        if let Some(deadline) = update.deadline {
            self.emit(Event::JobDeadlineUpdated { job: update.job, deadline });
        }
        Ok(())
    }
}
