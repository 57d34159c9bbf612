//! Handing jobs to external workers.

use engine::Command;
use engine::command::JobAttempt;
use types::{Actor, SharedStr, Timestamp};

use super::Partition;
use super::pending::Pending;
use crate::error::Error;
use crate::inbox::{DescribedJob, Target, Undelivered};
use crate::requests::{ActivateJobs, ActivatedJob};

/// Variables of the jobs that one activation hands out, in bytes of JSON text. One job is handed out whatever it takes.
const ACTIVATED_BYTES_MAX: usize = 4 << 20;

/// Jobs that are still in the rows and about to end, which one activation passes over besides those that are taken: an
/// instance that ends may have very many of them.
const REFUSED_MAX: u32 = 1_000;

impl Partition {
    pub(super) async fn activate(
        &mut self,
        activate: ActivateJobs,
        pending: &mut Pending,
    ) -> Result<Vec<ActivatedJob>, Error> {
        let mut activated = Vec::new();
        match self.try_activate(&activate, &mut activated, pending).await {
            // What was activated is the worker's, whatever else is wrong.
            Err(error) if activated.is_empty() => Err(error),
            _ => Ok(activated),
        }
    }

    async fn try_activate(
        &mut self,
        activate: &ActivateJobs,
        activated: &mut Vec<ActivatedJob>,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let now = self.shared.clock.now();
        let deadline = now + activate.timeout;
        let (mut bytes, mut refused) = (0, 0);
        let mut after = None;
        while activated.len() < activate.jobs_max as usize {
            let wanted = activate.jobs_max - activated.len() as u32;
            // The rows still show what was taken since the last commit.
            let taken = self.taken_of(&activate.job_type, pending);
            if refused > taken.saturating_add(REFUSED_MAX) {
                // What is left of them ends while others have their turn, and whoever waits looks again.
                self.shared.arrivals.announce_all();
                break;
            }
            let limit = wanted.saturating_add(taken).saturating_add(refused);
            let store = &self.shared.store;
            let found = store
                .activatable_jobs(self.id, &activate.job_type, &activate.tenants, now, after, limit)
                .await?;
            let Some(last) = found.last() else { break };
            after = Some(last.place());
            for job in found {
                let command = Command::ActivateJob(engine::command::ActivateJob {
                    job: job.job,
                    worker: activate.worker.clone(),
                    deadline,
                });
                let target = Target::Instance(job.instance);
                match self.command(target, command, activate.actor.clone(), pending).await {
                    Ok(()) => {}
                    // Taken since the rows were written, or about to end with what is around it.
                    Err(Error::Rejected(_)) => {
                        refused += 1;
                        continue;
                    }
                    Err(Error::Damaged(reason)) => {
                        tracing::error!(job = %job.job, %reason, "a job cannot be handed out");
                        continue;
                    }
                    Err(error) => return Err(error),
                }
                pending.taken.entry(activate.job_type.clone()).or_default().jobs += 1;
                let Some(described) = self.describe(job, false).await? else { continue };
                if described.description.has_static_type
                    && let Some(taken) = pending.taken.get_mut(&activate.job_type)
                {
                    taken.of_static_type += 1;
                }
                let job = activated_job(described, activate, deadline);
                bytes += job.variables.bytes();
                pending.add_bytes(job.variables.bytes());
                activated.push(job);
                if activated.len() == activate.jobs_max as usize || bytes >= ACTIVATED_BYTES_MAX {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How many jobs of a type were handed out and still wait in the rows.
    fn taken_of(&self, job_type: &SharedStr, pending: &Pending) -> u32 {
        let written = self.writing.as_ref().and_then(|writing| writing.taken.get(job_type));
        [pending.taken.get(job_type), written].into_iter().flatten().map(|taken| taken.jobs).sum()
    }

    /// Jobs whose worker was gone when they were to be handed over wait again, at no cost to them.
    pub(super) async fn take_back_undelivered(&mut self, pending: &mut Pending) {
        for Undelivered { instance, job, attempt } in std::mem::take(&mut self.undelivered) {
            let attempt = JobAttempt::exactly(job, attempt);
            let command = Command::PostponeJob { attempt, after_ms: 0 };
            match self.command(Target::Instance(instance), command, Actor::host(), pending).await {
                Ok(()) | Err(Error::Rejected(_)) => {}
                Err(error) => tracing::warn!(%error, %job, "a job is held until its worker's time is over"),
            }
        }
    }
}

/// The job as its worker gets it.
fn activated_job(described: DescribedJob, activate: &ActivateJobs, deadline: Timestamp) -> ActivatedJob {
    let description = described.description;
    let variables = match &activate.fetch_variables {
        None => description.variables,
        Some(wanted) => description.variables.into_iter().filter(|(name, _)| wanted.contains(name)).collect(),
    };
    ActivatedJob {
        key: description.job.key,
        job_type: description.job.job_type,
        process_instance: described.instance,
        root_process_instance: described.root,
        process_definition: described.definition,
        bpmn_process_id: described.bpmn_process_id,
        process_version: described.version,
        element_id: description.element,
        element_instance: description.job.element_instance,
        kind: description.job.kind,
        user_task: described.user_task,
        priority: description.job.priority,
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
