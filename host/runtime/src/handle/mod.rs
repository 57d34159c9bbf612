//! The way in: starting the runtime, and asking it.

mod long_poll;

use std::sync::Arc;
use std::time::Duration;

use engine::Command;
use engine::command::{
    AssignUserTask, CompleteJob, FailJob, JobAttempt, ThrowError, UpdateJob, UpdateUserTask,
};
use store::{INSTALLATION_ID, Store};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use types::{
    Actor, ElementInstanceKey, IncidentKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, TenantId,
    UserTaskKey, Variables,
};

use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::definitions::DefinitionCache;
use crate::dispatch::{Dispatcher, Surroundings};
use crate::error::{DeployError, Error};
use crate::executor::JobExecutor;
use crate::inbox::{Ask, Deployment, Inbox, Target};
use crate::partition::{Partition, Shared};
use crate::requests::{AwaitedInstance, Deployed, Resource, StartInstance, StartedInstance};
use crate::resources::check_resources;
use crate::secrets::SecretTokens;
use crate::suspension::Suspension;

/// How soon, and how late, to ask again for a partition that another host works on.
const CLAIM_AGAIN_MIN: Duration = Duration::from_millis(50);
const CLAIM_AGAIN_MAX: Duration = Duration::from_secs(1);

/// Settings of the runtime.
#[derive(Clone, Debug)]
pub struct Config {
    /// Commands that may wait for a partition; more are refused as overload.
    pub inbox_commands_max: usize,
    /// Jobs that run in components at the same time at most.
    pub concurrent_jobs_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { inbox_commands_max: 2_000, concurrent_jobs_max: 64 }
    }
}

/// A running runtime.
pub struct Runtime {
    /// The way to ask it.
    pub handle: Handle,
    partition: JoinHandle<()>,
    shutdown: watch::Sender<bool>,
}

/// Asks the runtime. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    inbox: Inbox,
    shared: Arc<Shared>,
}

/// An id for an installation, at random: 32 hexadecimal digits.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_installation_id() -> Result<String, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(format!("{:032x}", u128::from_le_bytes(random)))
}

