//! The world of a run: instances of the engine, and what a host does for them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use engine::command::{CompleteJob, CreateInstance, JobAttempt, JobResult, Start, ThrowError};
use engine::state::{Awaited, JobKind, MailboxAddress, Subscription};
use engine::{Command, Context, Definition, Definitions, InstanceState, KeyRange, Outgoing};
use types::{
    BpmnError, JobKey, Json, Key, MessageKey, PartitionId, ProcessDefinitionKey, SharedStr, SignalKey,
    TenantId, Timestamp, Variables,
};

use super::model::{Kind, Model};
use super::observer::Observer;
use super::rewrite::{self, Rewritten};

/// Steps that a run may take: a model may loop without end.
const STEPS_MAX: usize = 10_000;

/// 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(super) struct World<'m> {
    model: &'m Model<'m>,
    rewritten: &'m Rewritten,
    definitions: Definitions,
    processes: BTreeMap<String, ProcessDefinitionKey>,
    instances: Vec<InstanceState>,
    keys: KeyRange,
    now: Timestamp,
    steps: usize,
    /// The flows that elements take, each time that they are left; those that are done are gone.
    choices: BTreeMap<String, VecDeque<Vec<String>>>,
    pub(super) observer: Observer<'m>,
    /// Why a deployment would refuse the model, if it would.
    pub(super) refused: Option<String>,
}

impl<'m> World<'m> {
    pub(super) fn new(
        model: &'m Model<'m>,
        rewritten: &'m Rewritten,
        choices: &BTreeMap<String, Vec<Vec<String>>>,
    ) -> Result<Self, String> {
        // What BPMN allows and Camunda refuses runs as well: it is read as a model that was accepted once.
        let parsed = bpmn::load(&rewritten.xml, &bpmn::Options::new("model"));
        if let Some(errors) = errors_of(&parsed) {
            return Err(format!("the model is refused: {errors}"));
        }
        let refused = errors_of(&bpmn::parse(&rewritten.xml, &bpmn::Options::new("model")));
        let mut definitions = Definitions::default();
        let mut processes = BTreeMap::new();
        for (number, process) in (1..).zip(parsed.processes) {
            let key = ProcessDefinitionKey(Key::from_i64(number));
            processes.insert(process.id.to_string(), key);
            let tenant = TenantId::default();
            definitions.insert(Arc::new(Definition { key, version: 1, tenant, process }));
        }
        Ok(Self {
            model,
            rewritten,
            definitions,
            processes,
            instances: Vec::new(),
            keys: KeyRange::new(PartitionId::FIRST, 1),
            now: BEGINNING,
            steps: 0,
            choices: choices
                .iter()
                .map(|(element, choices)| (element.clone(), choices.iter().cloned().collect()))
                .collect(),
            observer: Observer::new(model, rewritten),
            refused,
        })
    }

    /// Starts an instance of a process at these elements.
    pub(super) fn start(&mut self, process: &str, beginnings: &[String]) -> anyhow::Result<()> {
        let supplied = self.rewritten.beginnings.get(&(process.to_owned(), beginnings.to_vec()));
        let element = match (supplied, beginnings) {
            (Some(start), _) => start.clone(),
            (None, [start]) => start.clone(),
            _ => bail!("nothing begins at {beginnings:?}"),
        };
        self.create(process, &element)
    }

    fn create(&mut self, process: &str, start: &str) -> anyhow::Result<()> {
        let definition = *self.processes.get(process).context("there is no such process")?;
        let known = self.definitions.get(definition).context("there is no such definition")?;
        let none_start = known.process.none_start(bpmn::model::ElementIndex::PROCESS);
        let is_none = none_start.is_some_and(|index| &*known.process.element(index).id == start);
        let start = if is_none {
            Start::Default
        } else {
            Start::Event { element: SharedStr::from(start), message: None }
        };
        self.instances.push(InstanceState::default());
        self.step(
            self.instances.len() - 1,
            Command::CreateInstance(CreateInstance {
                definition,
                tenant: TenantId::default(),
                variables: Variables::new(),
                business_id: None,
                tags: Vec::new(),
                start,
                ends_after: Vec::new(),
                caller: None,
            }),
        )
    }

    /// Lets an event happen, or what an element waits for come: in this instance, if it can, or in another.
    pub(super) fn trigger(&mut self, element: &str, instance: Option<usize>) -> anyhow::Result<()> {
        let event = self.event_of(element).to_owned();
        for index in self.instances_from(instance) {
            if self.trigger_in(index, &event)? {
                return Ok(());
            }
        }
        bail!("nothing waits for it")
    }

