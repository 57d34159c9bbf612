//! A checked, executable process: what the engine runs.
//!
//! Elements and sequence flows live in two flat lists and refer to each other by index.
//! The first element is the process itself, the scope of everything that has no other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use feel::Expression;

/// Index of an element in its [`Process`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementIndex(pub u32);

impl ElementIndex {
    /// The process itself.
    pub const PROCESS: Self = Self(0);
}

/// Index of a sequence flow in its [`Process`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowIndex(pub u32);

/// An executable process.
#[derive(Debug)]
pub struct Process {
    /// The id in the model.
    pub id: Arc<str>,
    /// The name in the model.
    pub name: Option<Arc<str>>,
    /// `zeebe:versionTag`.
    pub version_tag: Option<Arc<str>>,
    /// Embedded forms (`zeebe:userTaskForm`) by their id: the form's JSON text.
    pub forms: BTreeMap<Arc<str>, Arc<str>>,
    pub(crate) elements: Vec<Element>,
    pub(crate) flows: Vec<SequenceFlow>,
    pub(crate) elements_by_id: HashMap<Arc<str>, ElementIndex>,
    pub(crate) flows_by_id: HashMap<Arc<str>, FlowIndex>,
}

impl Process {
    /// The element at `index`, which must come from this process.
    pub fn element(&self, index: ElementIndex) -> &Element {
        &self.elements[index.0 as usize]
    }

    /// The sequence flow at `index`, which must come from this process.
    pub fn flow(&self, index: FlowIndex) -> &SequenceFlow {
        &self.flows[index.0 as usize]
    }

    /// The element with this id in the model.
    pub fn element_by_id(&self, id: &str) -> Option<ElementIndex> {
        self.elements_by_id.get(id).copied()
    }

    /// The sequence flow with this id in the model.
    pub fn flow_by_id(&self, id: &str) -> Option<FlowIndex> {
        self.flows_by_id.get(id).copied()
    }

    /// All elements, the process itself first, then in document order.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = (ElementIndex, &Element)> {
        self.elements.iter().enumerate().map(|(index, element)| (ElementIndex(index as u32), element))
    }

    /// All sequence flows in document order.
    pub fn flows(&self) -> impl ExactSizeIterator<Item = (FlowIndex, &SequenceFlow)> {
        self.flows.iter().enumerate().map(|(index, flow)| (FlowIndex(index as u32), flow))
    }

    /// The none start event directly in `scope` (the process or an embedded sub-process).
    pub fn none_start(&self, scope: ElementIndex) -> Option<ElementIndex> {
        self.elements()
            .find(|(_, element)| element.parent == scope && matches!(element.kind, ElementKind::StartEvent))
            .map(|(index, _)| index)
    }
}

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
    /// Boundary events attached to this activity, in document order.
    pub boundary_events: Vec<ElementIndex>,
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
}

/// What an element is and does.
#[derive(Debug)]
pub enum ElementKind {
    /// The process itself.
    Process,
    /// A none start event.
    StartEvent,
    /// An end event.
    EndEvent(EndEvent),
    /// Work for a job worker: a service or send task, or a script or other task with a `zeebe:taskDefinition`.
    JobTask(JobTask),
    /// A user task.
    UserTask(UserTask),
    /// A script task with a FEEL expression.
    ScriptTask(ScriptTask),
    /// A manual or undefined task: passed through.
    PassThroughTask(PassThrough),
    /// An exclusive gateway.
    ExclusiveGateway {
        /// The flow taken when no condition holds.
        default: Option<FlowIndex>,
    },
    /// A parallel gateway: fork, join, or both.
    ParallelGateway,
    /// An embedded sub-process.
    SubProcess,
    /// An event on the border of an activity.
    BoundaryEvent(BoundaryEvent),
    /// An intermediate catch event that waits for a timer.
    TimerCatchEvent(TimerDefinition),
    /// An intermediate none throw event: passed through.
    NoneThrowEvent,
}

/// Which pass-through task the model shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassThrough {
    /// `bpmn:manualTask`.
    Manual,
    /// `bpmn:task`.
    Undefined,
}

impl ElementKind {
    /// Camunda's name of the element type, as its API and Operate show it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Process => "PROCESS",
            Self::StartEvent => "START_EVENT",
            Self::EndEvent(_) => "END_EVENT",
            Self::JobTask(task) => match task.element {
                JobTaskElement::Service => "SERVICE_TASK",
                JobTaskElement::Send => "SEND_TASK",
                JobTaskElement::Script => "SCRIPT_TASK",
            },
            Self::UserTask(_) => "USER_TASK",
            Self::ScriptTask(_) => "SCRIPT_TASK",
            Self::PassThroughTask(PassThrough::Manual) => "MANUAL_TASK",
            Self::PassThroughTask(PassThrough::Undefined) => "TASK",
            Self::ExclusiveGateway { .. } => "EXCLUSIVE_GATEWAY",
            Self::ParallelGateway => "PARALLEL_GATEWAY",
            Self::SubProcess => "SUB_PROCESS",
            Self::BoundaryEvent(_) => "BOUNDARY_EVENT",
            Self::TimerCatchEvent(_) => "INTERMEDIATE_CATCH_EVENT",
            Self::NoneThrowEvent => "INTERMEDIATE_THROW_EVENT",
        }
    }

    /// Whether other elements can live inside it.
    pub fn is_scope(&self) -> bool {
        matches!(self, Self::Process | Self::SubProcess)
    }
}

