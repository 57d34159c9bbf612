//! Instances of one small process, in memory and in the store under test.

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::Process;
use engine::state::ElementState;
use engine::{Changes, Event, InstanceState, KeyRange, journal};
use fermata_store::{
    Batch, DefinitionRecord, DeploymentRecord, Exchange, InstanceBatch, InstanceIdentity, NewDeployment,
    ResourceRecord, Store,
};
use types::{
    Actor, ElementInstanceKey, IncidentKey, JobKey, Json, Key, PartitionId, ProcessDefinitionKey,
    ProcessInstanceKey, TenantId, TimerKey, Timestamp, UserTaskKey, VariableKey,
};

const MODEL: &str = include_str!("order.bpmn");

/// `millis` after the epoch.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn tenant() -> TenantId {
    TenantId::default()
}

/// A definition of the process `order` in its own deployment.
pub(crate) fn deployment(keys: &mut KeyRange, tenant: &TenantId, version: u32) -> NewDeployment {
    let deployment = keys.next_key().into();
    let (name, checksum) = ("order.bpmn", [version as u8; 32]);
    NewDeployment {
        deployment: DeploymentRecord {
            key: deployment,
            tenant: tenant.clone(),
            at: at(1),
            actor: Actor::new("deployer"),
        },
        resources: vec![ResourceRecord {
            deployment,
            name: name.into(),
            checksum,
            content: MODEL.as_bytes().to_vec(),
        }],
        definitions: vec![DefinitionRecord {
            key: keys.next_key().into(),
            deployment,
            tenant: tenant.clone(),
            bpmn_process_id: "order".into(),
            version,
            name: Some(format!("Order {version}").into()),
            version_tag: (version > 1).then(|| format!("v{version}").into()),
            resource_name: name.into(),
            checksum,
        }],
        starts: vec![],
        decision_requirements: vec![],
        decisions: vec![],
        files: vec![],
        next_key_counter: keys.next_counter(),
    }
}

/// Instances whose states in memory and in the store are compared after every commit.
pub(crate) struct Scene<'s> {
    stores: Vec<&'s dyn Store>,
    memory: Memory,
}

/// The part of a scene that is not in a store.
#[derive(Clone)]
pub(crate) struct Memory {
    keys: KeyRange,
    definitions: BTreeMap<ProcessDefinitionKey, DefinitionRecord>,
    process: Arc<Process>,
    states: BTreeMap<ProcessInstanceKey, InstanceState>,
    events: BTreeMap<ProcessInstanceKey, Vec<Event>>,
}

impl Memory {
    /// Goes on in a store that should hold the same instances.
    pub(crate) fn on(self, store: &dyn Store) -> Scene<'_> {
        Scene { stores: vec![store], memory: self }
    }

    /// Goes on with instances of the same definitions in another partition.
    pub(crate) fn elsewhere(self, store: &dyn Store, partition: PartitionId) -> Scene<'_> {
        let mut scene = Scene::empty(store, partition);
        scene.memory.definitions = self.definitions;
        scene
    }
}

impl<'s> Scene<'s> {
    /// A scene with version 1 of the process for the default tenant.
    pub(crate) async fn new(store: &'s dyn Store) -> Self {
        let mut scene = Self::empty(store, PartitionId::FIRST);
        scene.deploy(&tenant(), 1).await;
        scene
    }

    /// An empty scene that is played on two stores at once.
    pub(crate) fn on_both(store: &'s dyn Store, other: &'s dyn Store) -> Self {
        let mut scene = Self::empty(store, PartitionId::FIRST);
        scene.stores.push(other);
        scene
    }

    pub(crate) fn empty(store: &'s dyn Store, partition: PartitionId) -> Self {
        let mut parsed = bpmn::parse(MODEL, &bpmn::Options::new("order.bpmn"));
        assert_eq!(parsed.processes.len(), 1, "{:?}", parsed.diagnostics);
        let memory = Memory {
            keys: KeyRange::new(partition, 1),
            definitions: BTreeMap::new(),
            process: Arc::new(parsed.processes.remove(0)),
            states: BTreeMap::new(),
            events: BTreeMap::new(),
        };
        Self { stores: vec![store], memory }
    }

