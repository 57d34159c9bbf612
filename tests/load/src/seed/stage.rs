//! What a host has at home, without the host: its store, and the process version whose instances are added.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use engine::{Command, Context, Definition, Definitions, Event, InstanceState, KeyRange};
use store::{Batch, InstanceBatch, Store};
use tokio::task::JoinHandle;
use types::{PartitionId, TenantId, Timestamp, Variables};

use crate::host::Home;
use crate::scenario::Scenario;

/// A store, a process version in it, and the commit under way.
pub(super) struct Stage {
    store: Arc<dyn Store>,
    keys: KeyRange,
    definition: Arc<Definition>,
    definitions: Definitions,
    variables: Variables,
    clock: Timestamp,
    seed: u64,
    writing: Option<JoinHandle<Result<(), store::Error>>>,
}

impl Stage {
    /// Opens the home of a host in which the scenario is deployed. Its clock ends about now, when `count` instances are started.
    pub(super) async fn open(home: &Home, scenario: Scenario, count: u64) -> anyhow::Result<Self> {
        let store = home.open_store().await?;
        let record = store
            .definition_by_id(&TenantId::default(), scenario.process_id(), None)
            .await?
            .with_context(|| format!("{} is not deployed", scenario.process_id()))?;
        let parsed = bpmn::parse(scenario.model(), &bpmn::Options::new(&record.resource_name));
        let process = parsed.processes.into_iter().next().context("the scenario's process")?;
        let definition =
            Arc::new(Definition { key: record.key, version: record.version, tenant: record.tenant, process });
        let mut definitions = Definitions::default();
        definitions.insert(Arc::clone(&definition));
        let begins = jiff::Timestamp::now().as_millisecond() - i64::try_from(count)?;
        Ok(Self {
            keys: KeyRange::new(PartitionId::FIRST, store.next_key_counter(PartitionId::FIRST).await?),
            store,
            definition,
            definitions,
            variables: Variables::parse(scenario.variables())?,
            clock: Timestamp::from_millis(begins),
            seed: 0,
            writing: None,
        })
    }

    pub(super) fn definition(&self) -> &Arc<Definition> {
        &self.definition
    }

    /// The variables that instances are started with.
    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The time on the clock of this stage.
    pub(super) fn now(&self) -> Timestamp {
        self.clock
    }

    /// A millisecond passes.
    pub(super) fn tick(&mut self) {
        self.clock = self.clock + Duration::from_millis(1);
    }

    /// Carries out a command as the partition loop does.
    pub(super) fn step(&mut self, state: &mut InstanceState, command: Command) -> anyhow::Result<Vec<Event>> {
        self.seed += 1;
        let context = Context { definitions: &self.definitions, at: self.clock, seed: self.seed };
        Ok(engine::step(context, state, &mut self.keys, command)?.events)
    }

    /// Writes what has changed. Returns when the commit before this one is durable: what comes next can be computed
    /// while this one is written.
    pub(super) async fn commit(&mut self, instances: Vec<InstanceBatch>) -> anyhow::Result<()> {
        self.written().await?;
        let next_key_counter = self.keys.next_counter();
        let batch = Batch {
            partition: self.keys.partition(),
            next_key_counter,
            instances,
            exchange: Default::default(),
        };
        let store = Arc::clone(&self.store);
        self.writing = Some(tokio::spawn(async move { store.commit(batch).await }));
        Ok(())
    }

    /// Returns when all is durable, and free for a host.
    pub(super) async fn close(mut self) -> anyhow::Result<()> {
        self.written().await?;
        Ok(self.store.close().await?)
    }

    async fn written(&mut self) -> anyhow::Result<()> {
        match self.writing.take() {
            Some(writing) => writing.await?.context("failed to commit seeded instances"),
            None => Ok(()),
        }
    }
}
