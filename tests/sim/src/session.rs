//! A store as one host sees it: with faults, until the host dies or another one takes over.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::mailbox::Entry;
use engine::state::{MailboxAddress, Rows};
use store::search::{
    BatchOperationSearch, DecisionEvaluationSearch, DecisionListing, DecisionRequirementsSearch,
    DecisionSearch, ElementInstanceRecord, ElementInstanceSearch, EvaluationRecord, IncidentRecord,
    IncidentSearch, JobRecord, JobSearch, MessageCorrelationRecord, MessageCorrelationSearch,
    MessageSubscriptionRecord, MessageSubscriptionSearch, Page, ProcessDefinitionSearch,
    ProcessInstanceRecord, ProcessInstanceSearch, UserTaskRecord, UserTaskSearch, VariableRecord,
    VariableSearch,
};
use store::{
    AttemptsOf, Batch, BatchOperation, BatchOperationKey, BatchProgress, BatchState, ComponentRecord,
    ComponentSignature, ComponentSummary, CrossingRow, DecisionEvaluation, DecisionRecord,
    DecisionRequirementsRecord, DefinitionRecord, DueJob, DueTimer, EndedInstance, Error, FileRecord,
    GrantChange, GrantRecord, JobAttempt, JobPlace, JobRef, JobTypeOwner, JournalRow, KeptAttempt,
    NewBatchOperation, NewDeployment, OldestEnd, Outlook, Parcel, Removal, RemovalLimit, Removed,
    RemovedComponent, ResourceRecord, RolloutChange, RolloutRecord, RowSetAside, SecretChange, SecretRecord,
    ServingChange, Snapshot, StartEvent, StartTimer, StartTrigger, Store, SubscriptionRef, VersionChoice,
};
use types::{
    Actor, AttemptKey, DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey,
    ElementInstanceKey, FileKind, IncidentKey, JobKey, Key, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, ResourceKey, SubscriptionKey, TenantId, Timestamp, UserTaskKey,
};

use crate::disk::{Disk, Epochs, at_once};
use crate::faults::{CommitFault, FaultKind, Plan};
use crate::tamper::{Tamper, Told};
use crate::watched::Watched;
use crate::witness::Witness;

/// Whether a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Runs,
    /// It stands still and does not know.
    Stands,
    /// Nothing that it has begun comes to an end.
    Dead,
}

/// See the module.
pub(crate) struct Session {
    disk: Arc<Disk>,
    plan: Arc<Plan>,
    witness: Arc<Witness>,
    tamper: Arc<dyn Tamper>,
    life: Watched<Life>,
    /// Those that it has claimed.
    epochs: Mutex<Epochs>,
    /// What a planted fault has acknowledged too early. It dies with the host.
    acknowledged: Mutex<Vec<Batch>>,
}

/// What a store says that was made to fail.
#[derive(Debug)]
struct Injected(&'static str);

impl std::fmt::Display for Injected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} was made to fail", self.0)
    }
}

impl std::error::Error for Injected {}

fn unavailable(what: &'static str) -> Error {
    Error::Unavailable(Box::new(Injected(what)))
}

impl Session {
    pub(crate) fn new(
        disk: Arc<Disk>,
        plan: Arc<Plan>,
        witness: Arc<Witness>,
        tamper: Arc<dyn Tamper>,
    ) -> Arc<Self> {
        let life = Watched::new(Life::Runs);
        Arc::new(Self {
            disk,
            plan,
            witness,
            tamper,
            life,
            epochs: Mutex::default(),
            acknowledged: Mutex::default(),
        })
    }

    /// From now on nothing that the host has begun comes to an end.
    pub(crate) fn kill(&self) {
        self.life.set(Life::Dead);
    }

    /// The host stands still until it goes on.
    pub(crate) fn suspend(&self) {
        if !self.is_dead() {
            self.life.set(Life::Stands);
        }
    }

    pub(crate) fn resume(&self) {
        if !self.is_dead() {
            self.life.set(Life::Runs);
        }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.life.get() == Life::Dead
    }

    /// Returns when the host has died.
    pub(crate) async fn died(&self) {
        self.life.wait_for(|life| life == Life::Dead).await;
    }

    async fn die<T>(&self) -> T {
        self.kill();
        std::future::pending().await
    }

    /// Returns when the host may go on; never when it is dead.
    async fn goes_on(&self) {
        self.life.wait_for(|life| life == Life::Runs).await;
    }