    pub(crate) async fn deploy(&mut self, tenant: &TenantId, version: u32) -> ProcessDefinitionKey {
        let deployment = deployment(&mut self.memory.keys, tenant, version);
        let definition = deployment.definitions[0].clone();
        for store in &self.stores {
            store.deploy(self.memory.keys.partition(), deployment.clone()).await.unwrap();
        }
        self.memory.definitions.insert(definition.key, definition.clone());
        definition.key
    }

    /// What the scene is now, for a store that keeps it so.
    pub(crate) fn fork(&self) -> Memory {
        self.memory.clone()
    }

    /// Leaves the store.
    pub(crate) fn leave(self) -> Memory {
        self.memory
    }

    pub(crate) fn key<K: From<Key>>(&mut self) -> K {
        self.memory.keys.next_key().into()
    }

    /// Starts an instance of the newest definition.
    pub(crate) fn start(&mut self) -> ProcessInstanceKey {
        let definition = *self.memory.definitions.keys().next_back().unwrap();
        self.start_with(definition, 10, None, &[])
    }

    pub(crate) fn start_with(
        &mut self,
        definition: ProcessDefinitionKey,
        started_at: i64,
        business_id: Option<&str>,
        tags: &[&str],
    ) -> ProcessInstanceKey {
        let key = self.key();
        let definition = &self.memory.definitions[&definition];
        let event = Event::InstanceCreated {
            key,
            definition: definition.key,
            bpmn_process_id: definition.bpmn_process_id.clone(),
            version: definition.version,
            tenant: definition.tenant.clone(),
            at: at(started_at),
            version_tag: definition.version_tag.clone(),
            business_id: business_id.map(Into::into),
            tags: tags.iter().map(|tag| (*tag).into()).collect(),
            caller: None,
            started_by: None,
            scope_state: None,
        };
        self.memory.states.insert(key, InstanceState::default());
        self.emit(key, event);
        key
    }

    pub(crate) fn state(&self, instance: ProcessInstanceKey) -> &InstanceState {
        &self.memory.states[&instance]
    }

    /// Makes an event part of the instance's state; the next commit writes it.
    pub(crate) fn emit(&mut self, instance: ProcessInstanceKey, event: Event) {
        self.memory.states.get_mut(&instance).unwrap().apply(&event, &self.memory.process);
        self.memory.events.entry(instance).or_default().push(event);
    }

    /// Enters an element of the process scope.
    pub(crate) fn enter(&mut self, instance: ProcessInstanceKey, element: &str) -> ElementInstanceKey {
        self.enter_in(instance, instance.root_scope(), element)
    }

    pub(crate) fn enter_in(
        &mut self,
        instance: ProcessInstanceKey,
        scope: ElementInstanceKey,
        element: &str,
    ) -> ElementInstanceKey {
        let key = self.key();
        let (element, state) = (element.into(), ElementState::Active);
        self.emit(
            instance,
            Event::ElementEntered { key, scope, element, flow: None, state, at: at(20), role: None },
        );
        key
    }

    /// A job in an element of its own.
    pub(crate) fn job(&mut self, instance: ProcessInstanceKey, job_type: &str) -> JobKey {
        self.job_with_priority(instance, job_type, None)
    }

    pub(crate) fn job_with_priority(
        &mut self,
        instance: ProcessInstanceKey,
        job_type: &str,
        priority: Option<i32>,
    ) -> JobKey {
        let (element_instance, key) = (self.enter(instance, "work"), self.key());
        let job_type = job_type.into();
        self.emit(
            instance,
            Event::JobCreated {
                key,
                element_instance,
                job_type,
                retries: 3,
                headers: vec![],
                kind: None,
                priority,
            },
        );
        key
    }

