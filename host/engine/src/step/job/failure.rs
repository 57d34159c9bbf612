//! Failed attempts: how many are left, when the next one is, and the incident when there is none.

use bpmn::Backoff;
use types::{JobKey, SharedStr, Timestamp};

use crate::event::Event;
use crate::state::{IncidentKind, Job, JobKind};
use crate::step::excerpt::excerpt;
use crate::step::incident::MESSAGE_BYTES_MAX;
use crate::step::run::Run;
use crate::step::trouble::Trouble;

impl Run<'_> {
    pub(super) fn fail(&mut self, job: &Job, failure: types::Failure) {
        let types::Failure { message, code: _, variables: _, retries, retry_after_ms } = failure;
        let retries = retries.unwrap_or_else(|| job.retries.saturating_sub(1));
        match retry_after_ms.map_or_else(|| self.retry_backoff_ms(job), Ok) {
            Ok(retry_after_ms) => self.fail_with(job, retries, retry_after_ms, message),
            Err(trouble) => {
                let message = format!("{message} (and the retry back-off: {})", trouble.message);
                self.fail_with(job, retries, 0, message);
            }
        }
    }

    pub(in crate::step) fn fail_with(
        &mut self,
        job: &Job,
        retries: u32,
        retry_after_ms: u64,
        message: String,
    ) {
        let retry_at = match retry_after_ms {
            0 => Timestamp::default(),
            millis => self.at() + std::time::Duration::from_millis(millis),
        };
        self.emit(Event::JobFailed {
            job: job.key,
            retries,
            retry_at,
            message: SharedStr::from(&*excerpt(&message, MESSAGE_BYTES_MAX)),
        });
        self.stop_without_retries(job.key, retries, message);
    }

    /// How long the model lets a job wait after a failure that does not say it. Listeners' jobs wait for nothing.
    fn retry_backoff_ms(&self, job: &Job) -> Result<u64, Trouble> {
        if !matches!(job.kind, JobKind::Element | JobKind::AdHocSubProcess) {
            return Ok(0);
        }
        let task = self.element_of(job.element_instance).and_then(|(_, element)| element.job_task());
        let Some(text) = task.and_then(|task| task.retry_backoff.as_ref()) else { return Ok(0) };
        let text = self.timer_text(text, job.element_instance)?;
        match Backoff::parse(&text) {
            Ok(backoff) => {
                let seed = self.allowance.next_seed(self.context.seed);
                Ok(backoff.wait_ms(job.attempt, self.at(), seed))
            }
            Err(error) => Err(Trouble::new(IncidentKind::ExtractValueError, error.to_string())),
        }
    }

    pub(super) fn stop_without_retries(&mut self, key: JobKey, retries: u32, message: String) {
        if retries > 0 {
            return;
        }
        let Some(job) = self.state.job(key) else { return };
        let kind = match job.kind {
            JobKind::Element => IncidentKind::JobNoRetries,
            JobKind::StartListener
            | JobKind::EndListener
            | JobKind::BeforeAllListener
            | JobKind::CancelListener => IncidentKind::ExecutionListenerNoRetries,
            JobKind::TaskListener => IncidentKind::TaskListenerNoRetries,
            JobKind::AdHocSubProcess => IncidentKind::AdHocSubProcessNoRetries,
        };
        self.raise(job.element_instance, Some(key), Trouble::new(kind, message));
    }
}