/// What an end event does besides ending its path.
#[derive(Debug)]
pub enum EndEvent {
    /// Nothing.
    None,
    /// Throws a BPMN error with this code.
    Error {
        /// The code: `errorCode` of the referenced `bpmn:error`.
        code: Text,
    },
}

/// Work for a job worker.
#[derive(Debug)]
pub struct JobTask {
    /// Which BPMN task it is.
    pub element: JobTaskElement,
    /// The job type.
    pub job_type: Text,
    /// The number of attempts; Camunda's default is 3.
    pub retries: Text,
    /// The header `retryBackoff`: how long to wait after a failure that does not say it itself, an ISO 8601 duration.
    pub retry_backoff: Option<Text>,
    /// `zeebe:taskHeaders`, in the model's order.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// What is done with the response of a connector.
    pub response: ResponseMapping,
}

/// Which BPMN task a [`JobTask`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobTaskElement {
    /// `bpmn:serviceTask`.
    Service,
    /// `bpmn:sendTask`.
    Send,
    /// `bpmn:scriptTask` with a task definition.
    Script,
}

/// The headers with which a model says where a connector's response goes.
#[derive(Debug, Default)]
pub struct ResponseMapping {
    /// `resultVariable`: takes the whole response.
    pub result_variable: Option<Arc<str>>,
    /// `resultExpression`: a FEEL context over the response whose entries become variables.
    pub result_expression: Option<Expression>,
    /// `errorExpression`: may turn a response or failure into a BPMN error, a job failure or success.
    pub error_expression: Option<Expression>,
}

/// A user task.
#[derive(Debug)]
pub struct UserTask {
    /// Whether the engine manages it (`zeebe:userTask`) or it is a job of type `io.camunda.zeebe:userTask`.
    pub implementation: UserTaskImplementation,
    /// `zeebe:assignmentDefinition assignee`.
    pub assignee: Option<Text>,
    /// `candidateGroups`: a FEEL list of strings, or comma-separated names.
    pub candidate_groups: Option<Text>,
    /// `candidateUsers`: a FEEL list of strings, or comma-separated names.
    pub candidate_users: Option<Text>,
    /// `zeebe:taskSchedule dueDate`, an ISO 8601 date and time.
    pub due_date: Option<Text>,
    /// `zeebe:taskSchedule followUpDate`, an ISO 8601 date and time.
    pub follow_up_date: Option<Text>,
    /// `zeebe:priorityDefinition`, 0 to 100; Camunda's default is 50.
    pub priority: Option<Text>,
    /// The form shown to the human.
    pub form: Option<Form>,
    /// `zeebe:taskHeaders`, in the model's order.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
}

/// Who manages a user task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTaskImplementation {
    /// `zeebe:userTask`: the engine, with its own life cycle and API.
    Managed,
    /// A job of type `io.camunda.zeebe:userTask`.
    Job,
}

/// Where the form of a user task comes from.
#[derive(Debug)]
pub enum Form {
    /// `formKey`: `camunda-forms:bpmn:ID` names an embedded form of [`Process::forms`], other keys are custom.
    Key(Text),
    /// `externalReference`.
    External(Text),
}

/// A script task with a FEEL expression.
#[derive(Debug)]
pub struct ScriptTask {
    /// `zeebe:script expression`.
    pub expression: Expression,
    /// `zeebe:script resultVariable`.
    pub result_variable: Arc<str>,
}

/// An event on the border of an activity.
#[derive(Debug)]
pub struct BoundaryEvent {
    /// The activity.
    pub attached_to: ElementIndex,
    /// Whether it ends the activity (`cancelActivity`).
    pub interrupting: bool,
    /// What makes it happen.
    pub trigger: BoundaryTrigger,
}

/// What makes a boundary event happen.
#[derive(Debug)]
pub enum BoundaryTrigger {
    /// A BPMN error with this code; `None` catches every code.
    Error {
        /// The code: `errorCode` of the referenced `bpmn:error`.
        code: Option<Arc<str>>,
    },
    /// A timer.
    Timer(TimerDefinition),
}

/// When a timer is due.
#[derive(Debug)]
pub enum TimerDefinition {
    /// `timeDate`: an ISO 8601 date and time.
    Date(Text),
    /// `timeDuration`: an ISO 8601 duration.
    Duration(Text),
    /// `timeCycle`: an ISO 8601 repetition `R[n]/[start/]duration`.
    Cycle(Text),
}

impl TimerDefinition {
    /// The text, or what gives it.
    pub fn text(&self) -> &Text {
        match self {
            Self::Date(text) | Self::Duration(text) | Self::Cycle(text) => text,
        }
    }
}

/// A sequence flow.
#[derive(Debug)]
pub struct SequenceFlow {
    /// The id in the model.
    pub id: Arc<str>,
    /// The name in the model.
    pub name: Option<Arc<str>>,
    /// Where it begins.
    pub source: ElementIndex,
    /// Where it ends.
    pub target: ElementIndex,
    /// The condition, on flows that leave an exclusive gateway.
    pub condition: Option<Expression>,
}

/// One variable mapping.
#[derive(Debug)]
pub struct Mapping {
    /// What is evaluated: an expression, or text that stands for itself.
    pub source: Text,
    /// The variable written, as path: `order.total` is `["order", "total"]`. Never empty.
    pub target: Vec<Arc<str>>,
}

/// An attribute that is either plain text or, with a leading `=`, a FEEL expression.
#[derive(Debug, Clone)]
pub enum Text {
    /// Stands for itself.
    Static(Arc<str>),
    /// Evaluated against the variables.
    Expression(Expression),
}