    /// Before each read that the runtime makes.
    async fn reads(&self, what: &'static str) -> Result<(), Error> {
        self.goes_on().await;
        if self.plan.next_read_fails() {
            self.witness.strikes(FaultKind::ReadFailed, what);
            return Err(unavailable(what));
        }
        Ok(())
    }

    fn store(&self) -> Arc<dyn Store> {
        self.disk.store()
    }

    /// Whether the host may still write to a partition.
    fn owns(&self, partition: PartitionId) -> bool {
        let own = self.epochs.lock().unwrap_or_else(PoisonError::into_inner).get(&partition).copied();
        own.is_some() && own == self.disk.epochs().get(&partition).copied()
    }

    /// What a host that was taken over is told.
    fn check_epoch(&self, partition: PartitionId) -> Result<(), Error> {
        if self.owns(partition) || !self.tamper.is_fenced() {
            Ok(())
        } else {
            Err(Error::LeaseLost { partition })
        }
    }

    fn write(&self, write: Write) -> Result<(), Error> {
        match write {
            Write::Batch(batch) => {
                self.check_epoch(batch.partition)?;
                let mut acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                for earlier in acknowledged.drain(..) {
                    self.disk.write(earlier)?;
                }
                match self.tamper.commit(batch) {
                    Told::Written(batch) => self.disk.write(batch),
                    Told::TooEarly(batch) => {
                        acknowledged.push(batch);
                        Ok(())
                    }
                    Told::Nothing => Ok(()),
                }
            }
            Write::Deployment(partition, deployment) => {
                self.check_epoch(partition)?;
                self.disk.deploy(partition, deployment)
            }
        }
    }

    /// Carries out a write with the fault that is meant for it.
    async fn commits(&self, write: Write) -> Result<(), Error> {
        let fate = self.plan.next_commit();
        let number = fate.number;
        if !fate.takes.is_zero() {
            tokio::time::sleep(fate.takes).await;
        }
        // A host that has died meanwhile meets no fault any more.
        self.goes_on().await;
        let strikes = |fault| self.witness.strikes(fault, &format!("commit {number}"));
        match fate.fault {
            Some(CommitFault::Fails) => {
                strikes(FaultKind::CommitFailed);
                return Err(unavailable("a commit"));
            }
            Some(CommitFault::CrashBefore) => {
                strikes(FaultKind::CrashBeforeCommit);
                return self.die().await;
            }
            Some(CommitFault::Torn) => {
                strikes(self.tear(write)?);
                return self.die().await;
            }
            Some(CommitFault::Delayed) => self.witness.delayed(number),
            Some(CommitFault::AnswerLost | CommitFault::CrashAfter) | None => {}
        }
        let written = self.tamper.answer(self.write(write));
        self.witness.note(|| match &written {
            Ok(()) => format!("commit {number}"),
            Err(error) => format!("commit {number} is refused: {error}"),
        });
        match fate.fault {
            Some(CommitFault::AnswerLost) => {
                strikes(FaultKind::AnswerLost);
                Err(unavailable("the answer of a commit"))
            }
            Some(CommitFault::CrashAfter) => {
                strikes(if written.is_ok() {
                    FaultKind::CrashAfterCommit
                } else {
                    FaultKind::CrashBeforeCommit
                });
                self.die().await
            }
            _ => written,
        }
    }

    /// Writes as much as a host writes that dies meanwhile. Returns what that comes to.
    fn tear(&self, write: Write) -> Result<FaultKind, Error> {
        match write {
            Write::Batch(batch) if self.owns(batch.partition) => {
                let part = self.plan.draw(|rng| rng.u8(..));
                self.disk.tear(batch, part).map_err(|error| Error::Damaged(format!("{error:#}")))
            }
            Write::Batch(_) | Write::Deployment(..) => Ok(FaultKind::CrashBeforeCommit),
        }
    }
}

/// What a host may write.
enum Write {
    Batch(Batch),
    Deployment(PartitionId, NewDeployment),
}