    pub(crate) fn timer(&mut self, instance: ProcessInstanceKey, due: i64) -> TimerKey {
        let (element_instance, key) = (self.enter(instance, "human"), self.key());
        let (element, due) = ("late".into(), at(due));
        self.emit(
            instance,
            Event::TimerCreated { key, element_instance, element, due, fired: 2, trigger: None },
        );
        key
    }

    pub(crate) fn variable(
        &mut self,
        instance: ProcessInstanceKey,
        scope: ElementInstanceKey,
        name: &str,
        value: &str,
    ) -> VariableKey {
        let known = self.memory.states[&instance].local_variable(scope, name).map(|variable| variable.key);
        let key = known.unwrap_or_else(|| self.key());
        let (name, value) = (name.into(), Json::from_trusted(value));
        self.emit(instance, Event::VariableSet { key, scope, name, value });
        key
    }

    pub(crate) fn incident(
        &mut self,
        instance: ProcessInstanceKey,
        element_instance: ElementInstanceKey,
        message: &str,
    ) -> IncidentKey {
        let key = self.key();
        let kind = engine::state::IncidentKind::IoMappingError;
        let (message, at) = (message.into(), at(30));
        self.emit(instance, Event::IncidentCreated { key, element_instance, job: None, kind, message, at });
        key
    }

    /// A user task of priority 50 that nobody has, in an element of its own.
    pub(crate) fn user_task(&mut self, instance: ProcessInstanceKey, created_at: i64) -> UserTaskKey {
        let (element_instance, key) = (self.enter(instance, "human"), self.key());
        self.emit(
            instance,
            Event::UserTaskCreated {
                key,
                element_instance,
                assignee: None,
                candidate_groups: vec![],
                candidate_users: vec![],
                due_date: None,
                follow_up_date: None,
                priority: 50,
                form_key: None,
                external_form_reference: None,
                form: None,
                at: at(created_at),
            },
        );
        key
    }

    /// What the next commit writes.
    pub(crate) fn batch(&mut self) -> Batch {
        let mut instances = Vec::new();
        for (key, state) in &mut self.memory.states {
            let changes = state.take_changes();
            let events = self.memory.events.remove(key).unwrap_or_default();
            if changes == Changes::default() && events.is_empty() {
                continue;
            }
            let instance = state.instance().unwrap();
            let identity = InstanceIdentity {
                key: *key,
                definition: instance.definition,
                bpmn_process_id: instance.bpmn_process_id.clone(),
                version: instance.version,
                tenant: instance.tenant.clone(),
            };
            let entry = journal::Entry { at: at(5), actor: Actor::new("tester"), events };
            let is_migrated =
                entry.events.iter().any(|event| matches!(event, Event::InstanceMigrated { .. }));
            instances.push(InstanceBatch {
                identity,
                journal: journal::encode(&[entry]),
                changes,
                is_migrated,
                decision_evaluations: vec![],
                attempts: vec![],
                correlations: vec![],
            });
        }
        Batch {
            partition: self.memory.keys.partition(),
            next_key_counter: self.memory.keys.next_counter(),
            instances,
            exchange: Exchange::default(),
        }
    }

    /// Writes what has changed, and compares the store with memory.
    pub(crate) async fn commit(&mut self) {
        let batch = self.batch();
        let changed: Vec<_> = batch.instances.iter().map(|part| part.identity.key).collect();
        for store in &self.stores {
            store.commit(batch.clone()).await.unwrap();
        }
        for instance in changed {
            self.compare(instance).await;
        }
    }

    /// Compares all instances with the store.
    pub(crate) async fn compare_all(&self) {
        for instance in self.memory.states.keys() {
            self.compare(*instance).await;
        }
    }

    async fn compare(&self, instance: ProcessInstanceKey) {
        for store in &self.stores {
            let rows = store.load_instance(instance).await.unwrap().unwrap();
            let loaded = InstanceState::load(rows, &self.memory.process).unwrap();
            assert_eq!(loaded, self.memory.states[&instance]);
        }
    }
}
