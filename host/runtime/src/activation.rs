//! Jobs for external workers: activation with long polling.

use std::time::Duration;

use tokio::sync::Notify;
use types::{
    Actor, ElementInstanceKey, JobKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId,
    Timestamp, Variables,
};

use crate::error::Error;
use crate::handle::Handle;
use crate::partition::{Ask, DescribedJob, Undelivered};

/// Jobs that one activation hands out at most.
pub(crate) const ACTIVATED_JOBS_MAX: u32 = 1_000;

/// A worker's request for jobs.
#[derive(Clone, Debug)]
pub struct ActivateJobs {
    /// The job type.
    pub job_type: SharedStr,
    /// The worker's name.
    pub worker: SharedStr,
    /// How long the worker has for each job.
    pub timeout: Duration,
    /// Jobs wanted at most.
    pub jobs_max: u32,
    /// How long to wait when there are none; zero does not wait.
    pub wait: Duration,
    /// Variables that the worker wants to see; `None` are all.
    pub fetch_variables: Option<Vec<SharedStr>>,
    /// The tenants whose jobs it wants.
    pub tenants: Vec<TenantId>,
    /// Who asks.
    pub actor: Actor,
}

/// A job in the hands of an external worker.
#[derive(Clone, Debug)]
pub struct ActivatedJob {
    /// The job.
    pub key: JobKey,
    /// Its type.
    pub job_type: SharedStr,
    /// The process instance.
    pub process_instance: ProcessInstanceKey,
    /// The process version.
    pub process_definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's version.
    pub process_version: u32,
    /// The element's id in the model.
    pub element_id: SharedStr,
    /// The element's instance.
    pub element_instance: ElementInstanceKey,
    /// The headers.
    pub headers: Vec<(SharedStr, SharedStr)>,
    /// The worker's name.
    pub worker: SharedStr,
    /// Attempts left, this one included.
    pub retries: u32,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When the worker's time is over.
    pub deadline: Timestamp,
    /// The variables that it sees.
    pub variables: Variables,
    /// The tenant.
    pub tenant: TenantId,
    /// The caller's own id for the instance.
    pub business_id: Option<SharedStr>,
    /// The instance's labels.
    pub tags: Vec<SharedStr>,
}

impl ActivatedJob {
    pub(crate) fn new(described: DescribedJob, activate: &ActivateJobs, deadline: Timestamp) -> Self {
        let description = described.description;
        let variables = match &activate.fetch_variables {
            None => description.variables,
            Some(wanted) => {
                description.variables.into_iter().filter(|(name, _)| wanted.contains(name)).collect()
            }
        };
        Self {
            key: description.job.key,
            job_type: description.job.job_type,
            process_instance: described.instance,
            process_definition: described.definition,
            bpmn_process_id: described.bpmn_process_id,
            process_version: described.version,
            element_id: description.element,
            element_instance: description.job.element_instance,
            headers: description.headers,
            worker: activate.worker.clone(),
            retries: description.job.retries,
            attempt: description.job.attempt,
            deadline,
            variables,
            tenant: described.tenant,
            business_id: described.business_id,
            tags: described.tags,
        }
    }

    pub(crate) fn undelivered(&self) -> Undelivered {
        Undelivered { instance: self.process_instance, job: self.key, attempt: self.attempt }
    }
}

impl Handle {
    /// Hands jobs to an external worker, waiting for the first as long as asked.
    ///
    /// Jobs that were meant for a caller that has gone away wait for another.
    pub async fn activate_jobs(&self, mut activate: ActivateJobs) -> Result<Vec<ActivatedJob>, Error> {
        activate.jobs_max = activate.jobs_max.clamp(1, ACTIVATED_JOBS_MAX);
        let bell = self.arrivals().of(&activate.job_type);
        let result = self.activate_when_rung(&activate, &bell).await;
        self.arrivals().leave(&activate.job_type, bell);
        result
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
            wanted.tenants.retain(|tenant| !self.serves(tenant, &activate.job_type));
            if !wanted.tenants.is_empty() {
                let jobs = self.ask(|reply| Ask::Activate { activate: wanted, reply }).await?;
                if !jobs.is_empty() {
                    return Ok(jobs);
                }
            }
            tokio::select! {
                () = &mut available => {}
                () = &mut waited => return Ok(Vec::new()),
            }
        }
    }
}
