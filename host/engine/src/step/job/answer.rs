//! Workers answer: with a result, a failure or a BPMN error.

use types::SharedStr;

use crate::command::{AdHocResult, CompleteJob, FailJob, JobResult, ThrowError, Worker};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{Job, JobKind, JobState};
use crate::step::error::uncaught;
use crate::step::excerpt::excerpt;
use crate::step::incident::MESSAGE_BYTES_MAX;
use crate::step::response::Mapped;
use crate::step::run::Run;

impl Run<'_> {
    pub(in crate::step) fn complete_job(&mut self, complete: CompleteJob) -> Result<(), Rejection> {
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

    pub(in crate::step) fn fail_job(&mut self, fail: FailJob) -> Result<(), Rejection> {
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

    pub(in crate::step) fn throw_error(&mut self, throw: ThrowError) -> Result<(), Rejection> {
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
}
