//! Execution listeners: jobs that run when an element is entered, left or ended from outside.

use bpmn::model::ExecutionListener;
use types::{ElementInstanceKey, Variables};

use super::complete::Leave;
use super::job::NewJob;
use super::run::Run;
use crate::event::Event;
use crate::state::{Job, JobKind};

impl Run<'_> {
    pub(super) fn create_listener_job(
        &mut self,
        key: ElementInstanceKey,
        listener: &ExecutionListener,
        kind: JobKind,
    ) {
        let prepared = self.string(&listener.job_type, key, "job type").and_then(|job_type| {
            let retries = self.whole_number(&listener.retries, key, "retries")?;
            Ok(NewJob { kind, job_type, retries, priority: 0, headers: Vec::new() })
        });
        match prepared {
            Ok(job) => self.create_job(key, job),
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    /// A listener's job is done: the next one's turn, or the element's. What a start listener answers is local to the
    /// element, and what one answers that runs before a loop is local to the loop; what an end listener answers goes to
    /// the scope, and what a process's `cancel` listener answers to the process.
    pub(super) fn listener_completed(&mut self, job: &Job, variables: Variables) {
        let key = job.element_instance;
        let scope = self.outer_scope(key);
        self.emit(Event::JobCompleted { job: job.key });
        self.emit(Event::ListenerCompleted { key });
        match job.kind {
            JobKind::StartListener | JobKind::BeforeAllListener => {
                self.set_local(key, variables);
                self.activate(key);
            }
            JobKind::CancelListener => {
                self.propagate(key, variables);
                self.go_on_terminating(key);
            }
            _ => {
                self.propagate(scope, variables);
                self.complete(key, Leave::All);
            }
        }
    }
}
