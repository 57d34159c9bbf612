//! Flow nodes: what all of them have, and what each kind is.

use std::sync::Arc;

use super::{
    BoundaryEvent, CalledDecision, CalledProcess, Catch, Compensation, ComplexGateway, ElementIndex,
    EventBasedGateway, ExecutionListener, FlowIndex, JobTask, JobTaskElement, ListenerEvent, Loop, Mapping,
    ReceiveTask, ScriptTask, StartEvent, SubProcess, Throw, Thrown, UserTask,
};

/// One flow node, or the process itself.
#[derive(Debug)]
pub struct Element {
    /// The id in the model.
    pub id: Arc<str>,
    /// The name in the model.
    pub name: Option<Arc<str>>,
    /// What it is and does.
    pub kind: ElementKind,
    /// The enclosing scope. The process is its own.
    pub parent: ElementIndex,
    /// Sequence flows that end here, in document order.
    pub incoming: Vec<FlowIndex>,
    /// Sequence flows that begin here, in document order.
    pub outgoing: Vec<FlowIndex>,
    /// Boundary events attached to this activity, in document order, without those for compensation.
    pub boundary_events: Vec<ElementIndex>,
    /// Start events directly in this scope, in document order.
    pub start_events: Vec<ElementIndex>,
    /// Event sub-processes directly in this scope, in document order.
    pub event_sub_processes: Vec<ElementIndex>,
    /// What undoes this activity: the handler of its compensation boundary event.
    pub compensation: Option<Compensation>,
    /// `isForCompensation`: entered only to undo another activity.
    pub is_for_compensation: bool,
    /// The default flow of an activity: taken when the conditions of the other flows that leave it do not hold.
    /// Gateways have theirs in [`Element::kind`].
    pub default_flow: Option<FlowIndex>,
    /// Whether, and how, this activity is done several times.
    pub loop_characteristics: Option<Loop>,
    /// `zeebe:executionListeners`, in the model's order.
    pub listeners: Vec<ExecutionListener>,
    /// `zeebe:input`, in the model's order.
    pub inputs: Vec<Mapping>,
    /// `zeebe:output`, in the model's order.
    pub outputs: Vec<Mapping>,
}

impl Element {
    /// Whether a token waits here until there is one from each incoming flow.
    pub fn is_join(&self) -> bool {
        matches!(self.kind, ElementKind::ParallelGateway) && self.incoming.len() > 1
    }

    /// What the event waits for; `None` for what is no catching event.
    pub fn catch(&self) -> Option<&Catch> {
        match &self.kind {
            ElementKind::StartEvent(start) => Some(&start.catch),
            ElementKind::CatchEvent(catch) => Some(catch),
            ElementKind::BoundaryEvent(boundary) => Some(&boundary.catch),
            _ => None,
        }
    }

    /// What a job worker does for it; `None` where it has none.
    pub fn job_task(&self) -> Option<&JobTask> {
        match &self.kind {
            ElementKind::JobTask(task) => Some(task),
            ElementKind::EndEvent(throw) | ElementKind::ThrowEvent(throw) => {
                throw.throws.iter().find_map(|thrown| match thrown {
                    Thrown::Message(task) => Some(task),
                    _ => None,
                })
            }
            ElementKind::SubProcess(SubProcess::AdHoc(ad_hoc)) => ad_hoc.job.as_deref(),
            _ => None,
        }
    }

    /// The listener for `on` that comes after `done` others.
    pub fn listener(&self, on: ListenerEvent, done: u16) -> Option<&ExecutionListener> {
        self.listeners.iter().filter(|listener| listener.on == on).nth(usize::from(done))
    }

    /// Whether it is a complex gateway that goes on before all tokens have come, and then waits for the rest of them.
    pub fn waits_for_reset(&self) -> bool {
        let is_conditional = |gateway: &ComplexGateway| gateway.activation_condition.is_some();
        self.incoming.len() > 1
            && matches!(&self.kind, ElementKind::ComplexGateway(gateway) if is_conditional(gateway))
    }

    /// Whether tokens wait here for others that may still come, though not from every flow.
    pub fn is_merge_of_some(&self) -> bool {
        matches!(self.kind, ElementKind::InclusiveGateway { .. } | ElementKind::ComplexGateway(_))
            && self.incoming.len() > 1
    }
}

