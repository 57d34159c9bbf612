//! Jobs: taking, answering, failing, running out of time.

use bpmn::model::ElementKind;
use types::{JobKey, SharedStr, Timestamp, Variables};

use super::Definition;
use super::evaluate::Trouble;
use super::excerpt::excerpt;
use super::incident::MESSAGE_BYTES_MAX;
use super::response::Mapped;
use super::run::Run;
use crate::command::{
    ActivateJob, CompleteJob, FailJob, JobAttempt, StartJob, ThrowError, UpdateJob, Worker,
};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{IncidentKind, InstanceState, Job, JobState};

/// How often an attempt may be cut off by the end of its host before that spends a retry.
///
/// A job that brings its host down must not do so for ever; a job that only ran beside it should not pay.
const FREE_INTERRUPTIONS_MAX: u32 = 5;

/// Milliseconds that a component has to wait at least when it asks to be called again: one that says 0 would spin.
const AGAIN_DELAY_MS_MIN: u64 = 100;

/// Attempts of a job up to which asking to be called again spends no retry. From then on each does,
/// so that a job that asks for ever ends as an incident. An operator who gives it retries gives it as many calls.
const FREE_AGAIN_ATTEMPTS_MAX: u32 = 10_000;

/// What a worker may know of a job, besides the attempt.
#[derive(Clone, Debug)]
pub struct JobDescription {
    /// The job.
    pub job: Job,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Headers: the model's, then those of a job-based user task.
    pub headers: Vec<(SharedStr, SharedStr)>,
    /// The variables that it sees.
    pub variables: Variables,
}