    /// Ends the work of an element, if there is any.
    pub(super) fn finish(&mut self, element: &str, instance: Option<usize>) -> anyhow::Result<()> {
        for index in self.instances_from(instance) {
            if self.trigger_in(index, element)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lets the first end event go on that is held: this one, or any. Whether there was one.
    pub(super) fn release(&mut self, element: Option<&str>) -> anyhow::Result<bool> {
        let held = self.instances.iter().enumerate().find_map(|(index, state)| {
            let job = state.jobs().find(|job| {
                let owner = state.element(job.element_instance);
                &*job.job_type == rewrite::HOLD
                    && element.is_none_or(|id| owner.is_some_and(|owner| *owner.element == *id))
            })?;
            Some((index, job.key))
        });
        let Some((index, job)) = held else { return Ok(false) };
        self.complete_job(index, job, Variables::new())?;
        Ok(true)
    }

    /// What has to happen for an element to be entered: for an event sub-process its start event.
    fn event_of<'e>(&'e self, element: &'e str) -> &'e str {
        let node = self.model.node(element).filter(|node| node.happens());
        let inner = node.and_then(|node| node.inner.as_ref());
        let start = inner.and_then(|scope| {
            scope.nodes.iter().find(|id| self.model.node(id).is_some_and(|node| node.kind == Kind::Start))
        });
        start.map_or(element, |start| *start)
    }

    fn instances_from(&self, instance: Option<usize>) -> Vec<usize> {
        let wanted = instance.filter(|instance| *instance < self.instances.len());
        wanted.into_iter().chain((0..self.instances.len()).filter(|index| Some(*index) != wanted)).collect()
    }

    fn trigger_in(&mut self, index: usize, event: &str) -> anyhow::Result<bool> {
        let state = &self.instances[index];
        let found = state.subscriptions().find(|subscription| *subscription.element == *event).cloned();
        if let Some(subscription) = found {
            self.trigger_subscription(index, subscription)?;
            return Ok(true);
        }
        let timer = state.timers().find(|timer| *timer.element == *event);
        if let Some((timer, due)) = timer.map(|timer| (timer.key, timer.due)) {
            self.now = self.now.max(due);
            self.step(index, Command::TriggerTimer { timer })?;
            return Ok(true);
        }
        let job = state.jobs().find(|job| {
            job.kind == JobKind::Element
                && state.element(job.element_instance).is_some_and(|owner| *owner.element == *event)
        });
        if let Some(job) = job.map(|job| job.key) {
            self.complete_job(index, job, Variables::new())?;
            return Ok(true);
        }
        let called =
            state.elements().find(|owner| *owner.element == *event && self.calls(index, owner.index()));
        if let Some(key) = called.map(|owner| owner.key) {
            let variables = Variables::new();
            self.step(index, Command::CalledCompleted { element_instance: key, variables })?;
            return Ok(true);
        }
        self.throw_error(index, event)
    }

    fn calls(&self, index: usize, element: bpmn::model::ElementIndex) -> bool {
        self.definition_of(index).is_some_and(|definition| {
            matches!(definition.process.element(element).kind, bpmn::model::ElementKind::CallActivity(_))
        })
    }

    fn definition_of(&self, index: usize) -> Option<&Arc<Definition>> {
        self.definitions.get(self.instances[index].instance()?.definition)
    }

    fn trigger_subscription(&mut self, index: usize, subscription: Subscription) -> anyhow::Result<()> {
        let key = subscription.key;
        match subscription.awaited {
            Awaited::Message { name, correlation_key } => {
                let mailbox = MailboxAddress { tenant: TenantId::default(), name, correlation_key };
                let message = MessageKey(self.keys.next_key());
                let variables = Variables::new();
                self.step(index, Command::Correlate { mailbox, subscription: key, message, variables })
            }
            Awaited::Signal { .. } => {
                let signal = SignalKey(self.keys.next_key());
                let variables = Variables::new();
                self.step(index, Command::ReceiveSignal { subscription: key, signal, variables })
            }
            Awaited::Condition { .. } => {
                // False again afterwards, so that it can happen again.
                self.set(index, &subscription.element, true)?;
                self.set(index, &subscription.element, false)
            }
        }
    }

    fn set(&mut self, index: usize, condition: &str, holds: bool) -> anyhow::Result<()> {
        let Some(instance) = self.instances[index].instance().filter(|_| self.instances[index].is_active())
        else {
            return Ok(());
        };
        let scope = instance.key.root_scope();
        let mut variables = Variables::new();
        variables.insert(rewrite::variable(condition), Json::from_trusted(holds.to_string()));
        self.step(index, Command::SetVariables { scope, variables, local: true })
    }

    /// Work in the activity ends with an error that this boundary event catches.
    fn throw_error(&mut self, index: usize, event: &str) -> anyhow::Result<bool> {
        let Some(node) = self.model.node(event) else { return Ok(false) };
        let (Some(activity), Some(error)) =
            (node.attached_to, node.events.iter().find(|definition| definition.kind == "error"))
        else {
            return Ok(false);
        };
        let state = &self.instances[index];
        let job = state.jobs().find(|job| {
            state
                .scopes_from(job.element_instance)
                .any(|scope| state.element(scope).is_some_and(|element| *element.element == *activity))
        });
        let Some(job) = job.map(|job| job.key) else { return Ok(false) };
        let code = error.reference.map_or_else(String::new, |reference| format!("error_{reference}"));
        let error = BpmnError { code, message: String::new(), variables: Variables::new() };
        self.step(index, Command::ThrowError(ThrowError { attempt: JobAttempt::current(job), error }))?;
        Ok(true)
    }

    fn complete_job(&mut self, index: usize, job: JobKey, variables: Variables) -> anyhow::Result<()> {
        let result = JobResult::Variables(variables);
        let attempt = JobAttempt::current(job);
        self.step(index, Command::CompleteJob(CompleteJob { attempt, result }))
    }

    /// One step, and all that follows from it by itself.
    fn step(&mut self, index: usize, command: Command) -> anyhow::Result<()> {
        let mut commands = VecDeque::from([(index, command)]);
        while let Some((index, command)) = commands.pop_front() {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                bail!("more than {STEPS_MAX} steps, which is the limit");
            }
            let context = Context { definitions: &self.definitions, at: self.now, seed: 7 };
            let output = engine::step(context, &mut self.instances[index], &mut self.keys, command)?;
            self.instances[index].take_changes();
            for event in &output.events {
                self.observer.observe(index, event);
            }
            for outgoing in output.outgoing {
                self.carry_out(outgoing, &mut commands)?;
            }
            if self.instances[index].instance().is_some_and(|instance| instance.paused) {
                commands.push_back((index, Command::Continue));
            }
            if let Some(command) = self.choice(index) {
                commands.push_back((index, command));
            }
        }
        Ok(())
    }

    /// Tells an element that asks which flows it takes.
    fn choice(&mut self, index: usize) -> Option<Command> {
        let state = &self.instances[index];
        for job in state.jobs().filter(|job| &*job.job_type == rewrite::CHOICE) {
            let element = state.element(job.element_instance)?.element.to_string();
            let Some(taken) = self.choices.get_mut(&element).and_then(VecDeque::pop_front) else {
                continue;
            };
            let node = self.model.node(&element)?;
            let mut variables = Variables::new();
            for flow in &node.outgoing {
                let is_taken = taken.iter().any(|taken| taken == flow);
                variables.insert(rewrite::variable(flow), Json::from_trusted(is_taken.to_string()));
            }
            let result = JobResult::Variables(variables);
            return Some(Command::CompleteJob(CompleteJob { attempt: JobAttempt::current(job.key), result }));
        }
        None
    }

    fn carry_out(
        &mut self,
        outgoing: Outgoing,
        commands: &mut VecDeque<(usize, Command)>,
    ) -> anyhow::Result<()> {
        let Outgoing::BroadcastSignal { name, signal, .. } = outgoing else { return Ok(()) };
        for (index, state) in self.instances.iter().enumerate() {
            let waiting = state.subscriptions().filter(|subscription| {
                subscription.key.0 < signal.0
                    && matches!(&subscription.awaited, Awaited::Signal { name: awaited } if *awaited == name)
            });
            for subscription in waiting {
                let (subscription, variables) = (subscription.key, Variables::new());
                commands.push_back((index, Command::ReceiveSignal { subscription, signal, variables }));
            }
        }
        let mut started = Vec::new();
        for (process, key) in &self.processes {
            let Some(definition) = self.definitions.get(*key) else { continue };
            for (index, start) in definition.process.starts(bpmn::model::ElementIndex::PROCESS) {
                let is_meant = start.catch.triggers.iter().any(|trigger| {
                    matches!(trigger, bpmn::model::Trigger::Signal { name: bpmn::model::Text::Static(awaited) } if **awaited == *name)
                });
                if is_meant {
                    started.push((process.clone(), definition.process.element(index).id.to_string()));
                }
            }
        }
        for (process, start) in started {
            self.create(&process, &start)?;
        }
        Ok(())
    }
}

fn errors_of(parsed: &bpmn::Parsed) -> Option<String> {
    let errors = parsed.diagnostics.iter().filter(|found| found.severity == bpmn::Severity::Error);
    let errors: Vec<_> = errors.map(ToString::to_string).collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}
