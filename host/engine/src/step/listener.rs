//! Execution listeners: jobs that run when an element is entered or left.

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
    /// element, what an end listener answers goes to the scope.
    pub(super) fn listener_completed(&mut self, job: &Job, variables: Variables) {
        let key = job.element_instance;
        let scope = self.outer_scope(key);
        self.emit(Event::JobCompleted { job: job.key });
        self.emit(Event::ListenerCompleted { key });
        if job.kind == JobKind::StartListener {
            self.set_local(key, variables);
            self.activate(key);
        } else {
            self.propagate(scope, variables);
            self.complete(key, Leave::All);
        }
    }
}