/// What an element is and does.
#[derive(Debug)]
pub enum ElementKind {
    /// The process itself.
    Process,
    /// A start event: of the process, of a sub-process, or of an event sub-process.
    StartEvent(StartEvent),
    /// An end event.
    EndEvent(Throw),
    /// An intermediate throw event.
    ThrowEvent(Throw),
    /// An intermediate catch event.
    CatchEvent(Catch),
    /// An event on the border of an activity.
    BoundaryEvent(BoundaryEvent),
    /// Work for a job worker: a service or send task, or a script, business rule or other task with a `zeebe:taskDefinition`.
    JobTask(JobTask),
    /// A user task.
    UserTask(UserTask),
    /// A receive task.
    ReceiveTask(ReceiveTask),
    /// A script task with a FEEL expression.
    ScriptTask(ScriptTask),
    /// A business rule task that evaluates a DMN decision.
    DecisionTask(CalledDecision),
    /// A manual or undefined task: passed through.
    PassThroughTask(PassThrough),
    /// A call activity.
    CallActivity(CalledProcess),
    /// A sub-process.
    SubProcess(SubProcess),
    /// An exclusive gateway.
    ExclusiveGateway {
        /// The flow taken when no condition holds.
        default: Option<FlowIndex>,
    },
    /// A parallel gateway: fork, join, or both.
    ParallelGateway,
    /// An inclusive gateway: takes every flow whose condition holds, waits for every token that can still come.
    InclusiveGateway {
        /// The flow taken when no condition holds.
        default: Option<FlowIndex>,
    },
    /// A complex gateway: waits until its activation condition holds.
    ComplexGateway(ComplexGateway),
    /// An event-based gateway: the first of the events behind it decides.
    EventBasedGateway(EventBasedGateway),
}

impl ElementKind {
    /// Camunda's name of the element type, as its API and Operate show it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Process => "PROCESS",
            Self::StartEvent(_) => "START_EVENT",
            Self::EndEvent(_) => "END_EVENT",
            Self::ThrowEvent(_) => "INTERMEDIATE_THROW_EVENT",
            Self::CatchEvent(_) => "INTERMEDIATE_CATCH_EVENT",
            Self::BoundaryEvent(_) => "BOUNDARY_EVENT",
            Self::JobTask(task) => match task.element {
                JobTaskElement::Service => "SERVICE_TASK",
                JobTaskElement::Send => "SEND_TASK",
                JobTaskElement::Script => "SCRIPT_TASK",
                JobTaskElement::BusinessRule => "BUSINESS_RULE_TASK",
                JobTaskElement::AdHocSubProcess => "AD_HOC_SUB_PROCESS",
            },
            Self::UserTask(_) => "USER_TASK",
            Self::ReceiveTask(_) => "RECEIVE_TASK",
            Self::ScriptTask(_) => "SCRIPT_TASK",
            Self::DecisionTask(_) => "BUSINESS_RULE_TASK",
            Self::PassThroughTask(PassThrough::Manual) => "MANUAL_TASK",
            Self::PassThroughTask(PassThrough::Undefined) => "TASK",
            Self::CallActivity(_) => "CALL_ACTIVITY",
            Self::SubProcess(sub_process) => match sub_process {
                SubProcess::Embedded => "SUB_PROCESS",
                SubProcess::Event => "EVENT_SUB_PROCESS",
                SubProcess::Transaction => "TRANSACTION",
                SubProcess::AdHoc(_) => "AD_HOC_SUB_PROCESS",
            },
            Self::ExclusiveGateway { .. } => "EXCLUSIVE_GATEWAY",
            Self::ParallelGateway => "PARALLEL_GATEWAY",
            Self::InclusiveGateway { .. } => "INCLUSIVE_GATEWAY",
            Self::ComplexGateway(_) => "COMPLEX_GATEWAY",
            Self::EventBasedGateway(_) => "EVENT_BASED_GATEWAY",
        }
    }

    /// Whether other elements can live inside it.
    pub fn is_scope(&self) -> bool {
        matches!(self, Self::Process | Self::SubProcess(_))
    }
}

/// Which pass-through task the model shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassThrough {
    /// `bpmn:manualTask`.
    Manual,
    /// `bpmn:task`.
    Undefined,
}
