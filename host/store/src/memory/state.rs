//! What the store holds, and how a batch changes it.

use std::collections::{BTreeMap, BTreeSet};

use engine::Changes;
use engine::state::{
    Compensable, ElementInstance, ElementRow, Incident, Job, LoopProgress, LoopValue, ProcessInstance, Rows,
    ScopedVariable, Subscription, Timer, Token, TokenPlace, UserTask, UserTaskState,
};
use types::{
    AttemptKey, CompensationKey, DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey,
    ElementInstanceKey, IncidentKey, JobKey, MessageCorrelationKey, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, ResourceKey, SharedStr, SubscriptionKey, TenantId, TimerKey, Timestamp, UserTaskKey,
    VariableKey,
};

use super::crossing::Crossing;
use super::registry::Changes as NamedChanges;
use super::rollouts::Rollouts;
use super::rows::{apply, lacks};
use crate::{
    Batch, BatchOperation, BatchOperationKey, ComponentRecord, DecisionEvaluation, DecisionRecord,
    DecisionRequirementsRecord, DefinitionRecord, DeploymentRecord, Error, FileRecord, GrantChange,
    GrantRecord, InstanceBatch, InstanceIdentity, JobAttempt, MessageCorrelation, NewDeployment,
    RemovedComponent, ResourceRecord, RowSetAside, SecretChange, SecretRecord,
};

/// Everything.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) next_key_counters: BTreeMap<PartitionId, u64>,
    /// By position.
    pub(super) journal: BTreeMap<i64, (ProcessInstanceKey, Vec<u8>)>,
    /// The last position that was given out.
    pub(super) last_position: i64,
    pub(super) instances: BTreeMap<ProcessInstanceKey, Instance>,
    pub(super) deployments: BTreeMap<DeploymentKey, DeploymentRecord>,
    pub(super) resources: BTreeMap<(DeploymentKey, SharedStr), ResourceRecord>,
    pub(super) definitions: BTreeMap<ProcessDefinitionKey, DefinitionRecord>,
    pub(super) decisions: BTreeMap<DecisionKey, DecisionRecord>,
    pub(super) decision_requirements: BTreeMap<DecisionRequirementsKey, DecisionRequirementsRecord>,
    pub(super) files: BTreeMap<ResourceKey, FileRecord>,
    pub(super) crossing: Crossing,
    /// In the order of their numbers.
    pub(super) set_aside: Vec<RowSetAside>,
    pub(super) components: BTreeMap<i64, ComponentRecord>,
    pub(super) last_component: i64,
    /// By tenant, name and version.
    pub(super) removed_components: BTreeMap<(TenantId, SharedStr, SharedStr), RemovedComponent>,
    pub(super) grants: BTreeMap<(TenantId, SharedStr), GrantRecord>,
    pub(super) grant_changes: NamedChanges<GrantChange>,
    pub(super) rollouts: Rollouts,
    pub(super) secrets: BTreeMap<(TenantId, SharedStr), SecretRecord>,
    pub(super) secret_changes: NamedChanges<SecretChange>,
    pub(super) installation: BTreeMap<String, String>,
    pub(super) batch_operations: BTreeMap<BatchOperationKey, BatchOperation>,
    pub(super) held: BTreeSet<ProcessDefinitionKey>,
    pub(super) restored_at: Option<Timestamp>,
}

/// The rows of one instance.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) identity: InstanceIdentity,
    pub(super) row: ProcessInstance,
    pub(super) elements: BTreeMap<ElementInstanceKey, ElementInstance>,
    pub(super) variables: BTreeMap<VariableKey, ScopedVariable>,
    pub(super) tokens: BTreeMap<TokenPlace, Token>,
    pub(super) jobs: BTreeMap<JobKey, Job>,
    pub(super) timers: BTreeMap<TimerKey, Timer>,
    pub(super) user_tasks: BTreeMap<UserTaskKey, UserTask>,
    pub(super) incidents: BTreeMap<IncidentKey, Incident>,
    pub(super) subscriptions: BTreeMap<SubscriptionKey, Subscription>,
    pub(super) compensables: BTreeMap<CompensationKey, Compensable>,
    pub(super) loops: BTreeMap<ElementInstanceKey, LoopProgress>,
    pub(super) loop_values: BTreeMap<(ElementInstanceKey, u32), LoopValue>,
    pub(super) decision_evaluations: BTreeMap<DecisionEvaluationKey, DecisionEvaluation>,
    pub(super) attempts: BTreeMap<AttemptKey, JobAttempt>,
    pub(super) correlations: BTreeMap<MessageCorrelationKey, MessageCorrelation>,
}