impl Runtime {
    /// Starts on what is in the store: takes up running jobs, paused instances and timers.
    /// On a store that was restored it does nothing by itself before [`Handle::resume`].
    ///
    /// # Errors
    /// The store does not answer, or what it holds makes no sense.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        executor: Arc<dyn JobExecutor>,
        secrets: Arc<dyn SecretTokens>,
        config: Config,
    ) -> Result<Self, Error> {
        Self::claim(&*store).await?;
        let no_random = |error: getrandom::Error| Error::Damaged(error.to_string());
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(no_random)?;
        let installation_if_new = new_installation_id().map_err(no_random)?;
        let installation = store.installation_value(INSTALLATION_ID, &installation_if_new).await?;
        let suspension = Arc::new(Suspension::new(store.restored_at().await?.is_some()));
        let (inbox, letters) = Inbox::new(config.inbox_commands_max);
        let (shutdown, ending) = watch::channel(false);
        let dispatcher = Dispatcher::new(executor, Arc::clone(&suspension), config.concurrent_jobs_max);
        let shared = Arc::new(Shared {
            definitions: Arc::new(DefinitionCache::new(Arc::clone(&store), secrets)),
            store,
            clock,
            dispatcher: dispatcher.clone(),
            arrivals: Arc::default(),
            suspension,
            shutdown: ending.clone(),
        });
        let mut partition =
            Partition::open(PartitionId::FIRST, Arc::clone(&shared), letters, u64::from_le_bytes(random))
                .await?;
        partition.recover().await?;
        let partition = tokio::spawn(partition.run());
        dispatcher.spawn(Surroundings {
            partition: PartitionId::FIRST,
            store: Arc::clone(&shared.store),
            clock: Arc::clone(&shared.clock),
            inbox: inbox.clone(),
            arrivals: Arc::clone(&shared.arrivals),
            installation,
            shutdown: ending,
        });
        let handle = Handle { inbox, shared };
        Ok(Self { handle, partition, shutdown })
    }

    /// Makes the state in a store this host's. While another host works on it this one waits, and takes over when that one
    /// is gone. [`start`](Self::start) does it too; whoever reads what other hosts may change has to do it before.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn claim(store: &dyn Store) -> Result<(), Error> {
        loop {
            match store.claim(PartitionId::FIRST).await {
                Err(store::Error::PartitionOwned { owner, remaining, .. }) => {
                    tracing::info!(%owner, ?remaining, "another host is at work on this database; waiting for its end");
                    tokio::time::sleep(remaining.clamp(CLAIM_AGAIN_MIN, CLAIM_AGAIN_MAX)).await;
                }
                claimed => return Ok(claimed?),
            }
        }
    }

    /// Returns when the partition has stopped by itself, which it never should: its invariants are broken.
    pub async fn stopped(&mut self) {
        if let Err(error) = (&mut self.partition).await {
            tracing::error!(%error, "the partition has stopped");
        }
    }

    /// Stops at once, wherever it is, as the end of the process would. For tests of what comes after.
    pub async fn abort(self) {
        self.partition.abort();
        let _ = self.shutdown.send(true);
        let _ = self.partition.await;
    }

    /// Ends the runtime after the commit at work. Jobs that run are taken up at the next start.
    pub async fn shut_down(self) {
        let _ = self.shutdown.send(true);
        let _ = self.partition.await;
    }
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
        self.inbox.try_send(Ask::Deploy { deployment, reply })?;
        let deployed = answer.await.map_err(|_| Error::ShuttingDown)??;
        Ok((deployed, warnings))
    }

    /// Starts an instance and returns when that is durable.
    pub async fn start_instance(&self, start: StartInstance) -> Result<StartedInstance, Error> {
        let (create, actor) = start.into_command();
        let started = self.ask(|reply| Ask::Start { create, actor, reply, ended: None }).await?;
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
        let started = self.ask(|reply| Ask::Start { create, actor, reply, ended: Some(ended) }).await?;
        match tokio::time::timeout(timeout, end).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::ShuttingDown),
            Err(_) => Err(Error::AwaitTimedOut { key: started.key, waited_ms: timeout.as_millis() as u64 }),
        }
    }

    /// Ends an instance and all it is doing.
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

    /// Gives a user task to somebody.
    pub async fn assign_user_task(&self, assign: AssignUserTask, actor: Actor) -> Result<(), Error> {
        self.command(Target::UserTask(assign.task), Command::AssignUserTask(assign), actor).await
    }

    /// Takes a user task back.
    pub async fn unassign_user_task(&self, task: UserTaskKey, actor: Actor) -> Result<(), Error> {
        self.command(Target::UserTask(task), Command::UnassignUserTask { task }, actor).await
    }

    /// Changes a user task's properties.
    pub async fn update_user_task(&self, update: UpdateUserTask, actor: Actor) -> Result<(), Error> {
        self.command(Target::UserTask(update.task), Command::UpdateUserTask(update), actor).await
    }

    /// A user task is done.
    pub async fn complete_user_task(
        &self,
        task: UserTaskKey,
        variables: Variables,
        actor: Actor,
    ) -> Result<(), Error> {
        self.command(Target::UserTask(task), Command::CompleteUserTask { task, variables }, actor).await
    }

    /// Tries again what an incident has stopped.
    pub async fn resolve_incident(&self, incident: IncidentKey, actor: Actor) -> Result<(), Error> {
        self.command(Target::Incident(incident), Command::ResolveIncident { incident }, actor).await
    }

    /// Sets variables, in exactly `scope` when `local`, otherwise where they exist from there upwards.
    pub async fn set_variables(
        &self,
        scope: ElementInstanceKey,
        variables: Variables,
        local: bool,
        actor: Actor,
    ) -> Result<(), Error> {
        let command = Command::SetVariables { scope, variables, local };
        self.command(Target::Element(scope), command, actor).await
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

    /// To be called when components came or went: jobs may have got, or lost, their worker.
    pub fn components_changed(&self) {
        self.shared.dispatcher.look_for_jobs();
        self.shared.arrivals.announce_all();
    }

    fn arrivals(&self) -> &Arc<Arrivals> {
        &self.shared.arrivals
    }

    pub(crate) fn serves(&self, tenant: &TenantId, job_type: &str) -> bool {
        self.shared.dispatcher.worker_for(tenant, job_type).is_some()
    }

    async fn command(&self, target: Target, command: Command, actor: Actor) -> Result<(), Error> {
        self.ask(|reply| Ask::Command { target, command, actor, reply }).await
    }

    pub(crate) async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Ask,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.inbox.try_send(ask(reply))?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }
}
