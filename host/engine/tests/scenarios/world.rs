//! One instance of one model, with everything that happened to it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bpmn::model::FlowIndex;
use engine::journal::{self, Entry};
use engine::state::TokenPlace;
use engine::{Command, Context, Definition, Definitions, Event, InstanceState, KeyRange, Rejection};
use types::{Actor, Key, PartitionId, ProcessDefinitionKey, TenantId, Timestamp};

use crate::rows::RowStore;

/// The version of the one process that a scenario runs.
pub(crate) const DEFINITION: ProcessDefinitionKey = ProcessDefinitionKey(Key::from_i64(1));

pub(crate) struct World {
    pub(crate) state: InstanceState,
    pub(crate) now: Timestamp,
    definitions: Definitions,
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
        let parsed = bpmn::parse(xml, &bpmn::Options { resource: "model", secret_token: None });
        if parsed.has_errors() {
            bail!("the model has errors: {:?}", parsed.diagnostics);
        }
        let process = parsed.processes.into_iter().next().context("the model has no process")?;
        let mut definitions = Definitions::default();
        definitions.insert(Arc::new(Definition {
            key: DEFINITION,
            version: 1,
            tenant: TenantId::default(),
            process,
        }));
        Ok(Self {
            state: InstanceState::default(),
            // 2026-01-01T00:00:00Z
            now: Timestamp::from_millis(1_767_225_600_000),
            definitions,
            keys: KeyRange::new(PartitionId::FIRST, 1),
            history: Vec::new(),
            rows: RowStore::default(),
        })
    }

    /// One step, and its commit.
    pub(crate) fn step(&mut self, command: Command) -> Result<Vec<Event>, Rejection> {
        let before = self.state.clone();
        let context = Context { definitions: &self.definitions, at: self.now, seed: 7 };
        match engine::step(context, &mut self.state, &mut self.keys, command) {
            Ok(output) => {
                self.rows.write(self.state.take_changes());
                self.history.extend(output.events.iter().cloned());
                Ok(output.events)
            }
            Err(rejection) => {
                assert!(before == self.state, "a refused command has changed the state");
                Err(rejection)
            }
        }
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

    pub(crate) fn check_invariants(&self) -> anyhow::Result<()> {
        let definition = self.definitions.get(DEFINITION).context("the definition")?;
        let process = &definition.process;

        let bytes =
            journal::encode(&[Entry { at: self.now, actor: Actor::host(), events: self.history.clone() }]);
        let entries = journal::decode(&bytes)?;
        ensure!(entries.len() == 1 && entries[0].events == self.history, "the journal gives other events");
        let mut replayed = InstanceState::default();
        for event in &entries[0].events {
            replayed.apply(event, process);
        }
        ensure!(
            replayed == self.state,
            "replaying the events gives another state:\n{replayed:?}\n{:?}",
            self.state
        );

        if let Some(rows) = self.rows.load() {
            let loaded = InstanceState::load(rows, process)?;
            ensure!(
                loaded == self.state,
                "loading the rows gives another state:\n{loaded:?}\n{:?}",
                self.state
            );
        }
        self.check_tokens()
    }

    /// An instance that goes on has something to wait for; one that has ended has nothing left.
    /// Tokens that could go on have somebody who lets them.
    fn check_tokens(&self) -> anyhow::Result<()> {
        let Some(instance) = self.state.instance() else { return Ok(()) };
        let process = &self.definitions.get(DEFINITION).context("the definition")?.process;
        // So many tokens that an operator has to look.
        let stopped = self.state.incidents_of(instance.key.root_scope()).next().is_some();
        for (place, _) in self.state.tokens() {
            let flow = process.flow_by_id(&place.flow).context("the flow of a token")?;
            let target = process.element(process.flow(flow).target);
            let is_filled = |flow: &FlowIndex| {
                let flow = process.flow(*flow).id.as_ref().into();
                self.state.tokens_at(&TokenPlace { scope: place.scope, flow }) > 0
            };
            let waits_for_others = target.is_join() && !target.incoming.iter().all(is_filled);
            ensure!(
                waits_for_others || instance.paused || stopped,
                "the token on {} could go on, and nobody lets it",
                place.flow
            );
        }
        let waits = self.state.jobs().count()
            + self.state.timers().count()
            + self.state.user_tasks().count()
            + self.state.incidents().count()
            + self.state.tokens().count();
        if self.state.is_active() {
            ensure!(waits > 0, "the instance is active and waits for nothing");
            ensure!(self.state.elements().count() > 1 || instance.paused || stopped, "no element is active");
        } else {
            ensure!(waits == 0, "the instance has ended and {waits} things still wait");
            ensure!(self.state.elements().count() == 0, "the instance has ended and elements are active");
        }
        Ok(())
    }
}
