//! What can be asked of an instance in a state.

use bpmn::model::{ElementKind, SubProcess, Trigger};
use engine::command::{
    ActivateElement, AdHocActivity, AdHocResult, CompleteJob, CreateInstance, FailJob, JobAttempt, JobResult,
    ListenerVerdict, MissingFile, ModifyInstance, Start, ThrowError, UpdateJob, Worker,
};
use engine::state::{Awaited, ElementState, JobKind, JobState, MailboxAddress, Role};
use engine::{Command, Rejection};
use types::{
    BpmnError, Failure, FileKind, MessageKey, ProcessInstanceKey, ResourceKey, SharedStr, SignalKey,
    TenantId, Timestamp, Variables,
};

use crate::world::{DEFINITION, World, links, waits_for_files};

/// Something to ask for.
#[derive(Debug)]
pub(crate) struct Ask {
    command: Command,
    /// When it is asked; `None` for at once.
    at: Option<Timestamp>,
    is_expected: bool,
}

impl Ask {
    /// What a world that works as it should does to the instance.
    fn expected(command: Command) -> Self {
        Self { command, at: None, is_expected: true }
    }

    fn other(command: Command) -> Self {
        Self { command, at: None, is_expected: false }
    }

    pub(crate) fn is_expected(&self) -> bool {
        self.is_expected
    }

    pub(crate) fn carry_out(&self, world: &mut World) -> Result<(), Rejection> {
        if let Some(at) = self.at {
            world.now = world.now.max(at);
        }
        world.step(self.command.clone()).map(|_| ())
    }
}

/// Starts an instance: at its none start event, or else at the first other one.
pub(crate) fn start(world: &mut World, variables: Variables) -> Result<(), Rejection> {
    let create = CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables,
        business_id: None,
        tags: Vec::new(),
        start: Start::Default,
        ends_after: Vec::new(),
        caller: None,
    };
    let process = world.process();
    let element = match process.none_start(bpmn::model::ElementIndex::PROCESS) {
        Some(_) => None,
        None => process.starts(bpmn::model::ElementIndex::PROCESS).next(),
    };
    let start = match element {
        Some((index, _)) => {
            Start::Event { element: SharedStr::from(&process.element(index).id), message: None }
        }
        None => Start::Default,
    };
    world.step(Command::CreateInstance(CreateInstance { start, ..create })).map(|_| ())
}

/// What workers, humans, other instances, mailboxes, the clock and the host ask for.
pub(crate) fn of_others(world: &World) -> Vec<Ask> {
    let mut asks = Vec::new();
    jobs(world, &mut asks);
    waits(world, &mut asks);
    for incident in world.state.incidents() {
        let needs_retries =
            incident.job.and_then(|job| world.state.job(job)).is_some_and(|job| job.retries == 0);
        if !needs_retries {
            asks.push(Ask::expected(Command::ResolveIncident { incident: incident.key }));
        }
    }
    for task in world.state.user_tasks().filter(|task| task.pending.is_none()) {
        asks.push(Ask::expected(Command::CompleteUserTask { task: task.key, variables: Variables::new() }));
    }
    called(world, &mut asks);
    activations(world, &mut asks);
    let is_held = world.state.instance().is_some_and(|instance| instance.suspended);
    if world.state.instance().is_some_and(|instance| instance.paused) && !is_held {
        asks.push(Ask::expected(Command::Continue));
    }
    asks
}

fn jobs(world: &World, asks: &mut Vec<Ask>) {
    let codes = codes(world);
    for job in world.state.jobs() {
        let attempt = JobAttempt::current(job.key);
        if job.state == JobState::Stopped {
            let update = UpdateJob { job: job.key, retries: Some(1), deadline: None };
            if job.retries == 0 {
                asks.push(Ask::expected(Command::UpdateJob(update)));
            }
            continue;
        }
        let result = match job.kind {
            JobKind::TaskListener => JobResult::TaskListener(ListenerVerdict::default()),
            JobKind::AdHocSubProcess => {
                JobResult::AdHoc(AdHocResult { is_done: true, ..AdHocResult::default() })
            }
            _ => JobResult::Variables(Variables::new()),
        };
        asks.push(Ask::expected(Command::CompleteJob(CompleteJob { attempt, result })));
        let failure = Failure { retries: Some(0), ..Failure::new("no") };
        asks.push(Ask::other(Command::FailJob(FailJob { attempt, failure, by: Worker::External })));
        for code in &codes {
            let error = BpmnError { code: code.clone(), message: String::new(), variables: Variables::new() };
            asks.push(Ask::other(Command::ThrowError(ThrowError { attempt, error })));
        }
    }
}

/// The error codes that a process knows, and one that it does not.
fn codes(world: &World) -> Vec<String> {
    let mut codes = vec!["UNKNOWN".to_owned()];
    for (_, element) in world.process().elements() {
        for trigger in element.catch().into_iter().flat_map(|catch| &catch.triggers) {
            if let Trigger::Error { code: Some(code) } = trigger
                && !codes.contains(&code.to_string())
            {
                codes.push(code.to_string());
            }
        }
    }
    codes
}