impl Instance {
    fn new(identity: InstanceIdentity, row: ProcessInstance) -> Self {
        Self {
            identity,
            row,
            elements: BTreeMap::new(),
            variables: BTreeMap::new(),
            tokens: BTreeMap::new(),
            jobs: BTreeMap::new(),
            timers: BTreeMap::new(),
            user_tasks: BTreeMap::new(),
            incidents: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            compensables: BTreeMap::new(),
            loops: BTreeMap::new(),
            loop_values: BTreeMap::new(),
            decision_evaluations: BTreeMap::new(),
            attempts: BTreeMap::new(),
            correlations: BTreeMap::new(),
        }
    }

    /// What `Store::load_instance` gives.
    pub(super) fn rows(&self) -> Rows {
        Rows {
            instance: self.row.clone(),
            elements: self.elements.values().map(ElementRow::from).collect(),
            variables: self.variables.values().cloned().collect(),
            tokens: self.tokens.values().cloned().collect(),
            jobs: self.jobs.values().cloned().collect(),
            timers: self.timers.values().cloned().collect(),
            subscriptions: self.subscriptions.values().cloned().collect(),
            compensables: self.compensables.values().cloned().collect(),
            loops: self.loops.values().copied().collect(),
            loop_values: self.loop_values.values().cloned().collect(),
            user_tasks: self.open_user_tasks().cloned().collect(),
            incidents: self.open_incidents().cloned().collect(),
        }
    }

    pub(super) fn open_user_tasks(&self) -> impl Iterator<Item = &UserTask> {
        self.user_tasks.values().filter(|task| task.state == UserTaskState::Created)
    }

    pub(super) fn open_incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().filter(|incident| incident.ended_at.is_none())
    }

    /// The first table that lacks a row which `changes` remove.
    fn lacks(&self, changes: &Changes) -> Option<&'static str> {
        [
            ("element_instance", lacks(&self.elements, &changes.elements)),
            ("variable", lacks(&self.variables, &changes.variables)),
            ("token", lacks(&self.tokens, &changes.tokens)),
            ("job", lacks(&self.jobs, &changes.jobs)),
            ("timer", lacks(&self.timers, &changes.timers)),
            ("user_task", lacks(&self.user_tasks, &changes.user_tasks)),
            ("incident", lacks(&self.incidents, &changes.incidents)),
            ("subscription", lacks(&self.subscriptions, &changes.subscriptions)),
            ("compensable", lacks(&self.compensables, &changes.compensables)),
            ("loop_progress", lacks(&self.loops, &changes.loops)),
            ("loop_value", lacks(&self.loop_values, &changes.loop_values)),
        ]
        .into_iter()
        .find_map(|(table, lacks)| lacks.then_some(table))
    }

    fn apply(&mut self, changes: Changes) {
        apply(&mut self.elements, changes.elements, |element| element.key);
        apply(&mut self.variables, changes.variables, |variable| variable.variable.key);
        apply(&mut self.tokens, changes.tokens, |token| token.place.clone());
        apply(&mut self.jobs, changes.jobs, |job| job.key);
        apply(&mut self.timers, changes.timers, |timer| timer.key);
        apply(&mut self.user_tasks, changes.user_tasks, |task| task.key);
        apply(&mut self.incidents, changes.incidents, |incident| incident.key);
        apply(&mut self.subscriptions, changes.subscriptions, |subscription| subscription.key);
        apply(&mut self.compensables, changes.compensables, |compensable| compensable.key);
        apply(&mut self.loops, changes.loops, |progress| progress.element_instance);
        apply(&mut self.loop_values, changes.loop_values, |value| (value.element_instance, value.counter));
    }
}

