//! The way in: asking the partitions of this host.

mod batch;
mod conditions;
mod decisions;
mod instances;
mod long_poll;
mod messages;
mod user_tasks;

pub use decisions::DecisionChoice;

use std::sync::Arc;
use std::time::Duration;

use engine::Command;
use engine::command::{CompleteJob, CreateInstance, FailJob, JobAttempt, ThrowError, UpdateJob};
use store::Store;
use tokio::sync::oneshot;
use types::{
    Actor, IncidentKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp,
};

use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::error::{DeployError, Error};
use crate::figures::RuntimeFigures;
use crate::inbox::{Ask, Deployment, Inbox, Inboxes, Started, Target};
use crate::partition::{Shared, partition_of_business_id};
use crate::requests::{AwaitedInstance, Deployed, Resource, StartInstance, StartedInstance};
use crate::resources::check_resources;

/// Asks the runtime. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inboxes: Inboxes,
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// The store, for reading.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// The host's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// The partitions of this host.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionId> + use<> {
        self.inboxes.partitions()
    }

    /// A process version, checked and ready to run; `None` when there is no such version.
    pub async fn definition(
        &self,
        key: ProcessDefinitionKey,
    ) -> Result<Option<Arc<engine::Definition>>, Error> {
        self.shared.definitions.get(key).await
    }

    /// Version `version` of a process, or the latest one, ready to run; `None` when there is no such version.
    pub async fn definition_by_id(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        version: Option<u32>,
    ) -> Result<Option<Arc<engine::Definition>>, Error> {
        self.shared.definitions.by_id(tenant, bpmn_process_id, version).await
    }

    /// Checks and deploys resources, all of them or none.
    ///
    /// The findings that come with a deployment are warnings.
    pub async fn deploy(
        &self,
        tenant: TenantId,
        actor: Actor,
        resources: Vec<Resource>,
    ) -> Result<(Deployed, Vec<bpmn::Diagnostic>), DeployError> {
        let definitions = Arc::clone(&self.shared.definitions);
        let (checked, warnings) =
            tokio::task::spawn_blocking(move || check_resources(resources, definitions.secrets()))
                .await
                .map_err(|error| Error::Damaged(error.to_string()))??;
        let deployment = Deployment { tenant, actor, resources: checked };
        let (reply, answer) = oneshot::channel();
        self.inboxes.of(PartitionId::FIRST).try_send(Ask::Deploy { deployment, reply })?;
        let deployed = answer.await.map_err(|_| Error::ShuttingDown)??;
        Ok((deployed, warnings))
    }

    /// Starts an instance and returns when that is durable.
    pub async fn start_instance(&self, start: StartInstance) -> Result<StartedInstance, Error> {
        let (create, actor) = start.into_command();
        let inbox = self.inbox_of_business_id(&create);
        let started = self.start(inbox, |reply| Ask::Start { create, actor, reply, ended: None }).await?;
        Ok(StartedInstance { key: started.key })
    }

    /// Starts an instance and returns when it has ended.
    ///
    /// # Errors
    /// [`Error::AwaitTimedOut`] when it has not ended after `timeout`; it goes on.
    pub async fn start_instance_and_await(
        &self,
        start: StartInstance,
        timeout: Duration,
    ) -> Result<AwaitedInstance, Error> {
        let (create, actor) = start.into_command();
        let (ended, end) = oneshot::channel();
        let inbox = self.inbox_of_business_id(&create);
        let started =
            self.start(inbox, |reply| Ask::Start { create, actor, reply, ended: Some(ended) }).await?;
        match tokio::time::timeout(timeout, end).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::ShuttingDown),
            Err(_) => Err(Error::AwaitTimedOut { key: started.key, waited_ms: timeout.as_millis() as u64 }),
        }
    }

    /// Ends an instance and all it is doing. When this returns, listeners that hear of it may still be at work.
    pub async fn cancel_instance(&self, key: ProcessInstanceKey, actor: Actor) -> Result<(), Error> {
        self.command(Target::Instance(key), Command::CancelInstance, actor).await
    }

    /// A job is done.
    pub async fn complete_job(&self, complete: CompleteJob, actor: Actor) -> Result<(), Error> {
        self.command(Target::Job(complete.attempt.job), Command::CompleteJob(complete), actor).await
    }

    /// An attempt has failed.
    pub async fn fail_job(&self, fail: FailJob, actor: Actor) -> Result<(), Error> {
        self.command(Target::Job(fail.attempt.job), Command::FailJob(fail), actor).await
    }

    /// A job ends with a business error.
    pub async fn throw_error(&self, throw: ThrowError, actor: Actor) -> Result<(), Error> {
        self.command(Target::Job(throw.attempt.job), Command::ThrowError(throw), actor).await
    }

    /// Changes a job's retries or deadline.
    pub async fn update_job(&self, update: UpdateJob, actor: Actor) -> Result<(), Error> {
        self.command(Target::Job(update.job), Command::UpdateJob(update), actor).await
    }

    /// Runs a job again later.
    pub async fn postpone_job(&self, attempt: JobAttempt, after_ms: u64, actor: Actor) -> Result<(), Error> {
        self.command(Target::Job(attempt.job), Command::PostponeJob { attempt, after_ms }, actor).await
    }

    /// Tries again what an incident has stopped.
    pub async fn resolve_incident(&self, incident: IncidentKey, actor: Actor) -> Result<(), Error> {
        self.command(Target::Incident(incident), Command::ResolveIncident { incident }, actor).await
    }

    /// What the host has done since its start, and what it has to do. Asks the store nothing.
    pub fn figures(&self) -> RuntimeFigures {
        let (waiting_of_clients, waiting_of_host) = self.inboxes.waiting();
        let mut figures = RuntimeFigures {
            waiting_of_clients,
            waiting_of_host,
            read_connections: self.shared.store.read_connections(),
            ..self.shared.figures.so_far()
        };
        self.shared.dispatcher.tell(&mut figures);
        figures
    }

    /// When the host was started: figures count from then on.
    pub fn started_at(&self) -> Timestamp {
        self.shared.figures.since()
    }

    /// Whether the host does nothing by itself, because its data was restored from a backup.
    pub fn is_suspended(&self) -> bool {
        self.shared.suspension.holds()
    }

    /// Lets a suspended host go on; false when it was not suspended. It is not suspended again at its next start.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn resume(&self) -> Result<bool, Error> {
        if !self.is_suspended() {
            return Ok(false);
        }
        let was_first = self.shared.store.end_restoration().await?;
        self.shared.suspension.end();
        self.components_changed();
        Ok(was_first)
    }

    /// To be called when it has changed which components do these job types of a tenant: their jobs may have got, or
    /// lost, their worker. Nothing is looked for in the lines of other types.
    pub fn job_types_changed(&self, tenant: &TenantId, job_types: &[SharedStr]) {
        self.shared.dispatcher.look_for_types(self.partitions(), tenant, job_types);
        self.shared.arrivals.announce(job_types);
    }

    /// The same for all job types of all tenants.
    pub fn components_changed(&self) {
        self.shared.dispatcher.look_for_jobs(self.partitions());
        self.shared.arrivals.announce_all();
    }

    /// To be called when components were granted more or less: it counts for jobs that wait.
    pub fn grants_changed(&self) {
        self.shared.dispatcher.shares_changed();
    }

    fn arrivals(&self) -> &Arc<Arrivals> {
        &self.shared.arrivals
    }

    pub(crate) fn serves(&self, tenant: &TenantId, job_type: &str) -> bool {
        self.shared.dispatcher.worker_for(tenant, job_type).is_some()
    }

    /// Where instances with the business id of this one start; `None` without one.
    fn inbox_of_business_id(&self, create: &CreateInstance) -> Option<&Inbox> {
        let business_id = create.business_id.as_deref()?;
        Some(self.inboxes.of(partition_of_business_id(&create.tenant, business_id, self.inboxes.count())))
    }

    /// Asks a partition for a new instance; any without a certain one.
    async fn start(
        &self,
        inbox: Option<&Inbox>,
        ask: impl FnOnce(oneshot::Sender<Result<Started, Error>>) -> Ask,
    ) -> Result<Started, Error> {
        let (reply, answer) = oneshot::channel();
        match inbox {
            Some(inbox) => inbox.try_send(ask(reply))?,
            None => self.inboxes.try_send_to_any(ask(reply))?,
        }
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    pub(super) async fn command(&self, target: Target, command: Command, actor: Actor) -> Result<(), Error> {
        let Some(inbox) = self.inboxes.of_key(target.key()) else { return Err(target.missing().into()) };
        inbox.ask_for_client(|reply| Ask::Command { target, command, actor, reply }).await
    }
}

/// Where an evaluation for a client begins to be random.
fn seed() -> Result<u64, Error> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|error| Error::Unavailable(error.to_string()))?;
    Ok(u64::from_le_bytes(seed))
}