fn waits(world: &World, asks: &mut Vec<Ask>) {
    for timer in world.state.timers().filter(|timer| !timer.is_held() && !timer.suspended) {
        let command = Command::TriggerTimer { timer: timer.key };
        asks.push(Ask { at: Some(timer.due), ..Ask::expected(command) });
    }
    for subscription in world.state.subscriptions() {
        let variables = Variables::new();
        match &subscription.awaited {
            Awaited::Message { name, correlation_key } => asks.push(Ask::expected(Command::Correlate {
                mailbox: MailboxAddress {
                    tenant: TenantId::default(),
                    name: name.clone(),
                    correlation_key: correlation_key.clone(),
                },
                subscription: subscription.key,
                message: MessageKey::from_i64(1),
                variables,
            })),
            Awaited::Signal { .. } => asks.push(Ask::expected(Command::ReceiveSignal {
                subscription: subscription.key,
                signal: SignalKey::from_i64(1),
                variables,
            })),
            Awaited::Condition { held, .. } => {
                let value = if *held { "false" } else { "true" };
                let Ok(variables) = Variables::parse(&format!(r#"{{"level":{value},"ready":{value}}}"#))
                else {
                    continue;
                };
                let scope = subscription.element_instance;
                asks.push(Ask::expected(Command::SetVariables { scope, variables, local: false }));
            }
        }
    }
}

fn called(world: &World, asks: &mut Vec<Ask>) {
    for instance in world.state.elements() {
        let element_instance = instance.key;
        if !matches!(world.process().element(instance.index()).kind, ElementKind::CallActivity(_))
            || instance.role == Role::Loop
            || !matches!(instance.state, ElementState::Active | ElementState::Terminating)
            || world.state.incidents_of(element_instance).next().is_some()
        {
            continue;
        }
        if instance.state == ElementState::Terminating {
            asks.push(Ask::expected(Command::CalledTerminated { element_instance }));
        }
        if instance.called.is_some() {
            asks.push(Ask::expected(Command::CalledCompleted {
                element_instance,
                variables: Variables::new(),
            }));
            continue;
        }
        asks.push(Ask::expected(Command::ProcessCalled {
            element_instance,
            called: Ok(ProcessInstanceKey::from_i64(1)),
        }));
        asks.push(Ask::other(Command::ProcessCalled { element_instance, called: Err("none".to_owned()) }));
    }
}

/// Decisions that there are not, files, and activities of ad-hoc sub-processes that nobody has activated.
fn activations(world: &World, asks: &mut Vec<Ask>) {
    for instance in world.state.elements().filter(|instance| instance.state == ElementState::Active) {
        let element_instance = instance.key;
        match &world.process().element(instance.index()).kind {
            ElementKind::DecisionTask(_)
                if instance.role != Role::Loop
                    && world.state.incidents_of(element_instance).next().is_none() =>
            {
                let decision = Err("there is none".to_owned());
                asks.push(Ask::expected(Command::EvaluateDecision { element_instance, decision }));
            }
            kind if waits_for_files(&world.state, kind, instance)
                && world.state.incidents_of(element_instance).next().is_none() =>
            {
                let files = vec![ResourceKey::from_i64(1); links(kind)];
                asks.push(Ask::expected(Command::UseFiles { element_instance, files: Ok(files) }));
                let missing = MissingFile { kind: FileKind::Resource, message: "there is none".to_owned() };
                asks.push(Ask::other(Command::UseFiles { element_instance, files: Err(missing) }));
            }
            ElementKind::SubProcess(SubProcess::AdHoc(ad_hoc))
                if matches!(instance.role, Role::Plain | Role::Item { .. }) && instance.children() == 0 =>
            {
                let activities = ad_hoc.activities.iter().take(1).map(|activity| AdHocActivity {
                    element: SharedStr::from(&world.process().element(*activity).id),
                    variables: Variables::new(),
                });
                asks.push(Ask::expected(Command::ActivateAdHoc {
                    element_instance,
                    activities: activities.collect(),
                    cancels_remaining: false,
                }));
            }
            _ => {}
        }
    }
}

/// Holds an instance when `wanted`, and lets one go that is held.
pub(crate) fn holding(world: &World, wanted: bool) -> Vec<Ask> {
    let Some(instance) = world.state.instance().filter(|_| wanted) else { return Vec::new() };
    vec![Ask::expected(match instance.suspended {
        true => Command::UnsuspendInstance,
        false => Command::SuspendInstance,
    })]
}

/// What operators ask for.
pub(crate) fn of_operators(world: &World, elements_max: usize) -> Vec<Ask> {
    if !world.state.is_active() {
        return Vec::new();
    }
    let mut asks = holding(world, true);
    asks.push(Ask::other(Command::CancelInstance));
    if world.process().elements().len() > elements_max {
        return asks;
    }
    for instance in world.state.elements().skip(1) {
        asks.push(Ask::other(Command::ModifyInstance(ModifyInstance {
            terminate: vec![instance.key],
            ..ModifyInstance::default()
        })));
    }
    // More of what there is already would go on without end.
    let is_small = world.state.elements().count() <= 4;
    for (_, element) in world.process().elements().filter(|_| is_small) {
        for after in [false, true] {
            asks.push(Ask::other(Command::ModifyInstance(ModifyInstance {
                activate: vec![ActivateElement {
                    element: SharedStr::from(&element.id),
                    after,
                    ancestor: None,
                    variables: Vec::new(),
                }],
                ..ModifyInstance::default()
            })));
        }
    }
    asks
}
