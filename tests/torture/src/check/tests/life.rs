//! One instance of the torture's process, carried out by the engine.

use std::sync::Arc;
use std::time::Duration;

use bpmn::Process;
use engine::command::{CompleteJob, CreateInstance, JobAttempt, JobResult, Start, StartJob};
use engine::journal::Entry;
use engine::state::{ElementRow, InstanceStatus, Rows};
use engine::{Change, Changes, Command, Context, Definition, Definitions, InstanceState, KeyRange};
use store::search::ProcessInstanceRecord;
use types::{Actor, Key, PartitionId, ProcessDefinitionKey, TenantId, Timestamp, Variables};

use super::Instance;

const MODEL: &str = include_str!("../../../models/torture.bpmn");
const ATTEMPT: Duration = Duration::from_secs(30);

/// One instance and its history.
pub(super) struct Life {
    process: Arc<Process>,
    definitions: Definitions,
    keys: KeyRange,
    state: InstanceState,
    now: Timestamp,
    history: Vec<Entry>,
    /// All changes since the beginning.
    changes: InstanceState,
}

impl Life {
    /// An instance that was just started.
    pub(super) fn begin() -> Self {
        let key = ProcessDefinitionKey(Key::new(PartitionId::FIRST, 1));
        let tenant = TenantId::default();
        let definition = Arc::new(Definition { key, version: 1, tenant, process: process() });
        let mut definitions = Definitions::default();
        definitions.insert(definition);
        let mut life = Self {
            process: Arc::new(process()),
            definitions,
            keys: KeyRange::new(PartitionId::FIRST, 2),
            state: InstanceState::default(),
            now: Timestamp::from_millis(1_000_000),
            history: Vec::new(),
            changes: InstanceState::default(),
        };
        life.carry_out(Command::CreateInstance(CreateInstance {
            definition: key,
            tenant: TenantId::default(),
            variables: Variables::parse(r#"{"text":"client-1"}"#).expect("an object"),
            business_id: Some("client-1".into()),
            tags: Vec::new(),
            start: Start::Default,
            ends_after: Vec::new(),
            caller: None,
        }));
        life
    }

    /// Brings the instance forward by one command; false when it has ended.
    pub(super) fn step(&mut self) -> bool {
        let job = self.state.jobs().next().map(|job| (job.key, job.attempt, job.state.clone()));
        let command = if let Some((job, attempt, state)) = job {
            if matches!(state, engine::state::JobState::Running { .. }) {
                let attempt = JobAttempt::in_host(job, attempt);
                let result = JobResult::Worker(Variables::default());
                Command::CompleteJob(CompleteJob { attempt, result })
            } else {
                let deadline = self.now + ATTEMPT;
                Command::StartJob(StartJob { job, attempt: attempt + 1, worker: "echo@1".into(), deadline })
            }
        } else if let Some(task) = self.state.user_tasks().next() {
            Command::CompleteUserTask { task: task.key, variables: Variables::default() }
        } else if let Some(timer) = self.state.timers().next() {
            self.now = timer.due;
            Command::TriggerTimer { timer: timer.key }
        } else {
            return false;
        };
        self.carry_out(command);
        true
    }

    /// The same when it has ended.
    pub(super) fn ended(mut self) -> Self {
        while self.step() {}
        assert!(!self.state.is_active());
        self
    }

    /// As the reader of a database gives it.
    pub(super) fn instance(&self) -> Instance {
        let instance = self.state.instance().expect("it was started").clone();
        let record = ProcessInstanceRecord {
            key: instance.key,
            definition: instance.definition,
            bpmn_process_id: instance.bpmn_process_id.clone(),
            process_name: None,
            version: instance.version,
            version_tag: None,
            state: instance.state,
            has_incident: false,
            caller: instance.caller,
            suspended: instance.suspended,
            started_at: instance.started_at,
            ended_at: instance.ended_at,
            business_id: instance.business_id.clone(),
            tags: Vec::new(),
            tenant: instance.tenant.clone(),
        };
        // Everything that a state has is a change of an empty one.
        let changes = self.changes.clone().take_changes();
        Instance {
            record,
            process: Arc::clone(&self.process),
            history: Ok(self.history.clone()),
            rows: Some(rows(instance, changes)),
        }
    }

    fn carry_out(&mut self, command: Command) {
        let context = Context { definitions: &self.definitions, at: self.now, seed: 1 };
        let output = engine::step(context, &mut self.state, &mut self.keys, command).expect("it may be done");
        for event in &output.events {
            self.changes.apply(event, &self.process);
        }
        drop(self.state.take_changes());
        self.history.push(Entry { at: self.now, actor: Actor::new("test"), events: output.events });
    }
}

fn process() -> Process {
    let parsed = bpmn::load(MODEL, &bpmn::Options { resource: "torture.bpmn", secret_token: None });
    parsed.processes.into_iter().next().expect("the torture's process")
}

/// The rows that are there when these changes are all there ever were.
fn rows(instance: engine::state::ProcessInstance, changes: Changes) -> Rows {
    fn put<K, T>(changes: Vec<Change<K, T>>) -> Vec<T> {
        let put = changes.into_iter().filter_map(|change| match change {
            Change::Put(row) => Some(row),
            Change::Delete(_) => None,
        });
        put.collect()
    }
    let is_active = instance.state == InstanceStatus::Active;
    Rows {
        elements: if is_active {
            put(changes.elements).iter().map(ElementRow::from).collect()
        } else {
            Vec::new()
        },
        instance,
        variables: put(changes.variables),
        tokens: put(changes.tokens),
        jobs: put(changes.jobs),
        timers: put(changes.timers),
        subscriptions: put(changes.subscriptions),
        compensables: put(changes.compensables),
        loops: put(changes.loops),
        loop_values: put(changes.loop_values),
        user_tasks: put(changes.user_tasks).into_iter().filter(|task| task.ended_at.is_none()).collect(),
        incidents: put(changes.incidents),
    }
}