/// Describes a job that is not done; `None` when it is.
pub fn describe_job(definition: &Definition, state: &InstanceState, key: JobKey) -> Option<JobDescription> {
    let job = state.job(key)?.clone();
    let instance = state.element(job.element_instance)?;
    let element = definition.process.element(instance.index());
    let model_headers = match &element.kind {
        ElementKind::JobTask(task) => &task.headers[..],
        ElementKind::UserTask(task) => &task.headers[..],
        _ => &[],
    };
    let headers = model_headers
        .iter()
        .map(|(name, value)| (SharedStr::from(name), SharedStr::from(value)))
        .chain(job.headers.iter().map(|header| (header.name.clone(), header.value.clone())))
        .collect();
    let variables = state.visible_variables(job.element_instance);
    Some(JobDescription { element: instance.element.clone(), headers, variables, job })
}

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

    fn takeable_job(&self, key: JobKey) -> Result<&Job, Rejection> {
        let job = self.open_job(key)?;
        match job.state {
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

    pub(super) fn activate_job(&mut self, activate: ActivateJob) -> Result<(), Rejection> {
        let attempt = self.takeable_job(activate.job)?.attempt + 1;
        self.emit(Event::JobActivated {
            job: activate.job,
            attempt,
            worker: activate.worker,
            deadline: activate.deadline,
        });
        Ok(())
    }

    pub(super) fn start_job(&mut self, start: StartJob) -> Result<(), Rejection> {
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

    pub(super) fn interrupt_job(&mut self, key: JobKey) -> Result<(), Rejection> {
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

    pub(super) fn time_out_job(&mut self, key: JobKey) -> Result<(), Rejection> {
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

    pub(super) fn complete_job(&mut self, complete: CompleteJob) -> Result<(), Rejection> {
        let job = self.answered_job(complete.attempt)?;
        let key = job.element_instance;
        let Some((_, element)) = self.element_of(key) else {
            return Err(Rejection::NotFound { kind: EntityKind::Job, key: job.key.0 });
        };
        match self.map_response(&job, element, complete.result) {
            Ok(mapped) => self.follow_answer(&job, mapped),
            Err(trouble) => self.fail_with(&job, 0, 0, trouble.message.to_string()),
        }
        Ok(())
    }

    pub(super) fn fail_job(&mut self, fail: FailJob) -> Result<(), Rejection> {
        let job = self.answered_job(fail.attempt)?;
        let FailJob { mut failure, variables, by, .. } = fail;
        let mapped = match by {
            Worker::External => Mapped::Fail(failure, variables),
            Worker::Component => {
                // A component can give up early, but not give itself more attempts than the model does.
                let spent = job.retries.saturating_sub(1);
                failure.retries = failure.retries.map(|retries| retries.min(spent));
                self.map_failure(&job, failure, variables)
            }
        };
        self.follow_answer(&job, mapped);
        Ok(())
    }

    fn follow_answer(&mut self, job: &Job, mapped: Mapped) {
        match mapped {
            Mapped::Complete(results) => {
                let key = job.element_instance;
                let Some((_, element)) = self.element_of(key) else { return };
                self.emit(Event::JobCompleted { job: job.key });
                self.set_results(key, element, results);
                self.complete(key, None);
            }
            Mapped::Throw(error) => self.throw_job_error(job, error),
            Mapped::Fail(failure, variables) => {
                self.set_local(job.element_instance, variables);
                self.fail(job, failure);
            }
        }
    }

    fn fail(&mut self, job: &Job, failure: types::Failure) {
        let types::Failure { message, retries, retry_after_ms } = failure;
        let retries = retries.unwrap_or_else(|| job.retries.saturating_sub(1));
        match retry_after_ms.map_or_else(|| self.retry_backoff_ms(job), Ok) {
            Ok(retry_after_ms) => self.fail_with(job, retries, retry_after_ms, message),
            Err(trouble) => {
                let message = format!("{message} (and the retry back-off: {})", trouble.message);
                self.fail_with(job, retries, 0, message);
            }
        }
    }

    /// How long the model lets a job wait after a failure that does not say it.
    fn retry_backoff_ms(&self, job: &Job) -> Result<u64, Trouble> {
        let backoff = match self.element_of(job.element_instance).map(|(_, element)| &element.kind) {
            Some(ElementKind::JobTask(task)) => &task.retry_backoff,
            _ => &None,
        };
        let Some(text) = backoff else { return Ok(0) };
        let text = self.timer_text(text, job.element_instance)?;
        match bpmn::timer::parse_duration(&text) {
            Ok(backoff) => Ok(backoff.after(self.at()).since(self.at()).as_millis() as u64),
            Err(error) => Err(Trouble::new(IncidentKind::ExtractValueError, error.to_string())),
        }
    }

    fn fail_with(&mut self, job: &Job, retries: u32, retry_after_ms: u64, message: String) {
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

    pub(super) fn throw_error(&mut self, throw: ThrowError) -> Result<(), Rejection> {
        let job = self.answered_job(throw.attempt)?;
        let mapped = match job.state {
            // A component of this host has it; external workers mean what they say.
            JobState::Running { .. } => self.map_error(&job, throw.error),
            _ => Mapped::Throw(throw.error),
        };
        self.follow_answer(&job, mapped);
        Ok(())
    }

    fn throw_job_error(&mut self, job: &Job, error: types::BpmnError) {
        let code = SharedStr::from(error.code);
        let message = SharedStr::from(&*excerpt(&error.message, MESSAGE_BYTES_MAX));
        match self.catcher(job.element_instance, &code) {
            Some(catcher) => {
                self.emit(Event::JobErrorThrown { job: job.key, code, message });
                self.catch(catcher, error.variables);
            }
            None => {
                let trouble = Trouble::new(
                    IncidentKind::UnhandledErrorEvent,
                    format!("error `{code}` was thrown and no event catches it: {message}"),
                );
                self.emit(Event::JobErrorUncaught { job: job.key, code, message });
                self.raise(job.element_instance, Some(job.key), trouble);
            }
        }
    }

    pub(super) fn update_job(&mut self, update: UpdateJob) -> Result<(), Rejection> {
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

    pub(super) fn postpone_job(&mut self, answer: JobAttempt, after_ms: u64) -> Result<(), Rejection> {
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

    pub(super) fn save_checkpoint(
        &mut self,
        answer: JobAttempt,
        value: Vec<u8>,
        writer_version: SharedStr,
    ) -> Result<(), Rejection> {
        let job = self.answered_job(answer)?;
        self.emit(Event::CheckpointSaved { job: job.key, attempt: job.attempt, value, writer_version });
        Ok(())
    }

    fn stop_without_retries(&mut self, key: JobKey, retries: u32, message: String) {
        if retries > 0 {
            return;
        }
        let Some(element_instance) = self.state.job(key).map(|job| job.element_instance) else { return };
        self.raise(element_instance, Some(key), Trouble::new(IncidentKind::JobNoRetries, message));
    }
}

fn wrong_state(job: &Job, expected: &'static str) -> Rejection {
    Rejection::InvalidState { kind: EntityKind::Job, key: job.key.0, found: job.state.name(), expected }
}
