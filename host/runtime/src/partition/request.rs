//! What can be asked of a partition.

use bpmn::Process;
use engine::{Command, JobDescription};
use store::JobRef;
use tokio::sync::oneshot;
use types::{
    Actor, ElementInstanceKey, IncidentKey, JobKey, ProcessInstanceKey, SharedStr, TenantId, UserTaskKey,
};

use crate::activation::{ActivateJobs, ActivatedJob};
use crate::error::{DeployError, Error};
use crate::handle::{AwaitedInstance, Deployed};

/// A question to a partition, with the way to answer it.
pub(crate) enum Ask {
    /// Start an instance.
    Start {
        create: engine::command::CreateInstance,
        actor: Actor,
        reply: oneshot::Sender<Result<Started, Error>>,
        /// Told when the instance has ended.
        ended: Option<oneshot::Sender<Result<AwaitedInstance, Error>>>,
    },
    /// Carry out a command on an instance.
    Command { target: Target, command: Command, actor: Actor, reply: oneshot::Sender<Result<(), Error>> },
    /// Hand jobs to an external worker.
    Activate { activate: ActivateJobs, reply: oneshot::Sender<Result<Vec<ActivatedJob>, Error>> },
    /// Tell what a job's worker may know, for a job that waits.
    Describe { job: JobRef, reply: oneshot::Sender<Result<Option<Box<DescribedJob>>, Error>> },
    /// Store a deployment.
    Deploy { deployment: Deployment, reply: oneshot::Sender<Result<Deployed, DeployError>> },
}

/// Which instance a command is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Instance(ProcessInstanceKey),
    Job(JobKey),
    UserTask(UserTaskKey),
    Incident(IncidentKey),
    Element(ElementInstanceKey),
}

/// An instance that was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    pub(crate) key: ProcessInstanceKey,
}

/// A job that waits, with all that its worker may know.
#[derive(Clone, Debug)]
pub(crate) struct DescribedJob {
    pub(crate) instance: ProcessInstanceKey,
    pub(crate) definition: types::ProcessDefinitionKey,
    pub(crate) bpmn_process_id: SharedStr,
    pub(crate) version: u32,
    pub(crate) tenant: TenantId,
    pub(crate) business_id: Option<SharedStr>,
    pub(crate) tags: Vec<SharedStr>,
    pub(crate) description: JobDescription,
}

/// Resources that were read and checked.
pub(crate) struct Deployment {
    pub(crate) tenant: TenantId,
    pub(crate) actor: Actor,
    pub(crate) resources: Vec<CheckedResource>,
}

/// One file of a deployment.
pub(crate) struct CheckedResource {
    pub(crate) name: SharedStr,
    pub(crate) checksum: [u8; 32],
    pub(crate) content: Vec<u8>,
    pub(crate) processes: Vec<Process>,
}
