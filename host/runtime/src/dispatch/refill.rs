//! Finds jobs in the rows: after a start, an upload, a back-off, or when there was no room.

use std::sync::Arc;
use std::time::Duration;

use store::JobRef;
use tokio::sync::oneshot;

use super::queues::Look;
use super::{Dispatcher, Surroundings};
use crate::error::Error;
use crate::inbox::{Ask, Described, Inbox};

/// How long to wait before looking again when the store did not answer.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Jobs that one look takes up at most.
const JOBS_PER_LOOK_MAX: usize = 256;

pub(super) async fn look_for_jobs(dispatcher: Dispatcher, surroundings: Arc<Surroundings>) {
    loop {
        dispatcher.inner.look.notified().await;
        // One at a time: each changes what there is room for.
        while let Some(look) = dispatcher.next_look() {
            if let Err(error) = look_for(&dispatcher, &surroundings, &look).await {
                let job_type = &look.line.job_type.1;
                tracing::warn!(%error, %job_type, "failed to look for jobs; trying again");
                tokio::time::sleep(LOOK_AGAIN_AFTER).await;
            }
        }
    }
}

async fn look_for(dispatcher: &Dispatcher, surroundings: &Surroundings, look: &Look) -> Result<(), Error> {
    let (tenant, job_type) = &look.line.job_type;
    let Some(worker) = dispatcher.worker_for(tenant, job_type) else {
        // Its component was removed: others take its jobs.
        dispatcher.lock().found(look, Vec::new(), None);
        return Ok(());
    };
    let limit = look.room.min(JOBS_PER_LOOK_MAX);
    let tenants = std::slice::from_ref(tenant);
    let now = surroundings.clock.now();
    let store = &surroundings.store;
    let mut rows =
        store.activatable_jobs(look.line.partition, job_type, tenants, now, look.after, limit as u32).await?;
    let mut last = rows.last().filter(|_| rows.len() == limit).map(JobRef::place);
    {
        let queues = dispatcher.lock();
        rows.retain(|row| !queues.is_in_hand(row.job));
    }
    let mut jobs = Vec::new();
    if !rows.is_empty() {
        let inbox = surroundings.inboxes.of(look.line.partition);
        let described = describe(inbox, rows.clone(), worker.is_connector()).await?;
        if described.looked_at < rows.len() {
            last = described.looked_at.checked_sub(1).and_then(|index| rows.get(index)).map(JobRef::place);
        }
        jobs = described.jobs;
    }
    let shares = dispatcher.shares(std::iter::once((tenant, job_type)));
    let mut queues = dispatcher.lock();
    for (job_type, share) in shares {
        queues.assign(&job_type, share);
    }
    queues.found(look, jobs, last);
    dispatcher.ring(&queues);
    Ok(())
}

/// All that a connector, or else a worker, may know of these jobs. Those that do not wait any longer are left out.
pub(super) async fn describe(
    inbox: &Inbox,
    jobs: Vec<JobRef>,
    for_connector: bool,
) -> Result<Described, Error> {
    let (reply, answer) = oneshot::channel();
    inbox.send(Ask::Describe { jobs, for_connector, reply }).await?;
    answer.await.map_err(|_| Error::ShuttingDown)?
}
