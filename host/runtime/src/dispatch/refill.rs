//! Finds jobs in the rows: after a start, an upload, a back-off, or when there was no room.

use std::sync::Arc;
use std::time::Duration;

use store::{JobPlace, JobRef};
use tokio::sync::oneshot;

use super::queues::Look;
use super::{Dispatcher, Surroundings};
use crate::error::Error;
use crate::executor::JobWorker;
use crate::inbox::{Ask, Described, DescribedJob, Inbox};

/// How long to wait before looking again when the store did not answer.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Jobs that one look takes up at most.
const JOBS_PER_LOOK_MAX: usize = 256;

pub(super) async fn look_for_jobs(dispatcher: Dispatcher, surroundings: Arc<Surroundings>) {
    loop {
        dispatcher.inner.look.notified().await;
        // One at a time: each changes what there is room for.
        while let Some(look) = dispatcher.next_look() {
            let looked = match look.above {
                None => look_for(&dispatcher, &surroundings, &look).await,
                Some(above) => {
                    let looked = look_for_urgent(&dispatcher, &surroundings, &look, above).await;
                    dispatcher.lock().urgent_look_ended(&look.line, looked.is_err());
                    looked
                }
            };
            if let Err(error) = looked {
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
    let rows = waiting(surroundings, look, look.after, limit).await?;
    let last = rows.last().filter(|_| rows.len() == limit).map(JobRef::place);
    let Found { jobs, last } = found(dispatcher, surroundings, look, &*worker, rows, last).await?;
    let shares = dispatcher.shares(std::iter::once((tenant, job_type)));
    let mut queues = dispatcher.lock();
    for (job_type, share) in shares {
        queues.assign(&job_type, share);
    }
    queues.found(look, jobs, last);
    dispatcher.ring(&queues);
    Ok(())
}

/// Looks for jobs that are more urgent than those that wait already, from the most urgent one on.
async fn look_for_urgent(
    dispatcher: &Dispatcher,
    surroundings: &Surroundings,
    look: &Look,
    above: i32,
) -> Result<(), Error> {
    let (tenant, job_type) = &look.line.job_type;
    let mut after = look.after;
    loop {
        let Some(worker) = dispatcher.worker_for(tenant, job_type) else { return Ok(()) };
        let mut rows = waiting(surroundings, look, after, look.room).await?;
        rows.retain(|row| row.priority > above);
        let last = rows.last().filter(|_| rows.len() == look.room).map(JobRef::place);
        let Found { jobs, last } = found(dispatcher, surroundings, look, &*worker, rows, last).await?;
        let mut queues = dispatcher.lock();
        let has_room = queues.found_urgent(jobs);
        dispatcher.ring(&queues);
        if !has_room || last.is_none() {
            return Ok(());
        }
        after = last;
    }
}

/// Jobs of a line that wait, the most urgent first.
async fn waiting(
    surroundings: &Surroundings,
    look: &Look,
    after: Option<JobPlace>,
    limit: usize,
) -> Result<Vec<JobRef>, Error> {
    let (tenant, job_type) = &look.line.job_type;
    let (tenants, now) = (std::slice::from_ref(tenant), surroundings.clock.now());
    let store = &surroundings.store;
    Ok(store.activatable_jobs(look.line.partition, job_type, tenants, now, after, limit as u32).await?)
}

/// What a look has found.
struct Found {
    jobs: Vec<DescribedJob>,
    /// The last row that was looked at; `None` when there are no more.
    last: Option<JobPlace>,
}

/// Describes jobs, those in hand left out. `last` is the last row, unless there are no more.
async fn found(
    dispatcher: &Dispatcher,
    surroundings: &Surroundings,
    look: &Look,
    worker: &dyn JobWorker,
    mut rows: Vec<JobRef>,
    mut last: Option<JobPlace>,
) -> Result<Found, Error> {
    {
        let queues = dispatcher.lock();
        rows.retain(|row| !queues.is_in_hand(row.job));
    }
    if rows.is_empty() {
        return Ok(Found { jobs: Vec::new(), last });
    }
    let inbox = surroundings.inboxes.of(look.line.partition);
    let described = describe(inbox, rows.clone(), worker.is_connector()).await?;
    if described.looked_at < rows.len() {
        last = described.looked_at.checked_sub(1).and_then(|index| rows.get(index)).map(JobRef::place);
    }
    Ok(Found { jobs: described.jobs, last })
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
