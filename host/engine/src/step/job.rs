//! Jobs: taking, answering, failing, running out of time.

use bpmn::Backoff;
use bpmn::model::{Element, ElementKind, JobTask, ListenerEvent, Text};
use types::{ElementInstanceKey, JobKey, SharedStr, Timestamp, Variables};

use super::Definition;
use super::error::uncaught;
use super::excerpt::excerpt;
use super::incident::MESSAGE_BYTES_MAX;
use super::response::Mapped;
use super::run::Run;
use super::task_listener::listener_headers;
use super::trouble::Trouble;
use super::user_task_entry::USER_TASK_JOB_TYPE;
use crate::command::{
    ActivateJob, AdHocResult, CompleteJob, FailJob, JobAttempt, JobResult, StartJob, ThrowError, UpdateJob,
    Worker,
};
use crate::event::{Event, Header};
use crate::rejection::{EntityKind, Rejection};
use crate::state::{IncidentKind, InstanceState, Job, JobKind, JobState};

/// How often an attempt may be cut off by the end of its host before that spends a retry.
///
/// A job that brings its host down must not do so for ever; a job that only ran beside it should not pay.
const FREE_INTERRUPTIONS_MAX: u32 = 5;

/// Milliseconds that a component has to wait at least when it asks to be called again: one that says 0 would spin.
const AGAIN_DELAY_MS_MIN: u64 = 100;

/// Attempts of a job up to which asking to be called again spends no retry. From then on each does,
/// so that a job that asks for ever ends as an incident. An operator who gives it retries gives it as many calls.
const FREE_AGAIN_ATTEMPTS_MAX: u32 = 10_000;

/// How long a component may leave a job to somebody else, in milliseconds: a year.
const PARKED_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

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
    /// Whether its type is a text of the model, and no value of an expression.
    pub has_static_type: bool,
}

/// Describes a job that is not done; `None` when it is.
pub fn describe_job(definition: &Definition, state: &InstanceState, key: JobKey) -> Option<JobDescription> {
    let job = state.job(key)?.clone();
    let instance = state.element(job.element_instance)?;
    let element = definition.process.element(instance.index());
    let mut headers = model_headers(element, instance.listeners_done, job.kind);
    headers.extend(job.headers.iter().map(|header| (header.name.clone(), header.value.clone())));
    let mut variables = state.visible_variables(job.element_instance);
    if job.kind == JobKind::TaskListener
        && let Some(task) = state.user_tasks_of(job.element_instance).next()
    {
        headers.extend(listener_headers(task));
        // A listener that is asked about the completion sees the results.
        let results = task.pending.as_ref().and_then(|change| change.variables.clone());
        for (name, value) in results.into_iter().flatten() {
            variables.insert(name, value);
        }
    }
    let has_static_type = has_static_type(element, &job);
    Some(JobDescription { element: instance.element.clone(), headers, variables, has_static_type, job })
}

/// Whether the model has the type of a job of `element` as a text, for whichever of its jobs.
fn has_static_type(element: &Element, job: &Job) -> bool {
    let is_it = |text: &Text| matches!(text, Text::Static(text) if **text == *job.job_type);
    let is_of_task = || match &element.kind {
        ElementKind::UserTask(task) => {
            *job.job_type == *USER_TASK_JOB_TYPE
                || task.listeners.iter().any(|listener| is_it(&listener.job_type))
        }
        _ => element.job_task().is_some_and(|task| is_it(&task.job_type)),
    };
    is_of_task() || element.listeners.iter().any(|listener| is_it(&listener.job_type))
}

/// The headers that the model gives a job: those of its element, and those of its listener, which go before.
fn model_headers(element: &Element, listeners_done: u16, kind: JobKind) -> Vec<(SharedStr, SharedStr)> {
    let of_element = match &element.kind {
        ElementKind::UserTask(task) => &task.headers[..],
        _ => element.job_task().map_or(&[][..], |task| &task.headers[..]),
    };
    let listener = match kind {
        JobKind::StartListener => element.listener(ListenerEvent::Start, listeners_done),
        JobKind::EndListener => element.listener(ListenerEvent::End, listeners_done),
        JobKind::BeforeAllListener => element.listener(ListenerEvent::BeforeAll, listeners_done),
        JobKind::CancelListener => element.listener(ListenerEvent::Cancel, listeners_done),
        JobKind::Element | JobKind::TaskListener | JobKind::AdHocSubProcess => None,
    };
    let of_listener = listener.map_or(&[][..], |listener| &listener.headers[..]);
    of_element
        .iter()
        .filter(|(name, _)| !of_listener.iter().any(|(other, _)| other == name))
        .chain(of_listener)
        .map(|(name, value)| (SharedStr::from(name), SharedStr::from(value)))
        .collect()
}

/// A job that is to be created.
pub(super) struct NewJob {
    pub(super) kind: JobKind,
    pub(super) job_type: SharedStr,
    pub(super) retries: u32,
    pub(super) priority: i32,
    pub(super) headers: Vec<Header>,
}

impl<'a> Run<'a> {
    pub(super) fn prepare_job(
        &self,
        task: &'a JobTask,
        scope: ElementInstanceKey,
    ) -> Result<NewJob, Trouble> {
        let priority: Option<&Text> = task.priority.as_ref().or(self.process.job_priority.as_ref());
        Ok(NewJob {
            kind: JobKind::Element,
            job_type: self.string(&task.job_type, scope, "job type")?,
            retries: self.whole_number(&task.retries, scope, "retries")?,
            priority: match priority {
                Some(text) => self.whole_number(text, scope, "job priority")?,
                None => 0,
            },
            headers: Vec::new(),
        })
    }

