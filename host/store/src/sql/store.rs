//! The contract, kept by whatever is a [`Database`].

use std::sync::Arc;

use async_trait::async_trait;
use engine::mailbox::Entry;
use engine::state::{MailboxAddress, Rows};
use types::{
    Actor, AttemptKey, DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey,
    ElementInstanceKey, FileKind, IncidentKey, JobKey, Key, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, ResourceKey, SubscriptionKey, TenantId, Timestamp, UserTaskKey,
};

use super::database::Database;
use super::search::{find, search};
use super::{
    attempts, batch_operations, components, decisions, definitions, deployment, due, ended, exchange, files,
    grants, held, load, lookup, removal, restored, rollouts, secrets, set_aside,
};
use crate::search::{
    BatchOperationSearch, DecisionEvaluationSearch, DecisionListing, DecisionRequirementsSearch,
    DecisionSearch, ElementInstanceRecord, ElementInstanceSearch, EvaluationRecord, IncidentField,
    IncidentRecord, IncidentSearch, JobRecord, JobSearch, MessageCorrelationRecord, MessageCorrelationSearch,
    MessageSubscriptionRecord, MessageSubscriptionSearch, Page, ProcessDefinitionSearch,
    ProcessInstanceField, ProcessInstanceRecord, ProcessInstanceSearch, UserTaskField, UserTaskRecord,
    UserTaskSearch, VariableRecord, VariableSearch,
};
use crate::{
    AttemptsOf, Batch, BatchOperation, BatchOperationKey, BatchProgress, BatchState, ComponentRecord,
    ComponentSignature, ComponentSummary, CrossingRow, DecisionEvaluation, DecisionRecord,
    DecisionRequirementsRecord, DefinitionRecord, DueJob, DueTimer, EndedInstance, Error, FileRecord,
    GrantChange, GrantRecord, JobAttempt, JobPlace, JobRef, JobTypeOwner, JournalRow, KeptAttempt,
    NewBatchOperation, NewDeployment, OldestEnd, Outlook, Parcel, PoolUse, Removal, RemovalLimit, Removed,
    RemovedComponent, ResourceRecord, RolloutChange, RolloutRecord, RowSetAside, SecretChange, SecretRecord,
    ServingChange, Snapshot, StartEvent, StartTimer, StartTrigger, Store, SubscriptionRef, VersionChoice,
};

#[async_trait]
impl<D: Database> Store for D {
    async fn claim(&self, partition: PartitionId) -> Result<(), Error> {
        Database::claim(self, partition).await
    }

    async fn partition_lost(&self) {
        Database::partition_lost(self).await;
    }

    fn read_connections(&self) -> Option<PoolUse> {
        Some(self.readers().usage())
    }

    async fn close(&self) -> Result<(), Error> {
        Database::close(self).await
    }

    async fn next_key_counter(&self, partition: PartitionId) -> Result<u64, Error> {
        lookup::next_key_counter(self.loop_readers(Some(partition)).await?, partition).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), Error> {
        Database::commit(self, batch).await
    }

    async fn load_instance(&self, key: ProcessInstanceKey) -> Result<Option<Rows>, Error> {
        load::load_instance(D::load(), self.loop_readers(key.0.partition()).await?, key).await
    }

    async fn instance_of_job(&self, key: JobKey) -> Result<Option<ProcessInstanceKey>, Error> {
        lookup::instance_of(self.loop_readers(key.0.partition()).await?, lookup::INSTANCE_OF_JOB, key.0).await
    }

    async fn instance_of_user_task(&self, key: UserTaskKey) -> Result<Option<ProcessInstanceKey>, Error> {
        lookup::instance_of(self.loop_readers(key.0.partition()).await?, lookup::INSTANCE_OF_USER_TASK, key.0)
            .await
    }