impl State {
    /// Writes a batch, all of it or nothing.
    pub(super) fn commit(&mut self, batch: Batch) -> Result<(), Error> {
        for part in &batch.instances {
            self.check(part)?;
        }
        self.crossing.check(&batch.exchange)?;
        self.advance_keys(batch.partition, batch.next_key_counter);
        self.crossing.apply(batch.exchange);
        for part in batch.instances {
            let InstanceBatch { identity, journal, mut changes, .. } = part;
            self.last_position += 1;
            self.journal.insert(self.last_position, (identity.key, journal));
            if let Some(row) = changes.instance.take() {
                self.instances
                    .entry(identity.key)
                    .and_modify(|instance| instance.row = row.clone())
                    .or_insert_with(|| Instance::new(identity.clone(), row));
            }
            if let Some(instance) = self.instances.get_mut(&identity.key) {
                // It may have got another version of its process.
                instance.identity = identity;
                instance.apply(changes);
                let evaluations = part.decision_evaluations.into_iter();
                instance.decision_evaluations.extend(evaluations.map(|row| (row.key, row)));
                apply(&mut instance.attempts, part.attempts, |attempt| attempt.key);
                instance.correlations.extend(part.correlations.into_iter().map(|row| (row.key, row)));
            }
        }
        Ok(())
    }

    fn check(&self, InstanceBatch { identity, changes, .. }: &InstanceBatch) -> Result<(), Error> {
        if !self.definitions.contains_key(&identity.definition) {
            let message = format!("process definition {} is not stored", identity.definition);
            return Err(Error::Damaged(message));
        }
        let lacks = match (self.instances.get(&identity.key), &changes.instance) {
            (Some(instance), _) => instance.lacks(changes),
            (None, Some(row)) => Instance::new(identity.clone(), row.clone()).lacks(changes),
            (None, None) => Some("process_instance"),
        };
        match lacks {
            None => Ok(()),
            Some(table) => Err(Error::RowsMissing { instance: identity.key, table }),
        }
    }

    pub(super) fn advance_keys(&mut self, partition: PartitionId, next: u64) {
        let counter = self.next_key_counters.entry(partition).or_insert(1);
        *counter = (*counter).max(next);
    }

    /// Stores a deployment, all of it or nothing.
    pub(super) fn deploy(&mut self, partition: PartitionId, new: NewDeployment) -> Result<(), Error> {
        let conflict = |what, name: String| Err(Error::Conflict { what, name });
        if self.deployments.contains_key(&new.deployment.key) {
            return conflict("deployment", new.deployment.key.to_string());
        }
        for definition in &new.definitions {
            let exists = self.definitions.values().any(|other| {
                other.key == definition.key
                    || (&other.tenant, &other.bpmn_process_id, other.version)
                        == (&definition.tenant, &definition.bpmn_process_id, definition.version)
            });
            if exists {
                let name = format!("{} version {}", definition.bpmn_process_id, definition.version);
                return conflict("process version", name);
            }
        }
        for decision in &new.decisions {
            let exists = self.decisions.values().any(|other| {
                other.key == decision.key
                    || (&other.tenant, &other.decision_id, other.version)
                        == (&decision.tenant, &decision.decision_id, decision.version)
            });
            if exists {
                return conflict(
                    "decision version",
                    format!("{} version {}", decision.decision_id, decision.version),
                );
            }
        }
        for file in &new.files {
            let exists = self.files.values().any(|other| {
                other.key == file.key
                    || (&other.tenant, other.kind, &other.id, other.version)
                        == (&file.tenant, file.kind, &file.id, file.version)
            });
            if exists {
                return conflict("file version", format!("{} version {}", file.id, file.version));
            }
        }
        self.advance_keys(partition, new.next_key_counter);
        let tenant = new.deployment.tenant.clone();
        self.deployments.insert(new.deployment.key, new.deployment);
        for resource in new.resources {
            self.resources.insert((resource.deployment, resource.name.clone()), resource);
        }
        for definition in new.definitions {
            self.definitions.insert(definition.key, definition);
        }
        for starts in new.starts {
            self.crossing.replace_starts(&tenant, starts);
        }
        for requirements in new.decision_requirements {
            self.decision_requirements.insert(requirements.key, requirements);
        }
        for decision in new.decisions {
            self.decisions.insert(decision.key, decision);
        }
        for file in new.files {
            self.files.insert(file.key, file);
        }
        Ok(())
    }
}
