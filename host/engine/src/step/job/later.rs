//! Components that are not done yet: they ask to be called again, leave the job to somebody else, or keep a checkpoint.

use types::SharedStr;

use super::wrong_state;
use crate::command::JobAttempt;
use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::JobState;
use crate::step::run::Run;

/// Milliseconds that a component has to wait at least when it asks to be called again: one that says 0 would spin.
const AGAIN_DELAY_MS_MIN: u64 = 100;

/// Attempts of a job up to which asking to be called again spends no retry. From then on each does,
/// so that a job that asks for ever ends as an incident. An operator who gives it retries gives it as many calls.
const FREE_AGAIN_ATTEMPTS_MAX: u32 = 10_000;

/// How long a component may leave a job to somebody else, in milliseconds: a year.
const PARKED_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

impl Run<'_> {
    pub(in crate::step) fn postpone_job(
        &mut self,
        answer: JobAttempt,
        after_ms: u64,
    ) -> Result<(), Rejection> {
        let job = self.answered_job(answer)?;
        let after_ms = after_ms.max(AGAIN_DELAY_MS_MIN);
        if job.attempt > FREE_AGAIN_ATTEMPTS_MAX {
            let message = format!("after {} attempts it still asks to be called again", job.attempt);
            self.fail_with(&job, job.retries.saturating_sub(1), after_ms, message);
            return Ok(());
        }
        let retry_at = self.at() + std::time::Duration::from_millis(after_ms);
        self.emit(Event::JobPostponed { job: job.key, retry_at });
        Ok(())
    }

    /// The job stays its worker's, in the hands of whoever the component has told its key.
    pub(in crate::step) fn park_job(&mut self, answer: JobAttempt, within_ms: u64) -> Result<(), Rejection> {
        let job = self.answered_job(answer)?;
        if !matches!(job.state, JobState::Running { .. } | JobState::Activated { .. }) {
            return Err(wrong_state(&job, "running or held by a worker"));
        }
        if within_ms > PARKED_MS_MAX {
            let message =
                format!("the component parked the job for {within_ms} ms, the limit is {PARKED_MS_MAX}");
            self.fail_with(&job, 0, 0, message);
            return Ok(());
        }
        let deadline = self.at() + std::time::Duration::from_millis(within_ms);
        self.emit(Event::JobParked { job: job.key, deadline });
        Ok(())
    }

    pub(in crate::step) fn save_checkpoint(
        &mut self,
        answer: JobAttempt,
        value: Vec<u8>,
        writer_version: SharedStr,
    ) -> Result<(), Rejection> {
        let job = self.answered_job(answer)?;
        self.emit(Event::CheckpointSaved { job: job.key, attempt: job.attempt, value, writer_version });
        Ok(())
    }
}
