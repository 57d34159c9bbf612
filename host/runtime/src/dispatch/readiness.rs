//! What has to be there before an attempt begins: a version of a component, its code, and the job as it may see it.
//!
//! Code that is not in memory is loaded first, and may have to be compiled: that is not the job's time, and until then
//! its place is for others. The attempt holds the code from then to its end.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use store::JobRef;
use types::{Failure, JobError, JobKey};

use super::attempt::Attempt;
use super::queues;
use super::refill::describe;
use crate::error::Error;
use crate::executor::{Assignment, Held, JobWorker};
use crate::inbox::DescribedJob;

/// All that an attempt needs.
pub(super) struct Ready {
    pub(super) worker: Arc<dyn JobWorker>,
    pub(super) job: DescribedJob,
    /// What keeps its version ready, or how the attempt ends because that cannot be run.
    pub(super) prepared: Result<Held, JobError>,
}

/// A version that is ready.
struct Prepared {
    worker: Arc<dyn JobWorker>,
    held: Result<Held, JobError>,
    /// Whether the job gave its place back meanwhile.
    has_waited: bool,
}

impl Attempt {
    /// Returns when the attempt can begin; `None` when nobody does the job any more, or it does not wait any longer.
    pub(super) async fn ready(&self, job: DescribedJob) -> Result<Option<Ready>, Error> {
        let Some(Prepared { worker, held: prepared, has_waited }) = self.prepared(&job).await else {
            return Ok(None);
        };
        let for_connector = worker.is_connector();
        if job.for_connector == for_connector && !has_waited {
            return Ok(Some(Ready { worker, job, prepared }));
        }
        // Its type has changed hands, and what a worker may see is not what a connector may see. Or it has waited,
        // and may have ended or have got other variables meanwhile.
        let waiting = &job.description.job;
        let row = JobRef { job: waiting.key, instance: job.instance, priority: waiting.priority };
        let described = describe(&self.inbox, vec![row], for_connector).await?;
        Ok(described.jobs.into_iter().next().map(|job| Ready { worker, job, prepared }))
    }

    /// The version that the attempt runs on, prepared, or why it cannot be.
    async fn prepared(&self, job: &DescribedJob) -> Option<Prepared> {
        let key = job.description.job.key;
        let mut worker = self.chosen(job)?;
        let mut has_waited = false;
        loop {
            let held = {
                let mut preparing = pin!(AssertUnwindSafe(worker.prepare()).catch_unwind());
                match preparing.as_mut().now_or_never() {
                    Some(at_once) => {
                        let held = at_once.unwrap_or_else(panicked);
                        return Some(Prepared { worker: Arc::clone(&worker), held, has_waited });
                    }
                    None => {
                        has_waited = true;
                        self.dispatcher.prepares(key, queues::size(job));
                        preparing.await.unwrap_or_else(panicked)
                    }
                }
            };
            self.place(key).await?;
            // A roll-out or a grant may have changed while it waited, and no attempt begins on what was before.
            let chosen = self.chosen(job)?;
            if chosen.label() == worker.label() {
                return Some(Prepared { worker: chosen, held, has_waited });
            }
            worker = chosen;
        }
    }

    /// Returns when the job has a place again; `None` when the host ends or the job is not in hand any more.
    async fn place(&self, key: JobKey) -> Option<()> {
        let mut shutdown = self.surroundings.shutdown.clone();
        tokio::select! {
            biased;
            place = self.dispatcher.place(key) => place,
            _ = shutdown.wait_for(|ending| *ending) => None,
        }
    }

    fn chosen(&self, job: &DescribedJob) -> Option<Arc<dyn JobWorker>> {
        self.dispatcher.inner.executor.choose(&assignment(job))
    }
}

fn panicked<T>(_: T) -> Result<Held, JobError> {
    let message = "the host failed while it made the component ready; its log tells more";
    Err(JobError::Failed(Failure::new(message)))
}

/// What the choice of a version for the job's next attempt may depend on.
fn assignment(job: &DescribedJob) -> Assignment<'_> {
    let description = &job.description;
    Assignment {
        tenant: &job.tenant,
        job_type: &description.job.job_type,
        job: description.job.key,
        attempt: description.job.attempt + 1,
        headers: &description.headers,
        process_instance: job.instance,
        process_definition: job.definition,
        bpmn_process_id: &job.bpmn_process_id,
        process_version: job.version,
    }
}
