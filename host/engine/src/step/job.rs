//! Jobs: taking, answering, failing, running out of time.

use bpmn::model::ElementKind;
use types::{JobKey, SharedStr, Timestamp, Variables};

use super::Definition;
use super::evaluate::Trouble;
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
        let mapped = match fail.by {
            Worker::External => Mapped::Fail(fail.failure, fail.variables),
            Worker::Component => self.map_failure(&job, fail.failure),
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
        let retries = failure.retries.unwrap_or_else(|| job.retries.saturating_sub(1));
        self.fail_with(job, retries, failure.retry_after_ms.unwrap_or(0), failure.message);
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
            message: SharedStr::from(message.as_str()),
        });
        self.stop_without_retries(job.key, retries, message);
    }

    pub(super) fn throw_error(&mut self, throw: ThrowError) -> Result<(), Rejection> {
        let job = self.answered_job(throw.attempt)?;
        self.throw_job_error(&job, throw.error);
        Ok(())
    }

    fn throw_job_error(&mut self, job: &Job, error: types::BpmnError) {
        let (code, message) = (SharedStr::from(error.code), SharedStr::from(error.message));
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
        let job = self.answered_job(answer)?.key;
        let retry_at = self.at() + std::time::Duration::from_millis(after_ms);
        self.emit(Event::JobPostponed { job, retry_at });
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
