//! Jobs for external workers: activation with long polling.

use tokio::sync::Notify;

use super::Handle;
use crate::error::Error;
use crate::inbox::Ask;
use crate::requests::{ActivateJobs, ActivatedJob};

/// Jobs that one activation hands out at most.
const ACTIVATED_JOBS_MAX: u32 = 1_000;

impl Handle {
    /// Hands jobs to an external worker, waiting for the first as long as asked.
    ///
    /// Jobs that were meant for a caller that has gone away wait for another.
    pub async fn activate_jobs(&self, mut activate: ActivateJobs) -> Result<Vec<ActivatedJob>, Error> {
        activate.jobs_max = activate.jobs_max.clamp(1, ACTIVATED_JOBS_MAX);
        let bell = self.arrivals().bell(&activate.job_type);
        self.activate_when_rung(&activate, &bell).await
    }

    async fn activate_when_rung(
        &self,
        activate: &ActivateJobs,
        bell: &Notify,
    ) -> Result<Vec<ActivatedJob>, Error> {
        let waited = tokio::time::sleep(activate.wait);
        tokio::pin!(waited);
        loop {
            let available = bell.notified();
            tokio::pin!(available);
            available.as_mut().enable();
            let mut wanted = activate.clone();
            if self.is_suspended() {
                wanted.tenants.clear();
            }
            wanted.tenants.retain(|tenant| !self.serves(tenant, &activate.job_type));
            if !wanted.tenants.is_empty() {
                let jobs = self.activate_now(&wanted).await?;
                if !jobs.is_empty() {
                    return Ok(jobs);
                }
            }
            tokio::select! {
                biased;
                () = &mut available => {}
                () = &mut waited => return Ok(Vec::new()),
            }
        }
    }

    /// Jobs of the first partition that has some: when the caller goes away before it has them, that one takes them back.
    ///
    /// # Errors
    /// A partition has failed, and may have handed out jobs all the same; or all have too much to do.
    async fn activate_now(&self, wanted: &ActivateJobs) -> Result<Vec<ActivatedJob>, Error> {
        self.inboxes.ask_each(|reply| Ask::Activate { activate: wanted.clone(), reply }).await
    }
}
