//! What the workers of jobs may know of them.

use engine::state::{JobKind, JobState};
use engine::{Definitions, InstanceState, describe_job};
use store::JobRef;
use types::JobKey;

use super::Partition;
use crate::error::Error;
use crate::inbox::{Described, DescribedJob, Target};

/// Variables of the jobs that are described at once, in bytes of JSON text. One job is described whatever it takes.
const DESCRIBED_BYTES_MAX: usize = 8 << 20;

impl Partition {
    /// What a connector, or else a worker, may know of those of `jobs` that wait for one now.
    pub(super) async fn describe_waiting(
        &mut self,
        jobs: Vec<JobRef>,
        for_connector: bool,
    ) -> Result<Described, Error> {
        let now = self.shared.clock.now();
        let (mut waiting, mut bytes) = (Described::default(), 0);
        for job in jobs {
            if bytes >= DESCRIBED_BYTES_MAX {
                break;
            }
            waiting.looked_at += 1;
            let described = match self.describe(job, for_connector).await {
                Err(Error::Damaged(reason)) => {
                    tracing::error!(job = %job.job, %reason, "a job cannot be run");
                    continue;
                }
                described => described?,
            };
            let described = described.filter(|described| {
                let job = &described.description.job;
                !job.suspended && matches!(job.state, JobState::Activatable { from } if from <= now)
            });
            bytes += described.as_ref().map_or(0, DescribedJob::bytes);
            waiting.jobs.extend(described);
        }
        Ok(waiting)
    }

    pub(super) async fn describe(
        &mut self,
        job: JobRef,
        for_connector: bool,
    ) -> Result<Option<DescribedJob>, Error> {
        match self.load(job.instance, Target::Instance(job.instance)).await {
            Ok(_) => {}
            Err(Error::Rejected(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let Some(cached) = self.cache.get(job.instance) else { return Ok(None) };
        let (state, definitions) = (&cached.state, &cached.definitions);
        Ok(described(state, definitions, job.job, for_connector))
    }
}

/// What the worker of `job` may know.
///
/// A connector sees what its task hands to it, and nothing else: a variable of the process that happens to have
/// the name of an input that the model leaves out is none of its business.
pub(super) fn described(
    state: &InstanceState,
    definitions: &Definitions,
    job: JobKey,
    for_connector: bool,
) -> Option<DescribedJob> {
    let instance = state.instance()?;
    let definition = definitions.get(instance.definition)?;
    let mut description = describe_job(definition, state, job)?;
    let user_task = match description.job.kind {
        JobKind::TaskListener => state.user_tasks_of(description.job.element_instance).next().cloned(),
        _ => None,
    };
    if for_connector {
        let inputs = state.local_variables(description.job.element_instance);
        description.variables =
            inputs.map(|(name, variable)| (name.clone(), variable.value.clone())).collect();
    }
    Some(DescribedJob {
        instance: instance.key,
        root: instance.caller.map_or(instance.key, |caller| caller.root),
        definition: instance.definition,
        bpmn_process_id: instance.bpmn_process_id.clone(),
        version: instance.version,
        tenant: instance.tenant.clone(),
        business_id: instance.business_id.clone(),
        tags: instance.tags.clone(),
        description,
        for_connector,
        user_task,
    })
}