    async fn instance_of_incident(&self, key: IncidentKey) -> Result<Option<ProcessInstanceKey>, Error> {
        lookup::instance_of(self.loop_readers(key.0.partition()).await?, lookup::INSTANCE_OF_INCIDENT, key.0)
            .await
    }

    async fn instance_of_element(
        &self,
        key: ElementInstanceKey,
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        lookup::instance_of(self.loop_readers(key.0.partition()).await?, lookup::INSTANCE_OF_ELEMENT, key.0)
            .await
    }

    async fn due_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueTimer>, Error> {
        due::due_timers(self, partition, now, limit).await
    }

    async fn timed_out_jobs(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueJob>, Error> {
        due::timed_out_jobs(self, partition, now, limit).await
    }

    async fn next_due(&self, partition: PartitionId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        due::next_due(self, partition, now).await
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
        due::activatable_jobs(self, partition, job_type, tenants, now, after, limit).await
    }

    async fn running_jobs(&self, partition: PartitionId) -> Result<Vec<JobRef>, Error> {
        due::running_jobs(self, partition).await
    }

    async fn paused_instances(&self, partition: PartitionId) -> Result<Vec<ProcessInstanceKey>, Error> {
        due::paused_instances(self, partition).await
    }

    async fn oldest_ends(
        &self,
        partition: PartitionId,
        after: Option<ProcessDefinitionKey>,
        limit: u32,
    ) -> Result<Vec<OldestEnd>, Error> {
        ended::oldest_ends(self, partition, after, limit).await
    }

    async fn ended_instances(
        &self,
        partition: PartitionId,
        definition: ProcessDefinitionKey,
        after: Option<EndedInstance>,
        limit: u32,
    ) -> Result<Vec<EndedInstance>, Error> {
        ended::ended_instances(self, partition, definition, after, limit).await
    }

    async fn remove_instances(
        &self,
        partition: PartitionId,
        instances: &[ProcessInstanceKey],
        limit: RemovalLimit,
    ) -> Result<Removed, Error> {
        removal::remove_instances(self, partition, instances, limit).await
    }

    async fn deploy(&self, partition: PartitionId, deployment: NewDeployment) -> Result<(), Error> {
        deployment::deploy(self, partition, deployment).await
    }

    async fn definition(&self, key: ProcessDefinitionKey) -> Result<Option<DefinitionRecord>, Error> {
        definitions::definition(self.loop_readers(None).await?, key).await
    }

    async fn definition_of(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DefinitionRecord>, Error> {
        definitions::definition_of(self.loop_readers(None).await?, tenant, bpmn_process_id, choice).await
    }

    async fn definition_resource(&self, key: ProcessDefinitionKey) -> Result<Option<ResourceRecord>, Error> {
        definitions::definition_resource(self.loop_readers(None).await?, key).await
    }

    async fn decision(&self, key: DecisionKey) -> Result<Option<DecisionRecord>, Error> {
        decisions::decision(self.loop_readers(None).await?, key).await
    }

    async fn decision_of(
        &self,
        tenant: &TenantId,
        decision_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<DecisionRecord>, Error> {
        decisions::decision_of(self.loop_readers(None).await?, tenant, decision_id, choice).await
    }

    async fn decisions_in(&self, key: DecisionRequirementsKey) -> Result<Vec<DecisionRecord>, Error> {
        decisions::decisions_in(self.loop_readers(None).await?, key).await
    }

    async fn decision_requirements(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<DecisionRequirementsRecord>, Error> {
        decisions::requirements(self.loop_readers(None).await?, key).await
    }

    async fn latest_decision_requirements(
        &self,
        tenant: &TenantId,
        requirements_id: &str,
    ) -> Result<Option<DecisionRequirementsRecord>, Error> {
        decisions::latest_requirements(self.loop_readers(None).await?, tenant, requirements_id).await
    }

    async fn decision_requirements_resource(
        &self,
        key: DecisionRequirementsKey,
    ) -> Result<Option<ResourceRecord>, Error> {
        decisions::requirements_resource(self.loop_readers(None).await?, key).await
    }

    async fn decision_files(&self, deployment: DeploymentKey) -> Result<Vec<ResourceRecord>, Error> {
        decisions::files_of(self.loop_readers(None).await?, deployment).await
    }

    async fn decision_evaluations(
        &self,
        instance: ProcessInstanceKey,
        after: Option<DecisionEvaluationKey>,
        limit: u32,
    ) -> Result<Vec<DecisionEvaluation>, Error> {
        decisions::evaluations(self.readers(), instance, after, limit).await
    }

    async fn file(&self, key: ResourceKey) -> Result<Option<FileRecord>, Error> {
        files::file(self.loop_readers(None).await?, key).await
    }

    async fn file_of(
        &self,
        tenant: &TenantId,
        kind: FileKind,
        id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<FileRecord>, Error> {
        files::file_of(self.loop_readers(None).await?, tenant, kind, id, choice).await
    }

    async fn file_content(&self, key: ResourceKey) -> Result<Option<ResourceRecord>, Error> {
        files::content(self.loop_readers(None).await?, key).await
    }

    async fn job_attempts(
        &self,
        of: AttemptsOf,
        after: Option<AttemptKey>,
        limit: u32,
    ) -> Result<Vec<JobAttempt>, Error> {
        attempts::attempts(self.readers(), of, after, limit).await
    }

    async fn kept_attempts(&self, instance: ProcessInstanceKey) -> Result<Vec<KeptAttempt>, Error> {
        attempts::kept(self.loop_readers(instance.0.partition()).await?, instance).await
    }

    async fn outbox(
        &self,
        receiver: PartitionId,
        sender: PartitionId,
        after: Option<Key>,
        limit: u32,
    ) -> Result<Vec<Parcel>, Error> {
        exchange::outbox(self, receiver, sender, after, limit).await
    }

    async fn mailboxes(
        &self,
        partition: PartitionId,
        addresses: &[MailboxAddress],
    ) -> Result<Vec<Vec<Entry>>, Error> {
        exchange::mailboxes(self, partition, addresses).await
    }

    async fn set_aside(
        &self,
        partition: PartitionId,
        row: &CrossingRow,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        set_aside::set_aside(self, partition, row, reason, at).await
    }

    async fn rows_set_aside(&self, after: Option<i64>, limit: u32) -> Result<Vec<RowSetAside>, Error> {
        set_aside::list(self.readers(), after, limit).await
    }

    async fn expired_mailboxes(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<MailboxAddress>, Error> {
        exchange::expired_mailboxes(self, partition, now, limit).await
    }

    async fn signal_subscriptions(
        &self,
        tenant: &TenantId,
        name: &str,
        after: Option<SubscriptionKey>,
        last: SubscriptionKey,
        limit: u32,
    ) -> Result<Vec<SubscriptionRef>, Error> {
        exchange::signal_subscriptions(self, tenant, name, after, last, limit).await
    }

    async fn start_events(
        &self,
        tenant: &TenantId,
        trigger: &StartTrigger,
    ) -> Result<Vec<StartEvent>, Error> {
        exchange::start_events(self, tenant, trigger).await
    }

    async fn start_timers(&self, tenant: &TenantId, bpmn_process_id: &str) -> Result<Vec<StartTimer>, Error> {
        exchange::start_timers(self, tenant, bpmn_process_id).await
    }

    async fn due_start_timers(
        &self,
        partition: PartitionId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StartTimer>, Error> {
        exchange::due_start_timers(self, partition, now, limit).await
    }

    async fn put_component(&self, component: ComponentRecord, serving: ServingChange) -> Result<i64, Error> {
        components::put_component(self, component, serving).await
    }

    async fn components(&self) -> Result<Vec<ComponentSummary>, Error> {
        components::components(self.readers()).await
    }

    async fn component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<ComponentRecord>, Error> {
        components::component(self.readers(), tenant, name, version).await
    }

    async fn sign_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        digest: &str,
        signature: ComponentSignature,
    ) -> Result<bool, Error> {
        components::sign_component(self, tenant, name, version, digest, signature).await
    }

    async fn delete_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        removal: Removal,
        serving: ServingChange,
    ) -> Result<bool, Error> {
        components::delete_component(self, tenant, name, version, removal, serving).await
    }

    async fn removed_component(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Option<RemovedComponent>, Error> {
        components::removed_component(self.readers(), tenant, name, version).await
    }

    async fn job_type_owners(&self) -> Result<Vec<JobTypeOwner>, Error> {
        rollouts::owners(self.readers()).await
    }

    async fn put_grant(&self, grant: GrantRecord, reason: &str) -> Result<(), Error> {
        grants::put_grant(self, grant, reason).await
    }

    async fn grant_changes(
        &self,
        tenant: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChange>, Error> {
        grants::changes(self.readers(), tenant, component, before, limit).await
    }

    async fn grants(&self) -> Result<Vec<GrantRecord>, Error> {
        grants::grants(self.readers()).await
    }

    async fn change_rollout(&self, change: RolloutChange) -> Result<i64, Error> {
        rollouts::change(self, change).await
    }

    async fn rollouts(&self) -> Result<Vec<RolloutRecord>, Error> {
        rollouts::rollouts(self.readers()).await
    }

    async fn rollout_changes(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChange>, Error> {
        rollouts::changes(self.readers(), tenant, job_type, before, limit).await
    }

    async fn put_secret(&self, secret: SecretRecord, reason: &str) -> Result<u32, Error> {
        secrets::put_secret(self, secret, reason).await
    }

    async fn secrets(&self) -> Result<Vec<SecretRecord>, Error> {
        secrets::secrets(self.readers()).await
    }

    async fn delete_secret(
        &self,
        tenant: &TenantId,
        name: &str,
        removal: Removal,
        reason: &str,
    ) -> Result<bool, Error> {
        secrets::delete_secret(self, tenant, name, removal, reason).await
    }

    async fn secret_changes(
        &self,
        tenant: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChange>, Error> {
        secrets::changes(self.readers(), tenant, name, before, limit).await
    }

    async fn installation_value(&self, name: &str, value_if_new: &str) -> Result<Arc<str>, Error> {
        secrets::installation_value(self, name, value_if_new).await
    }

    async fn stored_installation_value(&self, name: &str) -> Result<Option<Arc<str>>, Error> {
        secrets::stored_installation_value(self.readers(), name).await
    }

    async fn snapshot(&self) -> Result<Snapshot, Error> {
        Database::snapshot(self).await
    }

    async fn mark_restored(&self, installation_id: &str, at: Option<Timestamp>) -> Result<(), Error> {
        restored::mark_restored(self, installation_id, at).await
    }

    async fn restored_at(&self) -> Result<Option<Timestamp>, Error> {
        restored::restored_at(self).await
    }

    async fn end_restoration(&self) -> Result<bool, Error> {
        restored::end_restoration(self).await
    }

    async fn outlook(&self, now: Timestamp) -> Result<Outlook, Error> {
        restored::outlook(self, now).await
    }

    async fn process_instance(
        &self,
        key: ProcessInstanceKey,
    ) -> Result<Option<ProcessInstanceRecord>, Error> {
        find::<ProcessInstanceField, D>(self, key.0).await
    }

    async fn search_process_instances(
        &self,
        request: &ProcessInstanceSearch,
    ) -> Result<Page<ProcessInstanceRecord>, Error> {
        search(self, request).await
    }

    async fn search_process_definitions(
        &self,
        request: &ProcessDefinitionSearch,
    ) -> Result<Page<DefinitionRecord>, Error> {
        search(self, request).await
    }

    async fn user_task(&self, key: UserTaskKey) -> Result<Option<UserTaskRecord>, Error> {
        find::<UserTaskField, D>(self, key.0).await
    }

    async fn search_user_tasks(&self, request: &UserTaskSearch) -> Result<Page<UserTaskRecord>, Error> {
        search(self, request).await
    }

    async fn incident(&self, key: IncidentKey) -> Result<Option<IncidentRecord>, Error> {
        find::<IncidentField, D>(self, key.0).await
    }

    async fn search_incidents(&self, request: &IncidentSearch) -> Result<Page<IncidentRecord>, Error> {
        search(self, request).await
    }

    async fn search_jobs(&self, request: &JobSearch) -> Result<Page<JobRecord>, Error> {
        search(self, request).await
    }

    async fn search_variables(&self, request: &VariableSearch) -> Result<Page<VariableRecord>, Error> {
        search(self, request).await
    }

    async fn begin_batch_operation(&self, new: NewBatchOperation) -> Result<BatchOperationKey, Error> {
        batch_operations::begin(self, new).await
    }

    async fn batch_operation(&self, key: BatchOperationKey) -> Result<Option<BatchOperation>, Error> {
        batch_operations::find(self.readers(), key).await
    }

    async fn advance_batch_operation(
        &self,
        key: BatchOperationKey,
        progress: BatchProgress,
    ) -> Result<(), Error> {
        batch_operations::advance(self, key, progress).await
    }

    async fn change_batch_operation(
        &self,
        key: BatchOperationKey,
        from: BatchState,
        to: BatchState,
        at: Timestamp,
    ) -> Result<bool, Error> {
        batch_operations::change_state(self, key, from, to, at).await
    }

    async fn search_batch_operations(
        &self,
        request: &BatchOperationSearch,
    ) -> Result<Page<BatchOperation>, Error> {
        search(self, request).await
    }

    async fn hold_definition(
        &self,
        key: ProcessDefinitionKey,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(), Error> {
        held::hold(self, key, &actor, at).await
    }

    async fn release_definition(&self, key: ProcessDefinitionKey) -> Result<(), Error> {
        held::release(self, key).await
    }

    async fn held_definitions(&self) -> Result<Vec<ProcessDefinitionKey>, Error> {
        held::held(self.readers()).await
    }

    async fn active_with_business_id(
        &self,
        partition: PartitionId,
        tenant: &TenantId,
        bpmn_process_id: &str,
        business_id: &str,
    ) -> Result<Option<ProcessInstanceKey>, Error> {
        let readers = self.loop_readers(Some(partition)).await?;
        lookup::active_with_business_id(readers, tenant, bpmn_process_id, business_id).await
    }

    async fn search_element_instances(
        &self,
        request: &ElementInstanceSearch,
    ) -> Result<Page<ElementInstanceRecord>, Error> {
        search(self, request).await
    }

    async fn search_message_subscriptions(
        &self,
        request: &MessageSubscriptionSearch,
    ) -> Result<Page<MessageSubscriptionRecord>, Error> {
        search(self, request).await
    }

    async fn search_message_correlations(
        &self,
        request: &MessageCorrelationSearch,
    ) -> Result<Page<MessageCorrelationRecord>, Error> {
        search(self, request).await
    }

    async fn search_decisions(&self, request: &DecisionSearch) -> Result<Page<DecisionListing>, Error> {
        search(self, request).await
    }

    async fn search_decision_requirements(
        &self,
        request: &DecisionRequirementsSearch,
    ) -> Result<Page<DecisionRequirementsRecord>, Error> {
        search(self, request).await
    }

    async fn search_decision_evaluations(
        &self,
        request: &DecisionEvaluationSearch,
    ) -> Result<Page<EvaluationRecord>, Error> {
        search(self, request).await
    }

    async fn journal(
        &self,
        instance: ProcessInstanceKey,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JournalRow>, Error> {
        lookup::journal(self.readers(), instance, after, limit).await
    }
}
