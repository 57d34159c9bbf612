//! The contract, kept in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use engine::mailbox::Entry;
use engine::state::{InstanceStatus, JobState, MailboxAddress, Rows};
use types::{
    Actor, AttemptKey, DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey,
    ElementInstanceKey, FileKind, IncidentKey, JobKey, Key, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, ResourceKey, SubscriptionKey, TenantId, Timestamp, UserTaskKey,
};

use super::faults::Faults;
use super::search::search;
use super::state::{Instance, State};
use super::views::job_ref;
use crate::contract::KEYS_SKIPPED_BELOW;
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
    DecisionRequirementsRecord, DefinitionRecord, DueJob, DueTimer, EndedInstance, Error, FileRecord,
    GrantChange, GrantRecord, INSTALLATION_ID, JobAttempt, JobPlace, JobRef, JobTypeOwner, JournalRow,
    KEYS_SKIPPED, KeptAttempt, NewBatchOperation, NewDeployment, OldestEnd, Outlook, Parcel,
    ROWS_SET_ASIDE_LISTED_MAX, Removal, RemovalLimit, Removed, RemovedComponent, ResourceRecord,
    RolloutChange, RolloutRecord, RowSetAside, SecretChange, SecretRecord, ServingChange, Snapshot,
    StartEvent, StartTimer, StartTrigger, Store, SubscriptionRef, VersionChoice,
};

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    faults: Faults,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where commits can be made to fail.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that has panicked with the lock in hand has checked before it changed anything.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn instance_with(&self, has: impl Fn(&Instance) -> bool) -> Option<ProcessInstanceKey> {
        self.state().instances.values().find(|instance| has(instance)).map(|instance| instance.row.key)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn claim(&self, _: PartitionId) -> Result<(), Error> {
        Ok(())
    }

    async fn close(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn next_key_counter(&self, partition: PartitionId) -> Result<u64, Error> {
        Ok(self.state().next_key_counters.get(&partition).copied().unwrap_or(1))
    }

    async fn commit(&self, batch: Batch) -> Result<(), Error> {
        let mut state = self.state();
        self.faults.next()?;
        state.commit(batch)?;
        self.faults.answer()
    }

    async fn load_instance(&self, key: ProcessInstanceKey) -> Result<Option<Rows>, Error> {
        Ok(self.state().instances.get(&key).map(Instance::rows))
    }

    async fn instance_of_job(&self, key: JobKey) -> Result<Option<ProcessInstanceKey>, Error> {
        Ok(self.instance_with(|instance| instance.jobs.contains_key(&key)))
    }

    async fn instance_of_user_task(&self, key: UserTaskKey) -> Result<Option<ProcessInstanceKey>, Error> {
        Ok(self.instance_with(|instance| instance.open_user_tasks().any(|task| task.key == key)))
    }

    async fn instance_of_incident(&self, key: IncidentKey) -> Result<Option<ProcessInstanceKey>, Error> {
        Ok(self.instance_with(|instance| instance.open_incidents().any(|incident| incident.key == key)))
    }

    async fn instance_of_element(
        &self,
        key: ElementInstanceKey,
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        Ok(self.instance_with(|instance| {
            instance.elements.contains_key(&key) || instance.row.key.root_scope() == key
        }))
    }

    async fn due_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueTimer>, Error> {
        let state = self.state();
        let mut due: Vec<DueTimer> = state
            .instances_of(partition)
            .flat_map(|instance| instance.timers.values().map(|timer| (instance.row.key, timer)))
            .filter(|(_, timer)| timer.due <= now && !timer.suspended)
            .map(|(instance, timer)| DueTimer { timer: timer.key, instance, due: timer.due })
            .collect();
        due.sort_by_key(|timer| (timer.due, timer.timer));
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn timed_out_jobs(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueJob>, Error> {
        let state = self.state();
        let mut due: Vec<DueJob> = state
            .jobs_of(partition)
            .filter_map(|(instance, job)| match job.state {
                JobState::Activated { deadline, .. } if deadline <= now => {
                    Some(DueJob { job: job_ref(instance, job), due: deadline })
                }
                _ => None,
            })
            .collect();
        due.sort_by_key(|job| (job.due, job.job.job));
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn next_due(&self, partition: PartitionId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let state = self.state();
        let timers = state
            .instances_of(partition)
            .flat_map(|instance| instance.timers.values())
            .filter(|timer| !timer.suspended)
            .map(|timer| timer.due);
        let jobs = state.jobs_of(partition).filter_map(|(_, job)| match job.state {
            JobState::Activatable { from } if !job.suspended => Some(from),
            JobState::Activated { deadline, .. } => Some(deadline),
            JobState::Activatable { .. } | JobState::Running { .. } | JobState::Stopped => None,
        });
        let start_timers = state.crossing.start_timers_of(partition).map(|timer| timer.due);
        let messages = state.crossing.expiries(partition).map(|(time, _)| time);
        Ok(timers.chain(jobs).chain(start_timers).chain(messages).filter(|due| *due > now).min())
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
        let state = self.state();
        let mut jobs: Vec<JobRef> = state
            .jobs_of(partition)
            .filter(|(instance, job)| {
                *job.job_type == *job_type
                    && tenants.contains(&instance.identity.tenant)
                    && matches!(job.state, JobState::Activatable { from } if from <= now)
                    && !job.suspended
            })
            .map(|(instance, job)| job_ref(instance, job))
            .filter(|job| after.is_none_or(|after| job.place() > after))
            .collect();
        jobs.sort_by_key(JobRef::place);
        jobs.truncate(limit as usize);
        Ok(jobs)
    }

    async fn running_jobs(&self, partition: PartitionId) -> Result<Vec<JobRef>, Error> {
        let state = self.state();
        let mut jobs: Vec<JobRef> = state
            .jobs_of(partition)
            .filter(|(_, job)| matches!(job.state, JobState::Running { .. }))
            .map(|(instance, job)| job_ref(instance, job))
            .collect();
        jobs.sort_by_key(|job| job.job);
        Ok(jobs)
    }

    async fn paused_instances(&self, partition: PartitionId) -> Result<Vec<ProcessInstanceKey>, Error> {
        let state = self.state();
        let paused =
            state.instances_of(partition).filter(|instance| instance.row.paused && !instance.row.suspended);
        Ok(paused.map(|instance| instance.row.key).collect())
    }

    async fn oldest_ends(
        &self,
        partition: PartitionId,
        after: Option<ProcessDefinitionKey>,
        limit: u32,
    ) -> Result<Vec<OldestEnd>, Error> {
        let state = self.state();
        let following =
            state.definitions.values().filter(|definition| after.is_none_or(|after| definition.key > after));
        let oldest_end = |definition: &DefinitionRecord| OldestEnd {
            definition: definition.key,
            tenant: definition.tenant.clone(),
            bpmn_process_id: definition.bpmn_process_id.clone(),
            ended_at: state.ended_of(partition, definition.key).map(|ended| ended.ended_at).min(),
        };
        Ok(following.take(limit as usize).map(oldest_end).collect())
    }

    async fn ended_instances(
        &self,
        partition: PartitionId,
        definition: ProcessDefinitionKey,
        after: Option<EndedInstance>,
        limit: u32,
    ) -> Result<Vec<EndedInstance>, Error> {
        let place = |ended: &EndedInstance| (ended.ended_at, ended.key);
        let state = self.state();
        let mut ended: Vec<EndedInstance> = state
            .ended_of(partition, definition)
            .filter(|ended| after.is_none_or(|after| place(ended) > place(&after)))
            .collect();
        ended.sort_by_key(place);
        ended.truncate(limit as usize);
        Ok(ended)
    }

    async fn remove_instances(
        &self,
        partition: PartitionId,
        instances: &[ProcessInstanceKey],
        limit: RemovalLimit,
    ) -> Result<Removed, Error> {
        let mut state = self.state();
        self.faults.next()?;
        let removed = state.remove_instances(partition, instances, limit);
        self.faults.answer()?;
        Ok(removed)
    }

    async fn deploy(&self, partition: PartitionId, deployment: NewDeployment) -> Result<(), Error> {
        self.state().deploy(partition, deployment)
    }

    async fn definition(&self, key: ProcessDefinitionKey) -> Result<Option<DefinitionRecord>, Error> {
        Ok(self.state().definitions.get(&key).cloned())
    }

    async fn definition_of(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DefinitionRecord>, Error> {
        let state = self.state();
        let versions = state.definitions.values().filter(|definition| {
            definition.tenant == *tenant
                && *definition.bpmn_process_id == *bpmn_process_id
                && is_meant(
                    choice,
                    definition.version,
                    definition.version_tag.as_deref(),
                    definition.deployment,
                )
        });
        Ok(versions.max_by_key(|definition| definition.version).cloned())
    }

    async fn definition_resource(&self, key: ProcessDefinitionKey) -> Result<Option<ResourceRecord>, Error> {
        let state = self.state();
        let resource = state.definitions.get(&key).and_then(|definition| {
            state.resources.get(&(definition.deployment, definition.resource_name.clone()))
        });
        Ok(resource.cloned())
    }

    async fn file(&self, key: ResourceKey) -> Result<Option<FileRecord>, Error> {
        Ok(self.state().files.get(&key).cloned())
    }

    async fn file_of(
        &self,
        tenant: &TenantId,
        kind: FileKind,
        id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<FileRecord>, Error> {
        let state = self.state();
        let versions = state.files.values().filter(|file| {
            file.tenant == *tenant
                && file.kind == kind
                && *file.id == *id
                && is_meant(choice, file.version, file.version_tag.as_deref(), file.deployment)
        });
        Ok(versions.max_by_key(|file| file.version).cloned())
    }

    async fn file_content(&self, key: ResourceKey) -> Result<Option<ResourceRecord>, Error> {
        let state = self.state();
        let file = state.files.get(&key);
        let resource =
            file.and_then(|file| state.resources.get(&(file.deployment, file.resource_name.clone())));
        Ok(resource.cloned())
    }

    async fn decision(&self, key: DecisionKey) -> Result<Option<DecisionRecord>, Error> {
        Ok(self.state().decisions.get(&key).cloned())
    }

    async fn decision_of(
        &self,
        tenant: &TenantId,
        decision_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DecisionRecord>, Error> {
        let state = self.state();
        let versions = state.decisions.values().filter(|decision| {
            decision.tenant == *tenant
                && *decision.decision_id == *decision_id
                && is_meant(choice, decision.version, decision.version_tag.as_deref(), decision.deployment)
        });
        Ok(versions.max_by_key(|decision| decision.version).cloned())
    }

    async fn decisions_in(&self, key: DecisionRequirementsKey) -> Result<Vec<DecisionRecord>, Error> {
        let state = self.state();
        Ok(state.decisions.values().filter(|decision| decision.requirements == key).cloned().collect())
    }

    async fn decision_requirements(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<DecisionRequirementsRecord>, Error> {
        Ok(self.state().decision_requirements.get(&key).cloned())
    }

    async fn latest_decision_requirements(
        &self,
        tenant: &TenantId,
        requirements_id: &str,
    ) -> Result<Option<DecisionRequirementsRecord>, Error> {
        let state = self.state();
        let versions = state.decision_requirements.values().filter(|requirements| {
            requirements.tenant == *tenant && *requirements.requirements_id == *requirements_id
        });
        Ok(versions.max_by_key(|requirements| requirements.version).cloned())
    }

    async fn decision_requirements_resource(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<ResourceRecord>, Error> {
        let state = self.state();
        let resource = state.decision_requirements.get(&key).and_then(|requirements| {
            state.resources.get(&(requirements.deployment, requirements.resource_name.clone()))
        });
        Ok(resource.cloned())
    }

    async fn decision_files(&self, deployment: DeploymentKey) -> Result<Vec<ResourceRecord>, Error> {
        let state = self.state();
        let requirements = state.decision_requirements.values();
        let files = requirements.filter(|file| file.deployment == deployment);
        let mut names: Vec<_> = files.map(|file| (deployment, file.resource_name.clone())).collect();
        names.sort_unstable();
        Ok(names.iter().filter_map(|name| state.resources.get(name)).cloned().collect())
    }

    async fn decision_evaluations(
        &self,
        instance: ProcessInstanceKey,
        after: Option<DecisionEvaluationKey>,
        limit: u32,
    ) -> Result<Vec<DecisionEvaluation>, Error> {
        let state = self.state();
        let evaluations = state.instances.get(&instance).map(|instance| {
            let following = instance
                .decision_evaluations
                .values()
                .filter(|evaluation| after.is_none_or(|after| evaluation.key > after));
            following.take(limit as usize).cloned().collect()
        });
        Ok(evaluations.unwrap_or_default())
    }

    async fn job_attempts(
        &self,
        of: AttemptsOf,
        after: Option<AttemptKey>,
        limit: u32,
    ) -> Result<Vec<JobAttempt>, Error> {
        let state = self.state();
        let mut attempts: Vec<&JobAttempt> = match of {
            AttemptsOf::Instance(instance) => state
                .instances
                .get(&instance)
                .into_iter()
                .flat_map(|instance| instance.attempts.values())
                .collect(),
            AttemptsOf::Job(job) => state
                .instances
                .values()
                .flat_map(|instance| instance.attempts.values())
                .filter(|attempt| attempt.job == job)
                .collect(),
        };
        attempts.retain(|attempt| after.is_none_or(|after| attempt.key > after));
        Ok(attempts.into_iter().take(limit as usize).cloned().collect())
    }

    async fn kept_attempts(&self, instance: ProcessInstanceKey) -> Result<Vec<KeptAttempt>, Error> {
        let state = self.state();
        let attempts =
            state.instances.get(&instance).into_iter().flat_map(|instance| instance.attempts.values());
        Ok(attempts.map(JobAttempt::kept).collect())
    }

    async fn outbox(
        &self,
        receiver: PartitionId,
        sender: PartitionId,
        after: Option<Key>,
        limit: u32,
    ) -> Result<Vec<Parcel>, Error> {
        let state = self.state();
        let parcels = state.crossing.outbox.values().filter(|parcel| {
            parcel.key.receiver == receiver
                && parcel.key.key.partition() == Some(sender)
                && after.is_none_or(|after| parcel.key.key > after)
        });
        let parcels: Vec<Parcel> = parcels.take(limit as usize).cloned().collect();
        for parcel in &parcels {
            self.faults.check_readable(&CrossingRow::Parcel(parcel.key))?;
        }
        Ok(parcels)
    }

    async fn mailboxes(
        &self,
        _: PartitionId,
        addresses: &[MailboxAddress],
    ) -> Result<Vec<Vec<Entry>>, Error> {
        let state = self.state();
        let entries = |address: &MailboxAddress| {
            let entries = state.crossing.mailboxes.get(address).into_iter();
            let entries: Vec<Entry> = entries.flat_map(|all| all.values().cloned()).collect();
            for entry in &entries {
                let row = CrossingRow::Entry { mailbox: address.clone(), key: entry.key() };
                self.faults.check_readable(&row)?;
            }
            Ok(entries)
        };
        addresses.iter().map(entries).collect()
    }

    async fn set_aside(
        &self,
        partition: PartitionId,
        row: &CrossingRow,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.state().set_aside(partition, row, reason, at)
    }

    async fn rows_set_aside(&self, after: Option<i64>, limit: u32) -> Result<Vec<RowSetAside>, Error> {
        let limit = limit.min(ROWS_SET_ASIDE_LISTED_MAX) as usize;
        let state = self.state();
        let rows = state.set_aside.iter().filter(|row| after.is_none_or(|after| row.number > after));
        Ok(rows.take(limit).cloned().collect())
    }

    async fn expired_mailboxes(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<MailboxAddress>, Error> {
        let state = self.state();
        let mut expired: Vec<_> =
            state.crossing.expiries(partition).filter(|(time, _)| *time <= now).collect();
        expired.sort_by_key(|(time, _)| *time);
        expired.truncate(limit as usize);
        let mut addresses: Vec<MailboxAddress> =
            expired.into_iter().map(|(_, address)| address.clone()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }

    async fn signal_subscriptions(
        &self,
        tenant: &TenantId,
        name: &str,
        after: Option<SubscriptionKey>,
        last: SubscriptionKey,
        limit: u32,
    ) -> Result<Vec<SubscriptionRef>, Error> {
        let mut found = self.state().signal_subscriptions(tenant, name, after, last);
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn start_events(
        &self,
        tenant: &TenantId,
        trigger: &StartTrigger,
    ) -> Result<Vec<StartEvent>, Error> {
        let state = self.state();
        let mut events: Vec<StartEvent> = state
            .crossing
            .start_events
            .values()
            .filter(|event| event.tenant == *tenant && event.trigger == *trigger)
            .cloned()
            .collect();
        events.sort_by(|left, right| {
            let place = |event: &StartEvent| {
                (event.bpmn_process_id.clone(), event.element.clone(), event.trigger_index)
            };
            place(left).cmp(&place(right))
        });
        Ok(events)
    }

    async fn start_timers(&self, tenant: &TenantId, bpmn_process_id: &str) -> Result<Vec<StartTimer>, Error> {
        let state = self.state();
        let timers = state
            .crossing
            .start_timers
            .values()
            .filter(|timer| timer.tenant == *tenant && *timer.bpmn_process_id == *bpmn_process_id);
        Ok(timers.cloned().collect())
    }

    async fn due_start_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StartTimer>, Error> {
        let state = self.state();
        let mut due: Vec<StartTimer> =
            state.crossing.start_timers_of(partition).filter(|timer| timer.due <= now).cloned().collect();
        due.sort_by_key(|timer| (timer.due, timer.key));
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn put_component(&self, component: ComponentRecord, serving: ServingChange) -> Result<i64, Error> {
        self.state().put_component(component, serving)
    }

    async fn components(&self) -> Result<Vec<ComponentSummary>, Error> {
        Ok(self.state().components.values().map(|component| component.summary.clone()).collect())
    }

    async fn component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<ComponentRecord>, Error> {
        let state = self.state();
        Ok(state.component(tenant, name, version).cloned())
    }

    async fn sign_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        digest: &str,
        signature: ComponentSignature,
    ) -> Result<bool, Error> {
        Ok(self.state().sign_component(tenant, name, version, digest, signature))
    }

    async fn delete_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        removal: Removal,
        serving: ServingChange,
    ) -> Result<bool, Error> {
        Ok(self.state().delete_component(tenant, name, version, removal, serving))
    }

    async fn removed_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<RemovedComponent>, Error> {
        let place = (tenant.clone(), name.into(), version.into());
        Ok(self.state().removed_components.get(&place).cloned())
    }

    async fn job_type_owners(&self) -> Result<Vec<JobTypeOwner>, Error> {
        Ok(self.state().rollouts.owners())
    }

    async fn put_grant(&self, grant: GrantRecord, reason: &str) -> Result<(), Error> {
        self.state().put_grant(grant, reason);
        Ok(())
    }

    async fn grant_changes(
        &self,
        tenant: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChange>, Error> {
        Ok(self.state().grant_changes.page(tenant, component, before, limit))
    }

    async fn grants(&self) -> Result<Vec<GrantRecord>, Error> {
        Ok(self.state().grants.values().cloned().collect())
    }

    async fn change_rollout(&self, change: RolloutChange) -> Result<i64, Error> {
        Ok(self.state().rollouts.change(change))
    }

    async fn rollouts(&self) -> Result<Vec<RolloutRecord>, Error> {
        Ok(self.state().rollouts.all())
    }

    async fn rollout_changes(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChange>, Error> {
        Ok(self.state().rollouts.changes(tenant, job_type, before, limit))
    }

    async fn put_secret(&self, secret: SecretRecord, reason: &str) -> Result<u32, Error> {
        Ok(self.state().put_secret(secret, reason))
    }

    async fn secrets(&self) -> Result<Vec<SecretRecord>, Error> {
        Ok(self.state().secrets.values().cloned().collect())
    }

    async fn delete_secret(
        &self,
        tenant: &TenantId,
        name: &str,
        removal: Removal,
        reason: &str,
    ) -> Result<bool, Error> {
        Ok(self.state().delete_secret(tenant, name, removal, reason))
    }

    async fn secret_changes(
        &self,
        tenant: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChange>, Error> {
        Ok(self.state().secret_changes.page(tenant, name, before, limit))
    }

    async fn installation_value(&self, name: &str, value_if_new: &str) -> Result<Arc<str>, Error> {
        let mut state = self.state();
        let value = state.installation.entry(name.to_owned()).or_insert_with(|| value_if_new.to_owned());
        Ok(value.as_str().into())
    }

    async fn stored_installation_value(&self, name: &str) -> Result<Option<Arc<str>>, Error> {
        Ok(self.state().installation.get(name).map(|value| value.as_str().into()))
    }

    async fn snapshot(&self) -> Result<Snapshot, Error> {
        Err(Error::NoSnapshots { instead: "a store in memory has no file that could be copied" })
    }

    async fn mark_restored(&self, installation_id: &str, at: Option<Timestamp>) -> Result<(), Error> {
        let mut state = self.state();
        state.installation.insert(INSTALLATION_ID.to_owned(), installation_id.to_owned());
        state.restored_at = at;
        state.next_key_counters.entry(PartitionId::FIRST).or_insert(1);
        for counter in state.next_key_counters.values_mut().filter(|counter| **counter < KEYS_SKIPPED_BELOW) {
            *counter += KEYS_SKIPPED;
        }
        Ok(())
    }

    async fn restored_at(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.state().restored_at)
    }

    async fn end_restoration(&self) -> Result<bool, Error> {
        Ok(self.state().restored_at.take().is_some())
    }

    async fn outlook(&self, now: Timestamp) -> Result<Outlook, Error> {
        Ok(self.state().outlook(now))
    }

    async fn process_instance(
        &self,
        key: ProcessInstanceKey,
    ) -> Result<Option<ProcessInstanceRecord>, Error> {
        let state = self.state();
        Ok(state.instances.get(&key).map(|instance| state.process_instance(instance)))
    }

    async fn search_process_instances(
        &self,
        request: &ProcessInstanceSearch,
    ) -> Result<Page<ProcessInstanceRecord>, Error> {
        let state = self.state();
        search(state.instances.values().map(|instance| state.process_instance(instance)), request)
    }

    async fn search_process_definitions(
        &self,
        request: &ProcessDefinitionSearch,
    ) -> Result<Page<DefinitionRecord>, Error> {
        let state = self.state();
        let found = search(state.definitions.values().map(|definition| state.listed(definition)), request)?;
        Ok(found.map(|definition| definition.record))
    }

    async fn user_task(&self, key: UserTaskKey) -> Result<Option<UserTaskRecord>, Error> {
        Ok(self.state().user_tasks().find(|record| record.task.key == key))
    }

    async fn search_user_tasks(&self, request: &UserTaskSearch) -> Result<Page<UserTaskRecord>, Error> {
        search(self.state().user_tasks(), request)
    }

    async fn incident(&self, key: IncidentKey) -> Result<Option<IncidentRecord>, Error> {
        Ok(self.state().incidents().find(|record| record.incident.key == key))
    }

    async fn search_incidents(&self, request: &IncidentSearch) -> Result<Page<IncidentRecord>, Error> {
        search(self.state().incidents(), request)
    }

    async fn search_jobs(&self, request: &JobSearch) -> Result<Page<JobRecord>, Error> {
        search(self.state().jobs(), request)
    }

    async fn search_variables(&self, request: &VariableSearch) -> Result<Page<VariableRecord>, Error> {
        search(self.state().variables(), request)
    }

    async fn begin_batch_operation(&self, new: NewBatchOperation) -> Result<BatchOperationKey, Error> {
        Ok(self.state().begin_batch_operation(new))
    }

    async fn batch_operation(&self, key: BatchOperationKey) -> Result<Option<BatchOperation>, Error> {
        Ok(self.state().batch_operations.get(&key).cloned())
    }

    async fn advance_batch_operation(
        &self,
        key: BatchOperationKey,
        progress: BatchProgress,
    ) -> Result<(), Error> {
        if let Some(operation) = self.state().batch_operations.get_mut(&key) {
            operation.progress = progress;
        }
        Ok(())
    }

    async fn change_batch_operation(
        &self,
        key: BatchOperationKey,
        from: BatchState,
        to: BatchState,
        at: Timestamp,
    ) -> Result<bool, Error> {
        Ok(self.state().change_batch_operation(key, from, to, at))
    }

    async fn search_batch_operations(
        &self,
        request: &BatchOperationSearch,
    ) -> Result<Page<BatchOperation>, Error> {
        search(self.state().batch_operations.values().cloned(), request)
    }

    async fn hold_definition(
        &self,
        key: ProcessDefinitionKey,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(), Error> {
        let _ = (actor, at);
        self.state().held.insert(key);
        Ok(())
    }

    async fn release_definition(&self, key: ProcessDefinitionKey) -> Result<(), Error> {
        self.state().held.remove(&key);
        Ok(())
    }

    async fn held_definitions(&self) -> Result<Vec<ProcessDefinitionKey>, Error> {
        Ok(self.state().held.iter().copied().collect())
    }

    async fn active_with_business_id(
        &self,
        _: PartitionId,
        tenant: &TenantId,
        bpmn_process_id: &str,
        business_id: &str,
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        let state = self.state();
        let found = state.instances.values().map(|instance| &instance.row).find(|row| {
            row.state == InstanceStatus::Active
                && row.caller.is_none()
                && row.tenant == *tenant
                && *row.bpmn_process_id == *bpmn_process_id
                && row.business_id.as_deref() == Some(business_id)
        });
        Ok(found.map(|row| row.key))
    }

    async fn search_element_instances(
        &self,
        request: &ElementInstanceSearch,
    ) -> Result<Page<ElementInstanceRecord>, Error> {
        search(self.state().element_instances(), request)
    }

    async fn search_message_subscriptions(
        &self,
        request: &MessageSubscriptionSearch,
    ) -> Result<Page<MessageSubscriptionRecord>, Error> {
        search(self.state().message_subscriptions(), request)
    }

    async fn search_message_correlations(
        &self,
        request: &MessageCorrelationSearch,
    ) -> Result<Page<MessageCorrelationRecord>, Error> {
        search(self.state().message_correlations(), request)
    }

    async fn search_decisions(&self, request: &DecisionSearch) -> Result<Page<DecisionListing>, Error> {
        let found = search(self.state().decisions(), request)?;
        Ok(Page {
            items: found.items.into_iter().map(|listed| listed.listing).collect(),
            total_items: found.total_items,
            has_more_total_items: found.has_more_total_items,
            start_cursor: found.start_cursor,
            end_cursor: found.end_cursor,
        })
    }

    async fn search_decision_requirements(
        &self,
        request: &DecisionRequirementsSearch,
    ) -> Result<Page<DecisionRequirementsRecord>, Error> {
        search(self.state().decision_requirements.values().cloned(), request)
    }

    async fn search_decision_evaluations(
        &self,
        request: &DecisionEvaluationSearch,
    ) -> Result<Page<EvaluationRecord>, Error> {
        search(self.state().evaluations(), request)
    }

    async fn journal(
        &self,
        instance: ProcessInstanceKey,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JournalRow>, Error> {
        let state = self.state();
        let rows = state
            .journal
            .iter()
            .filter(|(position, (key, _))| *key == instance && after.is_none_or(|after| **position > after));
        let rows =
            rows.map(|(position, (_, entries))| JournalRow { position: *position, entries: entries.clone() });
        Ok(rows.take(limit as usize).collect())
    }
}

/// Whether a version is one of those that may be meant.
fn is_meant(choice: VersionChoice<'_>, version: u32, tag: Option<&str>, deployment: DeploymentKey) -> bool {
    match choice {
        VersionChoice::Latest => true,
        VersionChoice::Number(number) => version == number,
        VersionChoice::Tag(wanted) => tag == Some(wanted),
        VersionChoice::Deployment(key) => deployment == key,
    }
}