#[async_trait]
impl Store for Session {
    async fn claim(&self, partition: PartitionId) -> Result<(), Error> {
        self.goes_on().await;
        let epoch = self.disk.claim(partition);
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, epoch);
        Ok(())
    }

    async fn next_key_counter(&self, partition: PartitionId) -> Result<u64, Error> {
        self.reads("the key counter").await?;
        at_once(self.store().next_key_counter(partition))
    }

    async fn commit(&self, batch: Batch) -> Result<(), Error> {
        self.commits(Write::Batch(batch)).await
    }

    async fn load_instance(&self, key: ProcessInstanceKey) -> Result<Option<Rows>, Error> {
        self.reads("an instance").await?;
        Ok(at_once(self.store().load_instance(key))?.map(|rows| self.tamper.loaded(rows)))
    }

    async fn instance_of_job(&self, key: JobKey) -> Result<Option<ProcessInstanceKey>, Error> {
        self.reads("the instance of a job").await?;
        at_once(self.store().instance_of_job(key))
    }

    async fn instance_of_user_task(&self, key: UserTaskKey) -> Result<Option<ProcessInstanceKey>, Error> {
        self.reads("the instance of a user task").await?;
        at_once(self.store().instance_of_user_task(key))
    }

    async fn instance_of_incident(&self, key: IncidentKey) -> Result<Option<ProcessInstanceKey>, Error> {
        self.reads("the instance of an incident").await?;
        at_once(self.store().instance_of_incident(key))
    }

    async fn instance_of_element(
        &self,
        key: ElementInstanceKey,
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        self.reads("the instance of an element").await?;
        at_once(self.store().instance_of_element(key))
    }

    async fn due_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueTimer>, Error> {
        self.reads("due timers").await?;
        at_once(self.store().due_timers(partition, now, limit))
    }

    async fn timed_out_jobs(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueJob>, Error> {
        self.reads("timed-out jobs").await?;
        at_once(self.store().timed_out_jobs(partition, now, limit))
    }

    async fn next_due(&self, partition: PartitionId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        self.reads("the next due time").await?;
        at_once(self.store().next_due(partition, now))
    }

    async fn activatable_jobs(
        &self,
        partition: PartitionId,
        job_type: &str,
        tenants: &[TenantId],
        now: Timestamp,
        after: Option<JobPlace>,
        limit: u32,
    ) -> Result<Vec<JobRef>, Error> {
        self.reads("activatable jobs").await?;
        at_once(self.store().activatable_jobs(partition, job_type, tenants, now, after, limit))
    }

    async fn running_jobs(&self, partition: PartitionId) -> Result<Vec<JobRef>, Error> {
        self.reads("running jobs").await?;
        at_once(self.store().running_jobs(partition))
    }

    async fn paused_instances(&self, partition: PartitionId) -> Result<Vec<ProcessInstanceKey>, Error> {
        self.reads("paused instances").await?;
        at_once(self.store().paused_instances(partition))
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn outbox(
        &self,
        receiver: PartitionId,
        sender: PartitionId,
        after: Option<Key>,
        limit: u32,
    ) -> Result<Vec<Parcel>, Error> {
        self.reads("the outbox").await?;
        at_once(self.store().outbox(receiver, sender, after, limit))
    }

    async fn mailboxes(
        &self,
        partition: PartitionId,
        addresses: &[MailboxAddress],
    ) -> Result<Vec<Vec<Entry>>, Error> {
        self.reads("mailboxes").await?;
        at_once(self.store().mailboxes(partition, addresses))
    }

    async fn set_aside(
        &self,
        partition: PartitionId,
        row: &CrossingRow,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        at_once(self.store().set_aside(partition, row, reason, at))
    }

    async fn rows_set_aside(&self, after: Option<i64>, limit: u32) -> Result<Vec<RowSetAside>, Error> {
        at_once(self.store().rows_set_aside(after, limit))
    }

    async fn expired_mailboxes(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<MailboxAddress>, Error> {
        self.reads("expired messages").await?;
        at_once(self.store().expired_mailboxes(partition, now, limit))
    }

    async fn signal_subscriptions(
        &self,
        tenant: &TenantId,
        name: &str,
        after: Option<SubscriptionKey>,
        last: SubscriptionKey,
        limit: u32,
    ) -> Result<Vec<SubscriptionRef>, Error> {
        self.reads("subscriptions to a signal").await?;
        at_once(self.store().signal_subscriptions(tenant, name, after, last, limit))
    }

    async fn start_events(
        &self,
        tenant: &TenantId,
        trigger: &StartTrigger,
    ) -> Result<Vec<StartEvent>, Error> {
        self.reads("start events").await?;
        at_once(self.store().start_events(tenant, trigger))
    }

    async fn start_timers(&self, tenant: &TenantId, bpmn_process_id: &str) -> Result<Vec<StartTimer>, Error> {
        self.reads("start timers").await?;
        at_once(self.store().start_timers(tenant, bpmn_process_id))
    }

    async fn due_start_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StartTimer>, Error> {
        self.reads("due start timers").await?;
        at_once(self.store().due_start_timers(partition, now, limit))
    }

    async fn decision(&self, key: DecisionKey) -> Result<Option<DecisionRecord>, Error> {
        self.reads("a decision").await?;
        at_once(self.store().decision(key))
    }

    async fn decision_of(
        &self,
        tenant: &TenantId,
        decision_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DecisionRecord>, Error> {
        self.reads("a decision by its id").await?;
        at_once(self.store().decision_of(tenant, decision_id, choice))
    }

    async fn decisions_in(&self, key: DecisionRequirementsKey) -> Result<Vec<DecisionRecord>, Error> {
        self.reads("the decisions of a file").await?;
        at_once(self.store().decisions_in(key))
    }

    async fn decision_requirements(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<DecisionRequirementsRecord>, Error> {
        self.reads("decision requirements").await?;
        at_once(self.store().decision_requirements(key))
    }

    async fn latest_decision_requirements(
        &self,
        tenant: &TenantId,
        requirements_id: &str,
    ) -> Result<Option<DecisionRequirementsRecord>, Error> {
        self.reads("the latest decision requirements").await?;
        at_once(self.store().latest_decision_requirements(tenant, requirements_id))
    }

    async fn decision_requirements_resource(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<ResourceRecord>, Error> {
        self.reads("the file of decisions").await?;
        at_once(self.store().decision_requirements_resource(key))
    }

    async fn file(&self, key: ResourceKey) -> Result<Option<FileRecord>, Error> {
        self.reads("a file").await?;
        at_once(self.store().file(key))
    }

    async fn file_of(
        &self,
        tenant: &TenantId,
        kind: FileKind,
        id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<FileRecord>, Error> {
        self.reads("a file by its id").await?;
        at_once(self.store().file_of(tenant, kind, id, choice))
    }

    async fn file_content(&self, key: ResourceKey) -> Result<Option<ResourceRecord>, Error> {
        self.reads("the content of a file").await?;
        at_once(self.store().file_content(key))
    }

    async fn decision_files(&self, deployment: DeploymentKey) -> Result<Vec<ResourceRecord>, Error> {
        self.reads("files with decisions").await?;
        at_once(self.store().decision_files(deployment))
    }

    async fn decision_evaluations(
        &self,
        instance: ProcessInstanceKey,
        after: Option<DecisionEvaluationKey>,
        limit: u32,
    ) -> Result<Vec<DecisionEvaluation>, Error> {
        at_once(self.store().decision_evaluations(instance, after, limit))
    }

    async fn job_attempts(
        &self,
        of: AttemptsOf,
        after: Option<AttemptKey>,
        limit: u32,
    ) -> Result<Vec<JobAttempt>, Error> {
        at_once(self.store().job_attempts(of, after, limit))
    }

    async fn kept_attempts(&self, instance: ProcessInstanceKey) -> Result<Vec<KeptAttempt>, Error> {
        self.reads("kept attempts").await?;
        at_once(self.store().kept_attempts(instance))
    }

    async fn oldest_ends(
        &self,
        partition: PartitionId,
        after: Option<ProcessDefinitionKey>,
        limit: u32,
    ) -> Result<Vec<OldestEnd>, Error> {
        self.reads("the oldest ends").await?;
        at_once(self.store().oldest_ends(partition, after, limit))
    }

    async fn ended_instances(
        &self,
        partition: PartitionId,
        definition: ProcessDefinitionKey,
        after: Option<EndedInstance>,
        limit: u32,
    ) -> Result<Vec<EndedInstance>, Error> {
        self.reads("ended instances").await?;
        at_once(self.store().ended_instances(partition, definition, after, limit))
    }

    async fn remove_instances(
        &self,
        partition: PartitionId,
        instances: &[ProcessInstanceKey],
        limit: RemovalLimit,
    ) -> Result<Removed, Error> {
        self.goes_on().await;
        self.check_epoch(partition)?;
        at_once(self.store().remove_instances(partition, instances, limit))
    }

    async fn deploy(&self, partition: PartitionId, deployment: NewDeployment) -> Result<(), Error> {
        self.commits(Write::Deployment(partition, deployment)).await
    }

    async fn definition(&self, key: ProcessDefinitionKey) -> Result<Option<DefinitionRecord>, Error> {
        self.reads("a definition").await?;
        at_once(self.store().definition(key))
    }

    async fn definition_of(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DefinitionRecord>, Error> {
        self.reads("a definition by its id").await?;
        at_once(self.store().definition_of(tenant, bpmn_process_id, choice))
    }

    async fn definition_resource(&self, key: ProcessDefinitionKey) -> Result<Option<ResourceRecord>, Error> {
        self.reads("a resource").await?;
        at_once(self.store().definition_resource(key))
    }

    async fn put_component(&self, component: ComponentRecord, serving: ServingChange) -> Result<i64, Error> {
        at_once(self.store().put_component(component, serving))
    }

    async fn components(&self) -> Result<Vec<ComponentSummary>, Error> {
        at_once(self.store().components())
    }

    async fn component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<ComponentRecord>, Error> {
        at_once(self.store().component(tenant, name, version))
    }

    async fn sign_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        digest: &str,
        signature: ComponentSignature,
    ) -> Result<bool, Error> {
        at_once(self.store().sign_component(tenant, name, version, digest, signature))
    }

    async fn delete_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        removal: Removal,
        serving: ServingChange,
    ) -> Result<bool, Error> {
        at_once(self.store().delete_component(tenant, name, version, removal, serving))
    }

    async fn removed_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<RemovedComponent>, Error> {
        at_once(self.store().removed_component(tenant, name, version))
    }

    async fn job_type_owners(&self) -> Result<Vec<JobTypeOwner>, Error> {
        at_once(self.store().job_type_owners())
    }

    async fn put_grant(&self, grant: GrantRecord, reason: &str) -> Result<(), Error> {
        at_once(self.store().put_grant(grant, reason))
    }

    async fn grant_changes(
        &self,
        tenant: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChange>, Error> {
        at_once(self.store().grant_changes(tenant, component, before, limit))
    }

    async fn grants(&self) -> Result<Vec<GrantRecord>, Error> {
        at_once(self.store().grants())
    }

    async fn change_rollout(&self, change: RolloutChange) -> Result<i64, Error> {
        at_once(self.store().change_rollout(change))
    }

    async fn rollouts(&self) -> Result<Vec<RolloutRecord>, Error> {
        at_once(self.store().rollouts())
    }

    async fn rollout_changes(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChange>, Error> {
        at_once(self.store().rollout_changes(tenant, job_type, before, limit))
    }

    async fn put_secret(&self, secret: SecretRecord, reason: &str) -> Result<u32, Error> {
        at_once(self.store().put_secret(secret, reason))
    }

    async fn secrets(&self) -> Result<Vec<SecretRecord>, Error> {
        at_once(self.store().secrets())
    }

    async fn delete_secret(
        &self,
        tenant: &TenantId,
        name: &str,
        removal: Removal,
        reason: &str,
    ) -> Result<bool, Error> {
        at_once(self.store().delete_secret(tenant, name, removal, reason))
    }

    async fn secret_changes(
        &self,
        tenant: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChange>, Error> {
        at_once(self.store().secret_changes(tenant, name, before, limit))
    }

    async fn snapshot(&self) -> Result<Snapshot, Error> {
        at_once(self.store().snapshot())
    }

    async fn mark_restored(&self, installation_id: &str, at: Option<Timestamp>) -> Result<(), Error> {
        at_once(self.store().mark_restored(installation_id, at))
    }

    async fn restored_at(&self) -> Result<Option<Timestamp>, Error> {
        self.reads("whether it was restored").await?;
        at_once(self.store().restored_at())
    }

    async fn end_restoration(&self) -> Result<bool, Error> {
        at_once(self.store().end_restoration())
    }

    async fn outlook(&self, now: Timestamp) -> Result<Outlook, Error> {
        at_once(self.store().outlook(now))
    }

    async fn installation_value(&self, name: &str, value_if_new: &str) -> Result<Arc<str>, Error> {
        self.reads("an installation value").await?;
        at_once(self.store().installation_value(name, value_if_new))
    }

    async fn stored_installation_value(&self, name: &str) -> Result<Option<Arc<str>>, Error> {
        self.reads("a stored installation value").await?;
        at_once(self.store().stored_installation_value(name))
    }

    async fn process_instance(
        &self,
        key: ProcessInstanceKey,
    ) -> Result<Option<ProcessInstanceRecord>, Error> {
        at_once(self.store().process_instance(key))
    }

    async fn search_process_instances(
        &self,
        search: &ProcessInstanceSearch,
    ) -> Result<Page<ProcessInstanceRecord>, Error> {
        at_once(self.store().search_process_instances(search))
    }

    async fn search_process_definitions(
        &self,
        search: &ProcessDefinitionSearch,
    ) -> Result<Page<DefinitionRecord>, Error> {
        at_once(self.store().search_process_definitions(search))
    }

    async fn user_task(&self, key: UserTaskKey) -> Result<Option<UserTaskRecord>, Error> {
        at_once(self.store().user_task(key))
    }

    async fn search_user_tasks(&self, search: &UserTaskSearch) -> Result<Page<UserTaskRecord>, Error> {
        at_once(self.store().search_user_tasks(search))
    }

    async fn incident(&self, key: IncidentKey) -> Result<Option<IncidentRecord>, Error> {
        at_once(self.store().incident(key))
    }

    async fn search_incidents(&self, search: &IncidentSearch) -> Result<Page<IncidentRecord>, Error> {
        at_once(self.store().search_incidents(search))
    }

    async fn search_jobs(&self, search: &JobSearch) -> Result<Page<JobRecord>, Error> {
        at_once(self.store().search_jobs(search))
    }

    async fn begin_batch_operation(&self, new: NewBatchOperation) -> Result<BatchOperationKey, Error> {
        at_once(self.store().begin_batch_operation(new))
    }

    async fn batch_operation(&self, key: BatchOperationKey) -> Result<Option<BatchOperation>, Error> {
        at_once(self.store().batch_operation(key))
    }

    async fn advance_batch_operation(
        &self,
        key: BatchOperationKey,
        progress: BatchProgress,
    ) -> Result<(), Error> {
        at_once(self.store().advance_batch_operation(key, progress))
    }

    async fn change_batch_operation(
        &self,
        key: BatchOperationKey,
        from: BatchState,
        to: BatchState,
        at: Timestamp,
    ) -> Result<bool, Error> {
        at_once(self.store().change_batch_operation(key, from, to, at))
    }

    async fn search_batch_operations(
        &self,
        search: &BatchOperationSearch,
    ) -> Result<Page<BatchOperation>, Error> {
        at_once(self.store().search_batch_operations(search))
    }

    async fn hold_definition(
        &self,
        key: ProcessDefinitionKey,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(), Error> {
        at_once(self.store().hold_definition(key, actor, at))
    }

    async fn release_definition(&self, key: ProcessDefinitionKey) -> Result<(), Error> {
        at_once(self.store().release_definition(key))
    }

    async fn held_definitions(&self) -> Result<Vec<ProcessDefinitionKey>, Error> {
        at_once(self.store().held_definitions())
    }

    async fn active_with_business_id(
        &self,
        partition: PartitionId,
        tenant: &TenantId,
        bpmn_process_id: &str,
        business_id: &str,
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        self.reads("a business id").await?;
        at_once(self.store().active_with_business_id(partition, tenant, bpmn_process_id, business_id))
    }

    async fn search_element_instances(
        &self,
        search: &ElementInstanceSearch,
    ) -> Result<Page<ElementInstanceRecord>, Error> {
        at_once(self.store().search_element_instances(search))
    }

    async fn search_message_subscriptions(
        &self,
        search: &MessageSubscriptionSearch,
    ) -> Result<Page<MessageSubscriptionRecord>, Error> {
        at_once(self.store().search_message_subscriptions(search))
    }

    async fn search_message_correlations(
        &self,
        search: &MessageCorrelationSearch,
    ) -> Result<Page<MessageCorrelationRecord>, Error> {
        at_once(self.store().search_message_correlations(search))
    }

    async fn search_decisions(&self, search: &DecisionSearch) -> Result<Page<DecisionListing>, Error> {
        at_once(self.store().search_decisions(search))
    }

    async fn search_decision_requirements(
        &self,
        search: &DecisionRequirementsSearch,
    ) -> Result<Page<DecisionRequirementsRecord>, Error> {
        at_once(self.store().search_decision_requirements(search))
    }

    async fn search_decision_evaluations(
        &self,
        search: &DecisionEvaluationSearch,
    ) -> Result<Page<EvaluationRecord>, Error> {
        at_once(self.store().search_decision_evaluations(search))
    }

    async fn search_variables(&self, search: &VariableSearch) -> Result<Page<VariableRecord>, Error> {
        at_once(self.store().search_variables(search))
    }

    async fn journal(
        &self,
        instance: ProcessInstanceKey,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JournalRow>, Error> {
        at_once(self.store().journal(instance, after, limit))
    }
}
