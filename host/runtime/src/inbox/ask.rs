//! What can be asked of a partition.

use bpmn::Process;
use engine::command::JobResult;
use engine::{Command, EntityKind, JobDescription, Rejection};
use store::JobRef;
use tokio::sync::oneshot;
use types::{
    Actor, ElementInstanceKey, IncidentKey, JobKey, Key, ProcessInstanceKey, SharedStr, TenantId, UserTaskKey,
};

use crate::error::{DeployError, Error};
use crate::requests::{ActivateJobs, ActivatedJob, AwaitedInstance, Deployed};

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
    /// Tell what workers may know of those of these jobs that wait for one now.
    Describe { jobs: Vec<JobRef>, reply: oneshot::Sender<Result<Described, Error>> },
    /// Forget what is in memory of instances that have ended, because their rows are gone.
    Forget { instances: Vec<ProcessInstanceKey> },
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

/// Jobs that wait for a worker now.
#[derive(Debug, Default)]
pub(crate) struct Described {
    pub(crate) jobs: Vec<DescribedJob>,
    /// How many of those asked for were looked at: fewer when their variables are large, but at least one.
    pub(crate) looked_at: usize,
}

/// A job that was handed to a worker that was gone by then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Undelivered {
    pub(crate) instance: ProcessInstanceKey,
    pub(crate) job: JobKey,
    pub(crate) attempt: u32,
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

impl Target {
    /// The key that the command was sent with.
    pub(crate) fn key(self) -> Key {
        self.named().1
    }

    /// Nothing that is open has this key.
    pub(crate) fn missing(self) -> Rejection {
        let (kind, key) = self.named();
        Rejection::NotFound { kind, key }
    }

    fn named(self) -> (EntityKind, Key) {
        match self {
            Self::Instance(key) => (EntityKind::ProcessInstance, key.0),
            Self::Job(key) => (EntityKind::Job, key.0),
            Self::UserTask(key) => (EntityKind::UserTask, key.0),
            Self::Incident(key) => (EntityKind::Incident, key.0),
            Self::Element(key) => (EntityKind::ElementInstance, key.0),
        }
    }
}

impl Ask {
    /// Variables that the request carries, in bytes of JSON text.
    pub(super) fn variables_bytes(&self) -> usize {
        match self {
            Self::Start { create, .. } => create.variables.bytes(),
            Self::Command { command, .. } => match command {
                Command::CompleteJob(complete) => match &complete.result {
                    JobResult::Variables(result)
                    | JobResult::Worker(result)
                    | JobResult::Connector(result) => result.bytes(),
                },
                Command::FailJob(fail) => fail.variables.bytes(),
                Command::ThrowError(throw) => throw.error.variables.bytes(),
                Command::CompleteUserTask { variables, .. } | Command::SetVariables { variables, .. } => {
                    variables.bytes()
                }
                _ => 0,
            },
            Self::Activate { .. } | Self::Describe { .. } | Self::Forget { .. } | Self::Deploy { .. } => 0,
        }
    }
}

impl DescribedJob {
    /// Its variables, in bytes of JSON text.
    pub(crate) fn bytes(&self) -> usize {
        self.description.variables.bytes()
    }
}
