//! What can be asked of a partition.

use std::sync::Arc;

use bpmn::Process;
use dmn::Model;
use engine::command::{AdHocActivity, JobResult};
use engine::mailbox::MailboxCommand;
use engine::state::{MailboxAddress, UserTask};
use engine::{Command, Definition, EntityKind, JobDescription, Rejection};
use store::JobRef;
use tokio::sync::oneshot;
use types::{
    Actor, ElementInstanceKey, FileKind, IncidentKey, JobKey, Key, MessageKey, ProcessDefinitionKey,
    ProcessInstanceKey, SharedStr, SignalKey, TenantId, UserTaskKey, Variables,
};

use crate::attempts::AttemptNote;
use crate::error::{DeployError, Error};
use crate::partition::Decision;
use crate::requests::{
    ActivateJobs, ActivatedJob, AwaitedInstance, CorrelatedMessage, Deployed, EvaluatedConditions,
};

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
    /// The same for one that may change a user task. The answer tells how to hear what task listeners decide, if they are
    /// asked.
    ChangeUserTask {
        target: Target,
        command: Command,
        actor: Actor,
        reply: oneshot::Sender<Result<Option<Decision>, Error>>,
    },
    /// The same for the answer of an attempt at a job, which is kept with it.
    Answer {
        instance: ProcessInstanceKey,
        command: Command,
        actor: Actor,
        note: Box<AttemptNote>,
        reply: oneshot::Sender<Result<(), Error>>,
    },
    /// Hand jobs to an external worker.
    Activate { activate: ActivateJobs, reply: oneshot::Sender<Result<Vec<ActivatedJob>, Error>> },
    /// Tell what a connector, or else a worker, may know of those of these jobs that wait for one now.
    Describe { jobs: Vec<JobRef>, for_connector: bool, reply: oneshot::Sender<Result<Described, Error>> },
    /// Take in a message.
    Publish {
        address: MailboxAddress,
        command: MailboxCommand,
        reply: oneshot::Sender<Result<MessageKey, Error>>,
    },
    /// Give a message to those who wait now.
    Correlate {
        address: MailboxAddress,
        command: MailboxCommand,
        reply: oneshot::Sender<Result<CorrelatedMessage, Error>>,
    },
    /// Send a signal to everybody who waits for it.
    Broadcast {
        tenant: TenantId,
        name: SharedStr,
        variables: Variables,
        reply: oneshot::Sender<Result<SignalKey, Error>>,
    },
    /// Start what conditions have started.
    StartByConditions {
        starts: ConditionalStarts,
        reply: oneshot::Sender<Result<EvaluatedConditions, Error>>,
    },
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

/// Start events that have happened because their conditions hold.
pub(crate) struct ConditionalStarts {
    /// Each with its process version.
    pub(crate) events: Vec<(Arc<Definition>, SharedStr)>,
    pub(crate) tenant: TenantId,
    /// What every instance begins with.
    pub(crate) variables: Variables,
    pub(crate) actor: Actor,
    /// The only version that was meant, if one was.
    pub(crate) only: Option<ProcessDefinitionKey>,
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
    pub(crate) root: ProcessInstanceKey,
    pub(crate) definition: types::ProcessDefinitionKey,
    pub(crate) bpmn_process_id: SharedStr,
    pub(crate) version: u32,
    pub(crate) tenant: TenantId,
    pub(crate) business_id: Option<SharedStr>,
    pub(crate) tags: Vec<SharedStr>,
    pub(crate) description: JobDescription,
    /// Whether it is told as a connector may know it.
    pub(crate) for_connector: bool,
    /// The user task, when the job is a task listener's.
    pub(crate) user_task: Option<UserTask>,
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
    /// What is in it, when it is a file with decisions.
    pub(crate) decisions: Option<Arc<Model>>,
    /// By what it is known, when it is no model.
    pub(crate) file: Option<FileIdentity>,
}

/// By what a form, or another file that is no model, is known.
pub(crate) struct FileIdentity {
    pub(crate) kind: FileKind,
    pub(crate) id: SharedStr,
    pub(crate) version_tag: Option<SharedStr>,
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
            Self::Command { command, .. } | Self::ChangeUserTask { command, .. } => variables_bytes(command),
            Self::Publish { command, .. } | Self::Correlate { command, .. } => match command {
                MailboxCommand::Publish { message, .. } | MailboxCommand::Correlate { message } => {
                    message.variables.bytes()
                }
                _ => 0,
            },
            Self::Broadcast { variables, .. } => variables.bytes(),
            Self::StartByConditions { starts, .. } => starts.variables.bytes(),
            // The host's own, which need no room.
            Self::Answer { .. } => 0,
            Self::Activate { .. } | Self::Describe { .. } | Self::Forget { .. } | Self::Deploy { .. } => 0,
        }
    }
}

/// Variables that a command carries, in bytes of JSON text.
pub(crate) fn variables_bytes(command: &Command) -> usize {
    match command {
        Command::CompleteJob(complete) => match &complete.result {
            JobResult::Variables(result) | JobResult::Worker(result) | JobResult::Connector(result) => {
                result.bytes()
            }
            JobResult::TaskListener(_) => 0,
            JobResult::AdHoc(result) => result.variables.bytes() + activities_bytes(&result.activities),
        },
        Command::ActivateAdHoc { activities, .. } => activities_bytes(activities),
        Command::ModifyInstance(modify) => {
            let moved = modify.moves.iter().map(|moved| &moved.target);
            let given = modify.activate.iter().chain(moved).flat_map(|entered| &entered.variables);
            given.map(|(_, variables)| variables.bytes()).sum()
        }
        Command::FailJob(fail) => fail.failure.variables.bytes(),
        Command::ThrowError(throw) => throw.error.variables.bytes(),
        Command::CompleteUserTask { variables, .. } | Command::SetVariables { variables, .. } => {
            variables.bytes()
        }
        _ => 0,
    }
}

fn activities_bytes(activities: &[AdHocActivity]) -> usize {
    activities.iter().map(|activity| activity.variables.bytes()).sum()
}

impl DescribedJob {
    /// Its variables, in bytes of JSON text.
    pub(crate) fn bytes(&self) -> usize {
        self.description.variables.bytes()
    }
}