    pub(super) fn create_job(&mut self, key: ElementInstanceKey, job: NewJob) {
        let NewJob { kind, job_type, retries, priority, headers } = job;
        let job = JobKey(self.new_key());
        self.emit(Event::JobCreated {
            key: job,
            element_instance: key,
            job_type,
            retries,
            headers,
            kind: (kind != JobKind::Element).then_some(kind),
            priority: (priority != 0).then_some(priority),
        });
    }
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
        match self.take_result(&job, complete.result) {
            // A component cannot correct its answer: an operator has to see what it does here.
            Err(Rejection::InvalidArgument { message, .. })
                if matches!(job.state, JobState::Running { .. }) =>
            {
                self.fail_with(&job, 0, 0, message);
                Ok(())
            }
            taken => taken,
        }
    }

    fn take_result(&mut self, job: &Job, result: JobResult) -> Result<(), Rejection> {
        let key = job.element_instance;
        let Some((_, element)) = self.element_of(key) else {
            return Err(Rejection::NotFound { kind: EntityKind::Job, key: job.key.0 });
        };
        let result = match (job.kind, result) {
            (JobKind::TaskListener, result) => return self.task_listener_answered(job, result),
            (JobKind::AdHocSubProcess, JobResult::AdHoc(result)) => return self.ad_hoc_decided(job, result),
            (
                JobKind::AdHocSubProcess,
                JobResult::Variables(variables)
                | JobResult::Worker(variables)
                | JobResult::Connector(variables),
            ) => return self.ad_hoc_decided(job, AdHocResult { variables, ..Default::default() }),
            (_, JobResult::TaskListener(_) | JobResult::AdHoc(_)) => {
                return Err(Rejection::InvalidArgument {
                    field: "result",
                    message: "the job is of another kind than its result".to_owned(),
                });
            }
            (_, result) => result,
        };
        match self.map_response(job, element, result) {
            Ok(mapped) => self.follow_answer(job, mapped),
            Err(trouble) => self.fail_with(job, 0, 0, trouble.message.to_string()),
        }
        Ok(())
    }

    pub(super) fn fail_job(&mut self, fail: FailJob) -> Result<(), Rejection> {
        let job = self.answered_job(fail.attempt)?;
        let FailJob { mut failure, by, .. } = fail;
        let mapped = match by {
            Worker::External => Mapped::Fail(failure),
            Worker::Component => {
                // A component can give up early, but not give itself more attempts than the model does.
                let spent = job.retries.saturating_sub(1);
                failure.retries = failure.retries.map(|retries| retries.min(spent));
                self.map_failure(&job, failure)
            }
        };
        self.follow_answer(&job, mapped);
        Ok(())
    }

    fn follow_answer(&mut self, job: &Job, mapped: Mapped) {
        match mapped {
            Mapped::Complete(results) if job.kind != JobKind::Element => {
                self.listener_completed(job, results)
            }
            Mapped::Complete(results) => {
                let key = job.element_instance;
                let Some((_, element)) = self.element_of(key) else { return };
                self.emit(Event::JobCompleted { job: job.key });
                self.set_results(key, element, results);
                self.complete_if_done(key);
            }
            Mapped::Throw(error) => self.throw_job_error(job, error),
            Mapped::Fail(mut failure) => {
                self.set_local(job.element_instance, std::mem::take(&mut failure.variables));
                self.fail(job, failure);
            }
        }
    }

    fn fail(&mut self, job: &Job, failure: types::Failure) {
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

    pub(super) fn fail_with(&mut self, job: &Job, retries: u32, retry_after_ms: u64, message: String) {
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
        let cannot_throw = match job.kind {
            JobKind::TaskListener => {
                Some("a task listener throws no BPMN error: it denies the change, or fails")
            }
            JobKind::CancelListener => Some(
                "a `cancel` listener throws no BPMN error: its process ends in any case, and it may fail",
            ),
            _ => None,
        };
        match (cannot_throw, &job.state) {
            (None, _) => {}
            // A component cannot correct its answer: an operator has to see what it does here.
            (Some(message), JobState::Running { .. }) => {
                self.fail_with(&job, 0, 0, message.to_owned());
                return Ok(());
            }
            (Some(message), _) => {
                return Err(Rejection::InvalidArgument { field: "jobKey", message: message.to_owned() });
            }
        }
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
                self.happen(catcher.owner, catcher.event, error.variables);
            }
            None => {
                let (key, trouble) = (job.element_instance, uncaught(&code, &message));
                let asked = self.throw_to_caller(key, Some(job.key), &code, &message, error.variables);
                self.emit(Event::JobErrorUncaught { job: job.key, code, message });
                if !asked {
                    self.raise(key, Some(job.key), trouble);
                }
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

    /// The job stays its worker's, in the hands of whoever the component has told its key.
    pub(super) fn park_job(&mut self, answer: JobAttempt, within_ms: u64) -> Result<(), Rejection> {
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

fn wrong_state(job: &Job, expected: &'static str) -> Rejection {
    Rejection::InvalidState { kind: EntityKind::Job, key: job.key.0, found: job.state.name(), expected }
}
