//! What the runtime and the API need of a store.

use std::sync::Arc;

use async_trait::async_trait;
use engine::mailbox::Entry;
use engine::state::{MailboxAddress, Rows};
use types::{
    Actor, AttemptKey, DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey,
    ElementInstanceKey, FileKind, IncidentKey, JobKey, Key, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, ResourceKey, SubscriptionKey, TenantId, TimerKey, Timestamp, UserTaskKey,
};

use crate::search::{
    BatchOperationSearch, DecisionEvaluationSearch, DecisionListing, DecisionRequirementsSearch,
    DecisionSearch, ElementInstanceRecord, ElementInstanceSearch, EvaluationRecord, IncidentRecord,
    IncidentSearch, JobRecord, JobSearch, MessageCorrelationRecord, MessageCorrelationSearch,
    MessageSubscriptionRecord, MessageSubscriptionSearch, Page, ProcessDefinitionSearch,
    ProcessInstanceRecord, ProcessInstanceSearch, UserTaskRecord, UserTaskSearch, VariableRecord,
    VariableSearch,
};
use crate::{
    AttemptsOf, Batch, BatchOperation, BatchOperationKey, BatchProgress, BatchState, ComponentRecord,
    ComponentSignature, ComponentSummary, CrossingRow, DecisionEvaluation, DecisionRecord,
    DecisionRequirementsRecord, DefinitionRecord, EndedInstance, Error, FileRecord, GrantChange, GrantRecord,
    JobAttempt, JobTypeOwner, KeptAttempt, NewBatchOperation, NewDeployment, OldestEnd, Outlook, Parcel,
    Removal, RemovalLimit, Removed, RemovedComponent, ResourceRecord, RolloutChange, RolloutRecord,
    RowSetAside, SecretChange, SecretRecord, ServingChange, Snapshot, StartEvent, StartTimer, StartTrigger,
    SubscriptionRef, VersionChoice,
};

/// The value of the installation that is its random id: idempotency keys begin with it.
pub const INSTALLATION_ID: &str = "installation-id";

/// So many keys are left out when a database was restored: the original has gone on giving out the next ones, and what others
/// know by such a key must not turn out to be something else here. At 100,000 keys a second it lasts for months.
pub const KEYS_SKIPPED: u64 = 1 << 40;

/// Keys are not left out from here on, where no more than half of them are left.
pub(crate) const KEYS_SKIPPED_BELOW: u64 = 1 << (types::COUNTER_BITS - 1);

/// How a few connections are used at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections at most.
    pub limit: usize,
    /// Connections that somebody uses.
    pub in_use: usize,
    /// Connections that are open and wait for somebody.
    pub idle: usize,
}

/// A job and the instance that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobRef {
    /// The job.
    pub job: JobKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// Its priority.
    pub priority: i32,
}

impl JobRef {
    /// Its place among those that wait.
    pub fn place(&self) -> JobPlace {
        JobPlace { priority: self.priority, job: self.job }
    }
}

/// A place in a line of jobs: those with a higher priority come first, and among equals the older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobPlace {
    /// The job's priority.
    pub priority: i32,
    /// The job.
    pub job: JobKey,
}

impl Ord for JobPlace {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.priority.cmp(&self.priority).then(self.job.cmp(&other.job))
    }
}

impl PartialOrd for JobPlace {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A job whose worker's time is over, or that may be taken again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueJob {
    /// The job and its instance.
    pub job: JobRef,
    /// The deadline, or the end of the back-off.
    pub due: Timestamp,
}

/// A timer that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueTimer {
    /// The timer.
    pub timer: TimerKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// When it fires.
    pub due: Timestamp,
}

