//! Jobs.

use types::{JobKey, Timestamp};

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::{Checkpoint, Job, JobState};
use crate::state::members::Belonging;

impl InstanceState {
    pub(super) fn apply_to_job(&mut self, event: &Event) {
        match event {
            Event::JobCreated { key, element_instance, job_type, retries, headers, kind, priority } => {
                self.touched.jobs.mark(key, false);
                self.attach(*element_instance, Belonging::Job(*key));
                self.jobs.insert(
                    *key,
                    Job {
                        key: *key,
                        element_instance: *element_instance,
                        kind: kind.unwrap_or_default(),
                        job_type: job_type.clone(),
                        priority: priority.unwrap_or_default(),
                        retries: *retries,
                        attempt: 0,
                        interruptions: 0,
                        state: JobState::Activatable { from: Timestamp::default() },
                        message: None,
                        headers: headers.clone(),
                        checkpoint: None,
                        suspended: self.is_suspended(),
                    },
                );
            }
            Event::JobActivated { job, attempt, worker, deadline } => self.change_job(*job, |job| {
                job.attempt = *attempt;
                job.state = JobState::Activated { worker: worker.clone(), deadline: *deadline };
            }),
            Event::JobStarted { job, attempt, worker, deadline } => self.change_job(*job, |job| {
                job.attempt = *attempt;
                job.state = JobState::Running { worker: worker.clone(), deadline: *deadline };
            }),
            Event::JobInterrupted { job, retries } => self.change_job(*job, |job| {
                job.interruptions += 1;
                job.retries = *retries;
                job.state = waiting_from(*retries, Timestamp::default());
            }),
            Event::JobTimedOut { job, retries } => self.change_job(*job, |job| {
                job.retries = *retries;
                job.state = waiting_from(*retries, Timestamp::default());
            }),
            Event::JobFailed { job, retries, retry_at, message } => self.change_job(*job, |job| {
                job.retries = *retries;
                job.message = Some(message.clone());
                job.state = waiting_from(*retries, *retry_at);
            }),
            Event::JobCompleted { job } | Event::JobCanceled { job } | Event::JobErrorThrown { job, .. } => {
                self.remove_job(*job);
            }
            Event::JobErrorUncaught { job, code: _, message } => self.change_job(*job, |job| {
                job.message = Some(message.clone());
                job.state = JobState::Stopped;
            }),
            Event::JobRetriesUpdated { job, retries } => self.change_job(*job, |job| job.retries = *retries),
            Event::JobDeadlineUpdated { job, deadline: later } => self.change_job(*job, |job| {
                if let JobState::Activated { deadline, .. } | JobState::Running { deadline, .. } =
                    &mut job.state
                {
                    *deadline = *later;
                }
            }),
            Event::JobPostponed { job, retry_at } => {
                self.change_job(*job, |job| job.state = JobState::Activatable { from: *retry_at });
            }
            Event::JobParked { job, deadline } => self.change_job(*job, |job| {
                if let JobState::Running { worker, .. } | JobState::Activated { worker, .. } = &job.state {
                    job.state = JobState::Activated { worker: worker.clone(), deadline: *deadline };
                }
            }),
            Event::JobReleased { job } => self.change_job(*job, |job| {
                job.state = JobState::Activatable { from: Timestamp::default() };
            }),
            Event::CheckpointSaved { job, attempt, value, writer_version } => self.change_job(*job, |job| {
                job.checkpoint = Some(Checkpoint {
                    value: value.clone(),
                    writer_version: writer_version.clone(),
                    attempt: *attempt,
                });
            }),
            other => debug_assert!(false, "{other:?} is not about jobs"),
        }
    }

    fn change_job(&mut self, key: JobKey, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.get_mut(&key) {
            self.touched.jobs.mark(&key, true);
            change(job);
        }
    }

    fn remove_job(&mut self, key: JobKey) {
        if let Some(job) = self.jobs.remove(&key) {
            self.touched.jobs.mark(&key, true);
            self.detach(job.element_instance, Belonging::Job(key));
        }
    }
}

fn waiting_from(retries: u32, from: Timestamp) -> JobState {
    if retries == 0 { JobState::Stopped } else { JobState::Activatable { from } }
}
