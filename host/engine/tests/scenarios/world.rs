//! One instance of one model, with everything that happened to it.

#[path = "invariants.rs"]
mod invariants;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bpmn::Process;
use bpmn::model::{ElementKind, Form};
use engine::state::{ElementInstance, ElementState, Role};
use engine::{
    Change, Command, Context, Definition, Definitions, Event, InstanceState, KeyRange, Output, Rejection,
};
use types::{Key, PartitionId, ProcessDefinitionKey, TenantId, Timestamp};

use crate::rows::RowStore;

/// The first version of the process that a scenario runs; the others follow.
pub(crate) const DEFINITION: ProcessDefinitionKey = ProcessDefinitionKey(Key::from_i64(1));

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: InstanceState,
    pub(crate) now: Timestamp,
    definitions: Definitions,
    versions: u32,
    keys: KeyRange,
    history: Vec<Event>,
    rows: RowStore,
}

impl World {
    pub(crate) fn open(model: &Path) -> anyhow::Result<Self> {
        let xml = std::fs::read_to_string(model).with_context(|| format!("model {}", model.display()))?;
        Self::of_model(&xml)
    }

    pub(crate) fn of_model(xml: &str) -> anyhow::Result<Self> {
        let mut world = Self::empty();
        world.add_version(xml)?;
        Ok(world)
    }

    /// A world with this process, which was read before.
    #[allow(dead_code, reason = "only explorations have read it before")]
    pub(crate) fn of_process(process: Process) -> Self {
        let mut world = Self::empty();
        world.insert(process);
        world
    }

    fn empty() -> Self {
        Self {
            state: InstanceState::default(),
            // 2026-01-01T00:00:00Z
            now: Timestamp::from_millis(1_767_225_600_000),
            definitions: Definitions::default(),
            versions: 0,
            keys: KeyRange::new(PartitionId::FIRST, 1),
            history: Vec::new(),
            rows: RowStore::default(),
        }
    }

    /// Deploys another version of the process.
    pub(crate) fn add_version(&mut self, xml: &str) -> anyhow::Result<()> {
        let parsed = bpmn::parse(xml, &bpmn::Options { resource: "model", secret_token: None });
        if parsed.has_errors() {
            bail!("the model has errors: {:?}", parsed.diagnostics);
        }
        self.insert(parsed.processes.into_iter().next().context("the model has no process")?);
        Ok(())
    }

    fn insert(&mut self, process: Process) {
        self.versions += 1;
        self.definitions.insert(Arc::new(Definition {
            key: version(self.versions),
            version: self.versions,
            tenant: TenantId::default(),
            process,
        }));
    }

    /// The process version that the instance runs.
    pub(crate) fn process(&self) -> &Process {
        let key = self.state.instance().map_or(DEFINITION, |instance| instance.definition);
        &self.definitions.get(key).expect("an instance runs one of the versions").process
    }

    /// One step, and its commit.
    pub(crate) fn step(&mut self, command: Command) -> Result<Output, Rejection> {
        let before = self.state.clone();
        let result = self.step_without_copy(command);
        if result.is_err() {
            assert!(before == self.state, "a refused command has changed the state");
        }
        result
    }

    /// As [`World::step`], for states so large that copying them for each step would take too long.
    #[allow(dead_code, reason = "only tests of limits have such states")]
    pub(crate) fn step_without_copy(&mut self, command: Command) -> Result<Output, Rejection> {
        let context = Context { definitions: &self.definitions, at: self.now, seed: 7 };
        let output = engine::step(context, &mut self.state, &mut self.keys, command)?;
        let changes = self.state.take_changes();
        if output.events.iter().any(|event| matches!(event, Event::InstanceMigrated { .. })) {
            let written = changes.jobs.iter().filter(|change| matches!(change, Change::Put(_))).count();
            assert_eq!(written, self.state.jobs().count(), "rows of jobs name the version");
        }
        self.rows.write(changes);
        self.history.extend(output.events.iter().cloned());
        Ok(output)
    }

    pub(crate) fn describe_job(&self, key: types::JobKey) -> Option<engine::JobDescription> {
        let definition = self.definitions.get(self.state.instance()?.definition)?;
        engine::describe_job(definition, &self.state, key)
    }

    /// How often an element was entered.
    #[allow(dead_code, reason = "only explorations count")]
    pub(crate) fn times_entered(&self, wanted: &str) -> usize {
        let is_entry =
            |event: &&Event| matches!(event, Event::ElementEntered { element, .. } if **element == *wanted);
        self.history.iter().filter(is_entry).count()
    }

    /// The element of an element instance of any time.
    pub(crate) fn element_name(&self, wanted: types::ElementInstanceKey) -> String {
        self.history
            .iter()
            .find_map(|event| match event {
                Event::InstanceCreated { key, bpmn_process_id, .. } if key.root_scope() == wanted => {
                    Some(bpmn_process_id.to_string())
                }
                Event::ElementEntered { key, element, .. } if *key == wanted => Some(element.to_string()),
                _ => None,
            })
            .unwrap_or_else(|| wanted.to_string())
    }

    /// The completed activity that a compensation of any time is about.
    pub(crate) fn kept_activity(&self, wanted: types::CompensationKey) -> String {
        let found = self.history.iter().find_map(|event| match event {
            Event::CompensationKept { key, activity, .. } if *key == wanted => Some(activity.to_string()),
            _ => None,
        });
        found.unwrap_or_else(|| wanted.to_string())
    }
}

/// The key of a version.
pub(crate) fn version(number: u32) -> ProcessDefinitionKey {
    ProcessDefinitionKey(Key::from_i64(i64::from(number)))
}

/// How many deployed files a task links to.
pub(crate) fn links(kind: &ElementKind) -> usize {
    match kind {
        ElementKind::UserTask(task) => usize::from(matches!(task.form, Some(Form::Linked { .. }))),
        ElementKind::JobTask(task) => task.linked_resources.len(),
        _ => 0,
    }
}

/// Whether an element instance waits for the host to find what its task links to.
pub(crate) fn waits_for_files(state: &InstanceState, kind: &ElementKind, element: &ElementInstance) -> bool {
    links(kind) > 0
        && element.state == ElementState::Active
        && element.role != Role::Loop
        && state.jobs_of(element.key).next().is_none()
        && state.user_tasks_of(element.key).next().is_none()
}
