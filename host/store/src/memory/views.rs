//! The state as searches see it.

use std::collections::BTreeMap;

use engine::state::{InstanceStatus, Job, JobState};
use types::{PartitionId, TenantId, Timestamp};

use super::state::{Instance, State};
use super::values::Definition;
use crate::search::{
    IncidentRecord, JobRecord, Origin, ProcessInstanceRecord, UserTaskRecord, VariableRecord,
};
use crate::{ComponentRecord, DefinitionRecord, JobRef, JobsOfType, Outlook};

pub(super) fn job_ref(instance: &Instance, job: &Job) -> JobRef {
    JobRef { job: job.key, instance: instance.row.key, priority: job.priority }
}

impl State {
    pub(super) fn instances_of(&self, partition: PartitionId) -> impl Iterator<Item = &Instance> {
        self.instances.values().filter(move |instance| instance.row.key.0.partition() == Some(partition))
    }

    pub(super) fn jobs_of(&self, partition: PartitionId) -> impl Iterator<Item = (&Instance, &Job)> {
        self.instances_of(partition)
            .flat_map(|instance| instance.jobs.values().map(move |job| (instance, job)))
    }

    pub(super) fn outlook(&self, now: Timestamp) -> Outlook {
        let mut types = BTreeMap::<&str, JobsOfType>::new();
        for job in self.instances.values().flat_map(|instance| instance.jobs.values()) {
            if matches!(job.state, JobState::Stopped) {
                continue;
            }
            let of_type = types.entry(&job.job_type).or_default();
            match job.state {
                JobState::Activatable { .. } => of_type.waiting += 1,
                JobState::Activated { .. } => of_type.held += 1,
                JobState::Running { .. } => of_type.running += 1,
                JobState::Stopped => {}
            }
        }
        let timers = || self.instances.values().flat_map(|instance| instance.timers.values());
        Outlook {
            active_instances: self
                .instances
                .values()
                .filter(|instance| instance.row.state == InstanceStatus::Active)
                .count() as u64,
            jobs: types
                .into_iter()
                .map(|(job_type, jobs)| JobsOfType { job_type: job_type.to_owned(), ..jobs })
                .collect(),
            timers: timers().count() as u64,
            timers_due: timers().filter(|timer| timer.due <= now && !timer.suspended).count() as u64,
            start_timers: self.crossing.start_timers.len() as u64,
            start_timers_due: self.crossing.start_timers.values().filter(|timer| timer.due <= now).count()
                as u64,
            messages_expired: self.crossing.messages_expired(now) as u64,
        }
    }

    pub(super) fn component(&self, tenant: &TenantId, name: &str, version: &str) -> Option<&ComponentRecord> {
        self.components.values().find(|component| {
            let summary = &component.summary;
            summary.tenant == *tenant && *summary.name == *name && *summary.version == *version
        })
    }

    pub(super) fn listed(&self, definition: &DefinitionRecord) -> Definition {
        let is_latest = !self.definitions.values().any(|other| {
            other.tenant == definition.tenant
                && other.bpmn_process_id == definition.bpmn_process_id
                && other.version > definition.version
        });
        Definition { record: definition.clone(), is_latest }
    }

    pub(super) fn process_instance(&self, instance: &Instance) -> ProcessInstanceRecord {
        let row = &instance.row;
        let definition = self.definitions.get(&row.definition);
        ProcessInstanceRecord {
            key: row.key,
            definition: row.definition,
            bpmn_process_id: row.bpmn_process_id.clone(),
            process_name: definition.and_then(|definition| definition.name.clone()),
            version: row.version,
            version_tag: row.version_tag.clone(),
            state: row.state,
            has_incident: row.open_incidents > 0,
            caller: row.caller,
            suspended: row.suspended,
            started_at: row.started_at,
            ended_at: row.ended_at,
            business_id: row.business_id.clone(),
            tags: row.tags.clone(),
            tenant: row.tenant.clone(),
        }
    }

    pub(super) fn user_tasks(&self) -> impl Iterator<Item = UserTaskRecord> {
        self.instances.values().flat_map(|instance| {
            instance
                .user_tasks
                .values()
                .map(|task| UserTaskRecord { task: task.clone(), origin: instance.origin() })
        })
    }

    pub(super) fn incidents(&self) -> impl Iterator<Item = IncidentRecord> {
        self.instances.values().flat_map(|instance| {
            instance
                .incidents
                .values()
                .map(|incident| IncidentRecord { incident: incident.clone(), origin: instance.origin() })
        })
    }

    pub(super) fn jobs(&self) -> impl Iterator<Item = JobRecord> {
        self.instances.values().flat_map(|instance| {
            instance.jobs.values().map(|job| JobRecord {
                job: job.clone(),
                element: instance
                    .elements
                    .get(&job.element_instance)
                    .map(|element| element.element.clone())
                    .unwrap_or_default(),
                origin: instance.origin(),
            })
        })
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = VariableRecord> {
        self.instances.values().flat_map(|instance| {
            instance.variables.values().map(|variable| VariableRecord {
                key: variable.variable.key,
                scope: variable.scope,
                name: variable.name.clone(),
                value: variable.variable.value.clone(),
                instance: instance.row.key,
                tenant: instance.identity.tenant.clone(),
            })
        })
    }
}

impl Instance {
    pub(super) fn origin(&self) -> Origin {
        Origin {
            instance: self.identity.key,
            definition: self.identity.definition,
            bpmn_process_id: self.identity.bpmn_process_id.clone(),
            version: self.identity.version,
            tenant: self.identity.tenant.clone(),
        }
    }
}