/// A store. Everything it has acknowledged survives the end of the process and of the power.
///
/// Readers see every acknowledged write.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // ---- the partition loop

    /// Makes a partition this store's, to write for it. It stays so until the store is closed or another one takes it.
    ///
    /// # Errors
    /// [`Error::PartitionOwned`]: it is another's, and that one may still be at work.
    async fn claim(&self, partition: PartitionId) -> Result<(), Error>;

    /// Returns when a partition that this store has claimed is another one's; never as long as all are its own.
    async fn partition_lost(&self) {
        std::future::pending().await
    }

    /// How the connections for what callers read are used; `None` where there are none.
    fn read_connections(&self) -> Option<PoolUse> {
        None
    }

    /// The first key counter of `partition` that was never given out.
    async fn next_key_counter(&self, partition: PartitionId) -> Result<u64, Error>;

    /// Writes a batch, all of it or nothing, and returns when it is durable.
    ///
    /// After [`Error::Unavailable`] it may have been written or not; the rows say which, and they stay so.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: the partition is not this store's, or not any longer.
    async fn commit(&self, batch: Batch) -> Result<(), Error>;

    /// The rows of an instance, without what has ended in it; `None` when there is no such instance.
    async fn load_instance(&self, key: ProcessInstanceKey) -> Result<Option<Rows>, Error>;

    /// The instance that a job belongs to.
    async fn instance_of_job(&self, key: JobKey) -> Result<Option<ProcessInstanceKey>, Error>;

    /// The instance that an open user task belongs to.
    async fn instance_of_user_task(&self, key: UserTaskKey) -> Result<Option<ProcessInstanceKey>, Error>;

    /// The instance that an open incident belongs to.
    async fn instance_of_incident(&self, key: IncidentKey) -> Result<Option<ProcessInstanceKey>, Error>;

    /// The instance that an element instance belongs to; a process scope belongs to its own instance.
    async fn instance_of_element(&self, key: ElementInstanceKey)
    -> Result<Option<ProcessInstanceKey>, Error>;

    /// Timers due at `now`, earliest first, at most `limit`. Those of instances that an operator holds are left out.
    async fn due_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueTimer>, Error>;

    /// Jobs held by external workers whose deadline is at or before `now`, earliest first, at most `limit`.
    async fn timed_out_jobs(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueJob>, Error>;

    /// The earliest time after `now` at which something is due: a timer, a worker's deadline, the end of a back-off, a timer of a
    /// start event, the end of a message's time.
    async fn next_due(&self, partition: PartitionId, now: Timestamp) -> Result<Option<Timestamp>, Error>;

    /// Jobs of a type that a worker may take at `now`, in the order of their places, at most `limit`. `after` skips up to it.
    /// Those of instances that an operator holds are left out.
    async fn activatable_jobs(
        &self,
        partition: PartitionId,
        job_type: &str,
        tenants: &[TenantId],
        now: Timestamp,
        after: Option<JobPlace>,
        limit: u32,
    ) -> Result<Vec<JobRef>, Error>;

    /// Jobs that components of an earlier process of this host were running.
    async fn running_jobs(&self, partition: PartitionId) -> Result<Vec<JobRef>, Error>;

    /// Active instances with tokens that wait for `Continue`, without those that an operator holds.
    async fn paused_instances(&self, partition: PartitionId) -> Result<Vec<ProcessInstanceKey>, Error>;

    // ---- what crosses instances

    /// What `sender` has sent to `receiver` and that is not carried out yet, in the order in which it was sent, at most `limit`
    /// after `after`.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: a parcel among them makes no sense.
    async fn outbox(
        &self,
        receiver: PartitionId,
        sender: PartitionId,
        after: Option<Key>,
        limit: u32,
    ) -> Result<Vec<Parcel>, Error>;

    /// All that is in mailboxes of `partition`, in the order of the addresses.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: a row of them makes no sense.
    async fn mailboxes(
        &self,
        partition: PartitionId,
        addresses: &[MailboxAddress],
    ) -> Result<Vec<Vec<Entry>>, Error>;

    /// All that is in a mailbox of `partition`.
    ///
    /// # Errors
    /// [`Error::Unreadable`]: a row of it makes no sense.
    async fn mailbox(&self, partition: PartitionId, address: &MailboxAddress) -> Result<Vec<Entry>, Error> {
        let found = self.mailboxes(partition, std::slice::from_ref(address)).await?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Takes a row out of its place and keeps it, as it is, for operators to see. `partition` is the one whose line it holds up.
    ///
    /// # Errors
    /// - [`Error::LeaseLost`]: the partition is not this store's, or not any longer.
    /// - [`Error::Damaged`]: the row is not there.
    async fn set_aside(
        &self,
        partition: PartitionId,
        row: &CrossingRow,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), Error>;

    /// Rows that were set aside, in the order in which they were, after number `after`: at most `limit`, and
    /// [`ROWS_SET_ASIDE_LISTED_MAX`](crate::ROWS_SET_ASIDE_LISTED_MAX).
    async fn rows_set_aside(&self, after: Option<i64>, limit: u32) -> Result<Vec<RowSetAside>, Error>;

    /// Mailboxes of `partition` with messages whose time is over at `now`, at most `limit` messages.
    async fn expired_mailboxes(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<MailboxAddress>, Error>;

    /// Subscriptions to a signal, in the order of their keys: those after `after` up to `last`, which tells the partition. At
    /// most `limit`.
    async fn signal_subscriptions(
        &self,
        tenant: &TenantId,
        name: &str,
        after: Option<SubscriptionKey>,
        last: SubscriptionKey,
        limit: u32,
    ) -> Result<Vec<SubscriptionRef>, Error>;

    /// Start events of the latest versions of a tenant's processes that `trigger` makes happen, in the order of their
    /// processes.
    async fn start_events(&self, tenant: &TenantId, trigger: &StartTrigger)
    -> Result<Vec<StartEvent>, Error>;

    /// Timers of start events of the latest version of a process, in the order of their keys.
    async fn start_timers(&self, tenant: &TenantId, bpmn_process_id: &str) -> Result<Vec<StartTimer>, Error>;

    /// Timers of start events that are due at `now`, earliest first, at most `limit`.
    async fn due_start_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StartTimer>, Error>;

    /// Waits for what is under way and lets go of everything: partitions are free for others, files are complete.
    /// Calls after this may fail.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: something was not let go of. Nothing is lost by that.
    async fn close(&self) -> Result<(), Error>;

    // ---- what has ended

    /// Process versions in the order of their keys, at most `limit` after `after`, each with the earliest end among its
    /// instances in `partition`.
    async fn oldest_ends(
        &self,
        partition: PartitionId,
        after: Option<ProcessDefinitionKey>,
        limit: u32,
    ) -> Result<Vec<OldestEnd>, Error>;

    /// Instances of a process version in `partition` that have ended, those that ended first first, at most `limit`.
    /// `after` skips up to that one.
    async fn ended_instances(
        &self,
        partition: PartitionId,
        definition: ProcessDefinitionKey,
        after: Option<EndedInstance>,
        limit: u32,
    ) -> Result<Vec<EndedInstance>, Error>;

    /// Removes instances of `partition` that have ended, with all that they have left, as far as `limit` allows: an instance
    /// whose rows go past it loses a part of them, and itself when the last of them goes. So nothing is left without its
    /// instance, and asking again until nothing is removed any longer removes them all.
    ///
    /// Instances that are active, unknown or of another partition are left alone. Of more than
    /// [`REMOVED_AT_ONCE_MAX`](crate::REMOVED_AT_ONCE_MAX) the first are taken.
    ///
    /// Returns when that is durable.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: the partition is not this store's, or not any longer.
    async fn remove_instances(
        &self,
        partition: PartitionId,
        instances: &[ProcessInstanceKey],
        limit: RemovalLimit,
    ) -> Result<Removed, Error>;

    // ---- definitions

    /// Stores a deployment, all of it or nothing.
    async fn deploy(&self, partition: PartitionId, deployment: NewDeployment) -> Result<(), Error>;

    /// One version of a process.
    async fn definition(&self, key: ProcessDefinitionKey) -> Result<Option<DefinitionRecord>, Error>;

    /// The latest version of a process, or version `version`.
    async fn definition_by_id(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        version: Option<u32>,
    ) -> Result<Option<DefinitionRecord>, Error> {
        let choice = version.map_or(VersionChoice::Latest, VersionChoice::Number);
        self.definition_of(tenant, bpmn_process_id, choice).await
    }

    /// The version of a process that is meant.
    async fn definition_of(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DefinitionRecord>, Error>;

    /// The file that holds a process version.
    async fn definition_resource(&self, key: ProcessDefinitionKey) -> Result<Option<ResourceRecord>, Error>;

    // ---- decisions

    /// One version of a decision.
    async fn decision(&self, key: DecisionKey) -> Result<Option<DecisionRecord>, Error>;

    /// The version of a decision that is meant.
    async fn decision_of(
        &self,
        tenant: &TenantId,
        decision_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DecisionRecord>, Error>;

    /// The decisions of a file.
    async fn decisions_in(&self, key: DecisionRequirementsKey) -> Result<Vec<DecisionRecord>, Error>;

    /// One version of a file with decisions.
    async fn decision_requirements(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<DecisionRequirementsRecord>, Error>;

    /// The latest version of a file with decisions, by the id in it.
    async fn latest_decision_requirements(
        &self,
        tenant: &TenantId,
        requirements_id: &str,
    ) -> Result<Option<DecisionRequirementsRecord>, Error>;

    /// The file itself.
    async fn decision_requirements_resource(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<ResourceRecord>, Error>;

    /// All files with decisions of a deployment, in the order of their names.
    async fn decision_files(&self, deployment: DeploymentKey) -> Result<Vec<ResourceRecord>, Error>;

    /// What decisions came to in an instance, in the order of their evaluation, at most `limit` after `after`.
    async fn decision_evaluations(
        &self,
        instance: ProcessInstanceKey,
        after: Option<DecisionEvaluationKey>,
        limit: u32,
    ) -> Result<Vec<DecisionEvaluation>, Error>;

    // ---- forms and other files

    /// One version of a form or of another file.
    async fn file(&self, key: ResourceKey) -> Result<Option<FileRecord>, Error>;

    /// The version of a form or of another file that is meant.
    async fn file_of(
        &self,
        tenant: &TenantId,
        kind: FileKind,
        id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<FileRecord>, Error>;

    /// The file itself.
    async fn file_content(&self, key: ResourceKey) -> Result<Option<ResourceRecord>, Error>;

    // ---- attempts at jobs

    /// The attempts that are kept of a job or of an instance, in the order of their ends, at most `limit` after `after`.
    async fn job_attempts(
        &self,
        of: AttemptsOf,
        after: Option<AttemptKey>,
        limit: u32,
    ) -> Result<Vec<JobAttempt>, Error>;

    /// What the attempts take that are kept of an instance, in the order of their ends. For the partition loop.
    async fn kept_attempts(&self, instance: ProcessInstanceKey) -> Result<Vec<KeptAttempt>, Error>;

    // ---- components, grants, roll-outs, secrets

    /// Stores a component and, in the same transaction, what it changes in who serves. The same name, version and digest
    /// again changes nothing and is no error; another digest is [`Error::Conflict`], also when the component with this name
    /// and version was removed. Returns its sequence.
    async fn put_component(&self, component: ComponentRecord, serving: ServingChange) -> Result<i64, Error>;

    /// All components, in the order of their sequence.
    async fn components(&self) -> Result<Vec<ComponentSummary>, Error>;

    /// One component with its bytes.
    async fn component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<ComponentRecord>, Error>;

    /// Puts a signature in the place of the one that a component has, or of none;
    /// false when no component of this name and version has this digest.
    async fn sign_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        digest: &str,
        signature: ComponentSignature,
    ) -> Result<bool, Error>;

    /// Removes a component and, in the same transaction, changes who serves; false, and nothing is changed, when there is
    /// none. Its digest is remembered.
    async fn delete_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        removal: Removal,
        serving: ServingChange,
    ) -> Result<bool, Error>;

    /// What is remembered of a version that was removed, be it back or not.
    async fn removed_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<RemovedComponent>, Error>;

    /// Whose job types are, by tenant and job type.
    async fn job_type_owners(&self) -> Result<Vec<JobTypeOwner>, Error>;

    /// Replaces what a component is granted, and notes the change. Of each component the last [`REGISTRY_CHANGES_MAX`]
    /// changes are kept.
    ///
    /// [`REGISTRY_CHANGES_MAX`]: crate::REGISTRY_CHANGES_MAX
    async fn put_grant(&self, grant: GrantRecord, reason: &str) -> Result<(), Error>;

    /// Changes of what a component is granted, the last one first, at most `limit` from before the sequence `before`.
    async fn grant_changes(
        &self,
        tenant: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChange>, Error>;

    /// All grants.
    async fn grants(&self) -> Result<Vec<GrantRecord>, Error>;

    /// Changes what is rolled out for a job type, and notes the change. Of each type the last [`ROLLOUT_CHANGES_MAX`]
    /// changes are kept, and the last [`SERVING_CHANGES_MAX`] of what serves without a roll-out. Returns the change's
    /// sequence, which is the roll-out's revision from now on.
    ///
    /// [`ROLLOUT_CHANGES_MAX`]: crate::ROLLOUT_CHANGES_MAX
    /// [`SERVING_CHANGES_MAX`]: crate::SERVING_CHANGES_MAX
    async fn change_rollout(&self, change: RolloutChange) -> Result<i64, Error>;

    /// All roll-outs.
    async fn rollouts(&self) -> Result<Vec<RolloutRecord>, Error>;

    /// Changes of a job type's roll-out, the last one first, at most `limit` from before the sequence `before`.
    async fn rollout_changes(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChange>, Error>;

    /// Creates or replaces a secret, and notes the change; the store counts its version, from the last one that it ever had.
    /// Returns the version. Of each secret the last [`REGISTRY_CHANGES_MAX`](crate::REGISTRY_CHANGES_MAX) changes are kept.
    async fn put_secret(&self, secret: SecretRecord, reason: &str) -> Result<u32, Error>;

    /// All secrets, sealed.
    async fn secrets(&self) -> Result<Vec<SecretRecord>, Error>;

    /// Removes a secret, and notes the change; false when there is none.
    async fn delete_secret(
        &self,
        tenant: &TenantId,
        name: &str,
        removal: Removal,
        reason: &str,
    ) -> Result<bool, Error>;

    /// Changes of a secret, be it there or not, the last one first, at most `limit` from before the sequence `before`.
    async fn secret_changes(
        &self,
        tenant: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChange>, Error>;

    /// A value of the installation, such as its random id. Written once; a second write of another value returns the first.
    async fn installation_value(&self, name: &str, value_if_new: &str) -> Result<Arc<str>, Error>;

    /// A value of the installation that was written.
    async fn stored_installation_value(&self, name: &str) -> Result<Option<Arc<str>>, Error>;

    // ---- backup and restoration

    /// The database as of now: everything acknowledged before the call is in it. The store goes on with its work.
    ///
    /// # Errors
    /// - [`Error::SnapshotUnderWay`]: one at a time.
    /// - [`Error::NoSnapshots`]: this kind of store has its own way.
    async fn snapshot(&self) -> Result<Snapshot, Error>;

    /// Makes what came from a backup an installation of its own, all at once: it has another id from now on, leaves out
    /// [`KEYS_SKIPPED`] keys of each partition, and remembers that it was restored at `at`; without it its host may go on.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: a partition is not this store's, or not any longer. Nothing was written.
    async fn mark_restored(&self, installation_id: &str, at: Option<Timestamp>) -> Result<(), Error>;

    /// When the database was restored, if nobody has said since that its host may go on.
    async fn restored_at(&self) -> Result<Option<Timestamp>, Error>;

    /// The host of a restored database may go on; false when it may already.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: a partition is not this store's, or not any longer. Nothing was written.
    async fn end_restoration(&self) -> Result<bool, Error>;

    /// What the host would do by itself if it went on at `now`. Looks at every job.
    ///
    /// # Errors
    /// [`Error::OutlookTooSlow`]: it takes longer than a search may.
    async fn outlook(&self, now: Timestamp) -> Result<Outlook, Error>;

    // ---- what operators do to many at once

    /// Begins a batch operation, and returns its key.
    async fn begin_batch_operation(&self, new: NewBatchOperation) -> Result<BatchOperationKey, Error>;

    /// One batch operation.
    async fn batch_operation(&self, key: BatchOperationKey) -> Result<Option<BatchOperation>, Error>;

    /// Writes how far a batch operation is.
    async fn advance_batch_operation(
        &self,
        key: BatchOperationKey,
        progress: BatchProgress,
    ) -> Result<(), Error>;

    /// Changes where a batch operation stands; false when it does not stand at `from`.
    async fn change_batch_operation(
        &self,
        key: BatchOperationKey,
        from: BatchState,
        to: BatchState,
        at: Timestamp,
    ) -> Result<bool, Error>;

    /// Lets no instance of a process version be started, until it is released.
    async fn hold_definition(
        &self,
        key: ProcessDefinitionKey,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(), Error>;

    /// Lets instances of a process version be started again.
    async fn release_definition(&self, key: ProcessDefinitionKey) -> Result<(), Error>;

    /// Process versions of which no instance is started.
    async fn held_definitions(&self) -> Result<Vec<ProcessDefinitionKey>, Error>;

    /// The active instance of a process, called by no other, that has this business id. `partition` is the one that starts
    /// instances with it: what has become of its commits is certain before the rows are read.
    async fn active_with_business_id(
        &self,
        partition: PartitionId,
        tenant: &TenantId,
        bpmn_process_id: &str,
        business_id: &str,
    ) -> Result<Option<ProcessInstanceKey>, Error>;

    // ---- searches and single reads

    /// One process instance.
    async fn process_instance(&self, key: ProcessInstanceKey)
    -> Result<Option<ProcessInstanceRecord>, Error>;
    /// Process instances.
    async fn search_process_instances(
        &self,
        search: &ProcessInstanceSearch,
    ) -> Result<Page<ProcessInstanceRecord>, Error>;
    /// Process definitions.
    async fn search_process_definitions(
        &self,
        search: &ProcessDefinitionSearch,
    ) -> Result<Page<DefinitionRecord>, Error>;
    /// One user task.
    async fn user_task(&self, key: UserTaskKey) -> Result<Option<UserTaskRecord>, Error>;
    /// User tasks.
    async fn search_user_tasks(&self, search: &UserTaskSearch) -> Result<Page<UserTaskRecord>, Error>;
    /// One incident.
    async fn incident(&self, key: IncidentKey) -> Result<Option<IncidentRecord>, Error>;
    /// Incidents.
    async fn search_incidents(&self, search: &IncidentSearch) -> Result<Page<IncidentRecord>, Error>;
    /// Jobs that are not done.
    async fn search_jobs(&self, search: &JobSearch) -> Result<Page<JobRecord>, Error>;
    /// Batch operations.
    async fn search_batch_operations(
        &self,
        search: &BatchOperationSearch,
    ) -> Result<Page<BatchOperation>, Error>;
    /// Variables.
    async fn search_variables(&self, search: &VariableSearch) -> Result<Page<VariableRecord>, Error>;
    /// Element instances that have not ended. The process itself is not among them.
    async fn search_element_instances(
        &self,
        search: &ElementInstanceSearch,
    ) -> Result<Page<ElementInstanceRecord>, Error>;
    /// What waits for messages.
    async fn search_message_subscriptions(
        &self,
        search: &MessageSubscriptionSearch,
    ) -> Result<Page<MessageSubscriptionRecord>, Error>;
    /// Messages that instances have taken.
    async fn search_message_correlations(
        &self,
        search: &MessageCorrelationSearch,
    ) -> Result<Page<MessageCorrelationRecord>, Error>;
    /// Decisions.
    async fn search_decisions(&self, search: &DecisionSearch) -> Result<Page<DecisionListing>, Error>;
    /// Files with decisions.
    async fn search_decision_requirements(
        &self,
        search: &DecisionRequirementsSearch,
    ) -> Result<Page<DecisionRequirementsRecord>, Error>;
    /// What decisions came to.
    async fn search_decision_evaluations(
        &self,
        search: &DecisionEvaluationSearch,
    ) -> Result<Page<EvaluationRecord>, Error>;

    /// The history of an instance: the bytes of its journal rows, oldest first, at most `limit` rows after row `after`.
    async fn journal(
        &self,
        instance: ProcessInstanceKey,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JournalRow>, Error>;
}

/// One row of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place; grows with time.
    pub position: i64,
    /// The bytes of `engine::journal::encode`.
    pub entries: Vec<u8>,
}
