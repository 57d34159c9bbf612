//! The contract, kept by whatever is a [`Database`].

use std::sync::Arc;

use async_trait::async_trait;
use engine::state::Rows;
use types::{
    ElementInstanceKey, IncidentKey, JobKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, TenantId,
    Timestamp, UserTaskKey,
};

use super::database::Database;
use super::search::{find, search};
use super::{components, definitions, due, ended, load, lookup, removal, restored, secrets};
use crate::search::{
    IncidentField, IncidentRecord, IncidentSearch, JobRecord, JobSearch, Page, ProcessDefinitionSearch,
    ProcessInstanceField, ProcessInstanceRecord, ProcessInstanceSearch, UserTaskField, UserTaskRecord,
    UserTaskSearch, VariableRecord, VariableSearch,
};
use crate::{
    Batch, ComponentRecord, ComponentSummary, DefinitionRecord, DueJob, DueTimer, EndedInstance, Error,
    GrantRecord, JobRef, JournalRow, NewDeployment, OldestEnd, Outlook, RemovalLimit, Removed,
    ResourceRecord, SecretRecord, Snapshot, Store,
};

#[async_trait]
impl<D: Database> Store for D {
    async fn claim(&self, partition: PartitionId) -> Result<(), Error> {
        Database::claim(self, partition).await
    }

    async fn partition_lost(&self) {
        Database::partition_lost(self).await;
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
        after: Option<JobKey>,
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
        definitions::deploy(self, partition, deployment).await
    }

    async fn definition(&self, key: ProcessDefinitionKey) -> Result<Option<DefinitionRecord>, Error> {
        definitions::definition(self.loop_readers(None).await?, key).await
    }

    async fn definition_by_id(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        version: Option<u32>,
    ) -> Result<Option<DefinitionRecord>, Error> {
        definitions::definition_by_id(self.loop_readers(None).await?, tenant, bpmn_process_id, version).await
    }

    async fn definition_resource(&self, key: ProcessDefinitionKey) -> Result<Option<ResourceRecord>, Error> {
        definitions::definition_resource(self.loop_readers(None).await?, key).await
    }

    async fn put_component(&self, component: ComponentRecord) -> Result<i64, Error> {
        components::put_component(self, component).await
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

    async fn delete_component(&self, tenant: &TenantId, name: &str, version: &str) -> Result<bool, Error> {
        components::delete_component(self, tenant, name, version).await
    }

    async fn put_grant(&self, grant: GrantRecord) -> Result<(), Error> {
        components::put_grant(self, grant).await
    }

    async fn grants(&self) -> Result<Vec<GrantRecord>, Error> {
        components::grants(self.readers()).await
    }

    async fn put_secret(&self, secret: SecretRecord) -> Result<u32, Error> {
        secrets::put_secret(self, secret).await
    }

    async fn secrets(&self) -> Result<Vec<SecretRecord>, Error> {
        secrets::secrets(self.readers()).await
    }

    async fn delete_secret(&self, tenant: &TenantId, name: &str) -> Result<bool, Error> {
        secrets::delete_secret(self, tenant, name).await
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

    async fn journal(
        &self,
        instance: ProcessInstanceKey,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JournalRow>, Error> {
        lookup::journal(self.readers(), instance, after, limit).await
    }
}
