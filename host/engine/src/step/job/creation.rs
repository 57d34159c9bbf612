//! Creating jobs.

use bpmn::model::{JobTask, Text};
use types::{ElementInstanceKey, JobKey, SharedStr};

use crate::event::{Event, Header};
use crate::state::JobKind;
use crate::step::run::Run;
use crate::step::trouble::Trouble;

/// A job that is to be created.
pub(in crate::step) struct NewJob {
    pub(in crate::step) kind: JobKind,
    pub(in crate::step) job_type: SharedStr,
    pub(in crate::step) retries: u32,
    pub(in crate::step) priority: i32,
    pub(in crate::step) headers: Vec<Header>,
}

impl<'a> Run<'a> {
    pub(in crate::step) fn prepare_job(
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

    pub(in crate::step) fn create_job(&mut self, key: ElementInstanceKey, job: NewJob) {
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
