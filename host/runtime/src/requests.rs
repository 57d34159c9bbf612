//! What callers ask of the runtime, and what they get.

use std::time::Duration;

use engine::command::{CreateInstance, Start};
use engine::state::{JobKind, UserTask};
use store::{DecisionRecord, DecisionRequirementsRecord, FileRecord, InstanceIdentity};
use types::{
    Actor, ConditionalEvaluationKey, DeploymentKey, ElementInstanceKey, JobKey, MessageKey,
    ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp, Variables,
};

/// A request to start an instance.
#[derive(Clone, Debug)]
pub struct StartInstance {
    /// The process version.
    pub definition: ProcessDefinitionKey,
    /// The tenant.
    pub tenant: TenantId,
    /// Variables of the process scope.
    pub variables: Variables,
    /// The caller's own id for the instance.
    pub business_id: Option<SharedStr>,
    /// Labels for searches.
    pub tags: Vec<SharedStr>,
    /// Where it begins.
    pub start: Start,
    /// It is ended as soon as one of these elements has ended.
    pub ends_after: Vec<SharedStr>,
    /// Who asks.
    pub actor: Actor,
}

/// An instance that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartedInstance {
    /// Its key.
    pub key: ProcessInstanceKey,
}

/// An awaited instance that has reached its end.
#[derive(Clone, Debug)]
pub struct AwaitedInstance {
    /// Which one.
    pub identity: InstanceIdentity,
    /// The variables of its process scope at the end.
    pub variables: Variables,
}

/// A message for those who wait for it, or will.
#[derive(Clone, Debug)]
pub struct PublishMessage {
    /// Its name.
    pub name: SharedStr,
    /// Its correlation key; empty for a message that only starts processes.
    pub correlation_key: SharedStr,
    /// How long it is kept for those who do not wait yet; zero for not at all.
    pub time_to_live: Duration,
    /// The sender's own id for it: while a message with the same name, key and id is kept, another one is refused.
    pub message_id: Option<SharedStr>,
    /// Its variables.
    pub variables: Variables,
    /// The tenant.
    pub tenant: TenantId,
}

/// A message for those who wait for it now.
#[derive(Clone, Debug)]
pub struct CorrelateMessage {
    /// Its name.
    pub name: SharedStr,
    /// Its correlation key; empty for a message that only starts processes.
    pub correlation_key: SharedStr,
    /// Its variables.
    pub variables: Variables,
    /// The tenant.
    pub tenant: TenantId,
}

/// A message that an instance has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrelatedMessage {
    /// The message.
    pub message: MessageKey,
    /// The instance: the first of several.
    pub instance: ProcessInstanceKey,
}

/// A signal for everybody who waits for it now.
#[derive(Clone, Debug)]
pub struct BroadcastSignal {
    /// Its name.
    pub name: SharedStr,
    /// Its variables.
    pub variables: Variables,
    /// The tenant.
    pub tenant: TenantId,
}

/// Variables with which the conditional start events of processes are evaluated.
#[derive(Clone, Debug)]
pub struct EvaluateConditions {
    /// The process version whose events are meant, whether or not it is the latest; `None` for the latest version of every
    /// process.
    pub definition: Option<ProcessDefinitionKey>,
    /// All that the conditions see, and what the instances begin with.
    pub variables: Variables,
    /// The tenant.
    pub tenant: TenantId,
    /// Who asks.
    pub actor: Actor,
}

/// What an evaluation has come to.
#[derive(Clone, Debug)]
pub struct EvaluatedConditions {
    /// Its key.
    pub key: ConditionalEvaluationKey,
    /// One for each event that has happened.
    pub started: Vec<ConditionalStart>,
}

/// An instance that a condition has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionalStart {
    /// The process version.
    pub definition: ProcessDefinitionKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
}

/// A file to deploy.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name; the ending tells what it is.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// A deployment.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its key.
    pub key: DeploymentKey,
    /// The tenant.
    pub tenant: TenantId,
    /// The processes in it, also those whose latest version is the same as before.
    pub processes: Vec<DeployedProcess>,
    /// The files with decisions in it, also those that are the same as before.
    pub decision_requirements: Vec<DeployedDecisions>,
    /// The forms and other files in it, also those that are the same as before.
    pub files: Vec<FileRecord>,
}

/// A file with decisions of a deployment.
#[derive(Clone, Debug)]
pub struct DeployedDecisions {
    /// The version of the file.
    pub requirements: DecisionRequirementsRecord,
    /// The decisions in it.
    pub decisions: Vec<DecisionRecord>,
}

/// A process of a deployment.
#[derive(Clone, Debug)]
pub struct DeployedProcess {
    /// The version's key.
    pub key: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The version, from 1.
    pub version: u32,
    /// The file that holds it.
    pub resource_name: SharedStr,
}

impl StartInstance {
    pub(crate) fn into_command(self) -> (CreateInstance, Actor) {
        let create = CreateInstance {
            definition: self.definition,
            tenant: self.tenant,
            variables: self.variables,
            business_id: self.business_id,
            tags: self.tags,
            start: self.start,
            ends_after: self.ends_after,
            caller: None,
        };
        (create, self.actor)
    }
}

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
    /// The outermost instance around it.
    pub root_process_instance: ProcessInstanceKey,
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
    /// What it is for.
    pub kind: JobKind,
    /// The user task, when it is the job of a task listener.
    pub user_task: Option<UserTask>,
    /// Jobs with a higher one come first.
    pub priority: i32,
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
