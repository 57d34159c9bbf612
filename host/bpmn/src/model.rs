//! A checked, executable process: what the engine runs.
//!
//! Elements and sequence flows live in two flat lists and refer to each other by index.
//! The first element is the process itself, the scope of everything that has no other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use feel::Expression;

use crate::upstream::Upstream;

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
    /// `zeebe:jobPriorityDefinition` of the process: the priority of jobs whose element does not say it.
    pub job_priority: Option<Text>,
    /// Embedded forms (`zeebe:userTaskForm`) by their id: the form's JSON text.
    pub forms: BTreeMap<Arc<str>, Arc<str>>,
    pub(crate) elements: Vec<Element>,
    pub(crate) flows: Vec<SequenceFlow>,
    pub(crate) elements_by_id: HashMap<Arc<str>, ElementIndex>,
    pub(crate) flows_by_id: HashMap<Arc<str>, FlowIndex>,
    pub(crate) upstream: Upstream,
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

    /// The none start event directly in `scope` (the process or a sub-process).
    pub fn none_start(&self, scope: ElementIndex) -> Option<ElementIndex> {
        self.starts(scope).find(|(_, start)| start.is_none()).map(|(index, _)| index)
    }

    /// All start events directly in `scope`.
    pub fn starts(&self, scope: ElementIndex) -> impl Iterator<Item = (ElementIndex, &StartEvent)> {
        self.element(scope).start_events.iter().filter_map(|index| match &self.element(*index).kind {
            ElementKind::StartEvent(start) => Some((*index, start)),
            _ => None,
        })
    }

    /// Whether a token at `at` could still come to `merge`, an inclusive or complex gateway, over `flow`, one of its
    /// incoming flows, without passing the gateway itself. `at` is an element directly in the gateway's scope.
    pub fn can_still_come(&self, merge: ElementIndex, flow: FlowIndex, at: ElementIndex) -> bool {
        debug_assert_eq!(self.flow(flow).target, merge);
        self.element(at).parent == self.element(merge).parent && self.upstream.holds(flow, at)
    }

    /// As [`Process::can_still_come`], for a token that waits at the end of the flow `on`.
    pub fn can_still_come_from_flow(&self, merge: ElementIndex, flow: FlowIndex, on: FlowIndex) -> bool {
        match self.flow(on).target {
            target if target == merge => on == flow,
            target => self.can_still_come(merge, flow, target),
        }
    }

    /// The start event of an event sub-process: it has exactly one.
    pub fn start_of_event_sub_process(
        &self,
        sub_process: ElementIndex,
    ) -> Option<(ElementIndex, &StartEvent)> {
        self.starts(sub_process).next()
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

/// What makes an event happen.
#[derive(Debug)]
pub enum Trigger {
    /// A timer.
    Timer(TimerDefinition),
    /// A message.
    Message(Message),
    /// A signal.
    Signal {
        /// The signal's name.
        name: Text,
    },
    /// A condition on variables that becomes true.
    Condition(Condition),
    /// A BPMN error with this code; `None` catches every code.
    Error {
        /// The code: `errorCode` of the referenced `bpmn:error`.
        code: Option<Arc<str>>,
    },
    /// An escalation with this code; `None` catches every code.
    Escalation {
        /// The code: `escalationCode` of the referenced `bpmn:escalation`.
        code: Option<Arc<str>>,
    },
    /// The scope around it is to be undone.
    Compensation,
    /// The transaction is cancelled.
    Cancel,
    /// A link throw event of the same scope with this name.
    Link {
        /// The link's name.
        name: Arc<str>,
    },
}

impl Trigger {
    /// Whether something has to be kept while it is waited for: a timer or a subscription. The others are found in the
    /// model when they happen.
    pub fn is_waited_for(&self) -> bool {
        matches!(self, Self::Timer(_) | Self::Message(_) | Self::Signal { .. } | Self::Condition(_))
    }
}

/// A message that is waited for.
#[derive(Debug)]
pub struct Message {
    /// The message's name.
    pub name: Text,
    /// `zeebe:subscription correlationKey`. `None` on a start event of a process, which needs none.
    pub correlation_key: Option<Expression>,
}

/// A condition on variables.
#[derive(Debug)]
pub struct Condition {
    /// What has to become true.
    pub expression: Expression,
    /// `zeebe:conditionalFilter variableNames`: variables whose changes are looked at. Empty for all.
    pub variable_names: Vec<Arc<str>>,
    /// `zeebe:conditionalFilter variableEvents`: which changes are looked at.
    pub variable_events: VariableEvents,
}

/// Which changes of variables a condition is looked at for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VariableEvents {
    /// Every change.
    #[default]
    All,
    /// New variables.
    Create,
    /// New values of variables that there were.
    Update,
}

/// What a catching event waits for.
#[derive(Debug)]
pub struct Catch {
    /// What makes it happen, in the model's order. One for most events; several for multiple events.
    pub triggers: Vec<Trigger>,
    /// `parallelMultiple`: all triggers have to happen, not only one.
    pub is_parallel: bool,
}

impl Catch {
    /// The trigger at a place that an event or row names.
    pub fn trigger(&self, number: u16) -> Option<&Trigger> {
        self.triggers.get(usize::from(number))
    }
}

/// A start event.
#[derive(Debug)]
pub struct StartEvent {
    /// What makes it happen. Without triggers it is a none start event.
    pub catch: Catch,
    /// On an event sub-process: whether it ends what else goes on in the scope.
    pub is_interrupting: bool,
    /// `zeebe:formDefinition`: the form with which a human starts the process.
    pub form: Option<Form>,
}

impl StartEvent {
    /// Whether it is a none start event.
    pub fn is_none(&self) -> bool {
        self.catch.triggers.is_empty()
    }
}

/// What a throwing event, an end event or an intermediate one, does: one thing for most, several for multiple events.
/// Nothing for a none event.
#[derive(Debug, Default)]
pub struct Throw {
    /// What it does, in the model's order.
    pub throws: Vec<Thrown>,
}

/// One thing that a throwing event does.
#[derive(Debug)]
pub enum Thrown {
    /// A message: work for a job worker, as in Camunda.
    Message(JobTask),
    /// A signal with this name.
    Signal {
        /// The signal's name.
        name: Text,
    },
    /// A BPMN error with this code. End events only.
    Error {
        /// The code: `errorCode` of the referenced `bpmn:error`.
        code: Text,
    },
    /// An escalation with this code.
    Escalation {
        /// The code: `escalationCode` of the referenced `bpmn:escalation`.
        code: Text,
    },
    /// Undoes what was completed.
    Compensation {
        /// `activityRef`: this activity only. `None` for all of the scope.
        activity: Option<ElementIndex>,
    },
    /// Cancels the transaction around it. End events only.
    Cancel,
    /// Ends all that goes on in its scope. End events only.
    Terminate,
    /// Goes on at the link catch event of the same name in its scope. Intermediate events only.
    Link {
        /// The catch event.
        target: ElementIndex,
    },
}

/// An event on the border of an activity.
#[derive(Debug)]
pub struct BoundaryEvent {
    /// The activity.
    pub attached_to: ElementIndex,
    /// Whether it ends the activity (`cancelActivity`).
    pub interrupting: bool,
    /// What makes it happen.
    pub catch: Catch,
}

/// How a completed activity is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compensation {
    /// The compensation boundary event.
    pub event: ElementIndex,
    /// The activity that its association leads to.
    pub handler: ElementIndex,
}

/// A receive task.
#[derive(Debug)]
pub struct ReceiveTask {
    /// The message that it waits for.
    pub message: Message,
    /// `instantiate`: the message starts an instance here.
    pub instantiate: bool,
}

/// A business rule task that evaluates a DMN decision.
#[derive(Debug)]
pub struct CalledDecision {
    /// `decisionId`.
    pub decision_id: Text,
    /// `resultVariable`: takes the result.
    pub result_variable: Arc<str>,
    /// Which version of the decision.
    pub binding: Binding,
}

/// A call activity's process.
#[derive(Debug)]
pub struct CalledProcess {
    /// `processId`.
    pub process_id: Text,
    /// Which version of the process.
    pub binding: Binding,
    /// `propagateAllParentVariables`: the called process begins with all variables that the call activity sees, not
    /// only with those of its input mappings. Camunda's default is true.
    pub propagates_parent_variables: bool,
    /// `propagateAllChildVariables`: all variables of the called process become results, not only those that output
    /// mappings pick. Camunda's default is true.
    pub propagates_child_variables: bool,
    /// `businessId` of the called instance.
    pub business_id: Option<Text>,
}

/// Which version of a called process or decision, or a linked form or file, is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The latest.
    Latest,
    /// The one that was deployed together with this process.
    Deployment,
    /// The latest with this version tag.
    VersionTag(Text),
}

/// Which sub-process the model shows.
#[derive(Debug)]
pub enum SubProcess {
    /// An embedded sub-process.
    Embedded,
    /// An event sub-process: entered when its start event happens.
    Event,
    /// A transaction: a cancel end event undoes what was done in it.
    Transaction,
    /// An ad-hoc sub-process.
    AdHoc(AdHoc),
}

/// An ad-hoc sub-process: activities in any order.
#[derive(Debug)]
pub struct AdHoc {
    /// The activities that can be activated: those without incoming flow, in document order.
    pub activities: Vec<ElementIndex>,
    /// `zeebe:adHoc activeElementsCollection`: ids of the activities that are activated on entering.
    pub active_elements: Option<Expression>,
    /// `completionCondition`. Without one it ends when nothing in it is active.
    pub completion_condition: Option<Expression>,
    /// `cancelRemainingInstances`: whether what is still active ends when the condition holds. BPMN's default is true.
    pub cancels_remaining: bool,
    /// `outputCollection`: the variable that takes the results of activities.
    pub output_collection: Option<Arc<str>>,
    /// `outputElement`: what one activity contributes.
    pub output_element: Option<Expression>,
    /// With a `zeebe:taskDefinition`: a job worker says which activities are activated, and when it is done.
    pub job: Option<Box<JobTask>>,
}

/// A complex gateway.
#[derive(Debug)]
pub struct ComplexGateway {
    /// `activationCondition`: over `activationCount`, the number of tokens that have come. Without one it waits as an
    /// inclusive gateway does.
    pub activation_condition: Option<Expression>,
    /// The flow taken when no condition holds.
    pub default: Option<FlowIndex>,
}

/// An event-based gateway.
#[derive(Debug)]
pub struct EventBasedGateway {
    /// The catch events and receive tasks behind it, in document order of its flows.
    pub events: Vec<ElementIndex>,
    /// `instantiate`: the first of its messages starts an instance.
    pub instantiate: bool,
}

/// How an activity is done several times.
#[derive(Debug)]
pub enum Loop {
    /// `bpmn:multiInstanceLoopCharacteristics`.
    MultiInstance(MultiInstance),
    /// `bpmn:standardLoopCharacteristics`.
    Standard(StandardLoop),
}

/// Once for each item of a collection.
#[derive(Debug)]
pub struct MultiInstance {
    /// `isSequential`: one after the other.
    pub is_sequential: bool,
    /// `zeebe:loopCharacteristics inputCollection`.
    pub input_collection: Expression,
    /// `inputElement`: the variable that takes the item.
    pub input_element: Option<Arc<str>>,
    /// `outputCollection`: the variable that takes the results, in the order of the items.
    pub output_collection: Option<Arc<str>>,
    /// `outputElement`: the result of one item.
    pub output_element: Option<Expression>,
    /// `completionCondition`: ends it before all items are done.
    pub completion_condition: Option<Expression>,
}

/// As long as a condition holds.
#[derive(Debug)]
pub struct StandardLoop {
    /// `testBefore`: whether the condition is looked at before the first time as well.
    pub tests_before: bool,
    /// `loopCondition`. Without one it ends at `maximum`.
    pub condition: Option<Expression>,
    /// `loopMaximum`: how often at most.
    pub maximum: Option<u32>,
}

/// A job that runs when an element is entered, left or ended from outside.
#[derive(Debug)]
pub struct ExecutionListener {
    /// When it runs.
    pub on: ListenerEvent,
    /// The job type.
    pub job_type: Text,
    /// The number of attempts; Camunda's default is 3.
    pub retries: Text,
    /// Headers of the listener's jobs.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
}

/// When an execution listener runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerEvent {
    /// After the input mappings, before the element does anything.
    Start,
    /// After the output mappings, before the element is left.
    End,
    /// Of a multi-instance activity: before its input collection is evaluated, once for all items.
    BeforeAll,
    /// Of a process: when an instance is ended from outside and nothing is active in it any longer.
    Cancel,
}

/// A job that runs when something is about to become of a user task.
#[derive(Debug)]
pub struct TaskListener {
    /// When it runs.
    pub on: TaskListenerEvent,
    /// The job type.
    pub job_type: Text,
    /// The number of attempts; Camunda's default is 3.
    pub retries: Text,
}

/// When a task listener runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskListenerEvent {
    /// Before the task is created.
    Creating,
    /// Before it is given to somebody.
    Assigning,
    /// Before its properties change.
    Updating,
    /// Before it is completed.
    Completing,
    /// Before it ends because its element does.
    Canceling,
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
    /// `zeebe:jobPriorityDefinition`: a job with a higher one is taken first. Camunda's default is 0.
    pub priority: Option<Text>,
    /// The header `retryBackoff`: how long to wait after a failure that does not say it itself: see [`crate::Backoff`].
    pub retry_backoff: Option<Text>,
    /// `zeebe:taskHeaders`, in the model's order.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// `zeebe:linkedResources`: deployed files whose versions the worker is told, in the model's order.
    pub linked_resources: Vec<LinkedResource>,
    /// What is done with the response of a connector.
    pub response: ResponseMapping,
}

/// A deployed file that a worker asks for.
#[derive(Debug)]
pub struct LinkedResource {
    /// The file's id: its name.
    pub id: Text,
    /// Which version.
    pub binding: Binding,
    /// `resourceType`: what the file is to the worker.
    pub resource_type: Option<Arc<str>>,
    /// `linkName`: what it is to the task.
    pub link_name: Option<Arc<str>>,
}

/// Which BPMN element a [`JobTask`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobTaskElement {
    /// `bpmn:serviceTask`.
    Service,
    /// `bpmn:sendTask`, or a message throw or end event.
    Send,
    /// `bpmn:scriptTask` with a task definition.
    Script,
    /// `bpmn:businessRuleTask` with a task definition.
    BusinessRule,
    /// `bpmn:adHocSubProcess` with a task definition.
    AdHocSubProcess,
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
    /// `zeebe:taskListeners`, in the model's order. Only for a managed task.
    pub listeners: Vec<TaskListener>,
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
    /// `formId`: a form that was deployed by itself.
    Linked {
        /// The form's id.
        id: Text,
        /// Which version.
        binding: Binding,
    },
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

/// When a timer is due.
#[derive(Debug)]
pub enum TimerDefinition {
    /// `timeDate`: an ISO 8601 date and time.
    Date(Text),
    /// `timeDuration`: an ISO 8601 duration.
    Duration(Text),
    /// `timeCycle`: an ISO 8601 repetition `R[n]/[start/]duration`, or a cron expression.
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
    /// The condition, on flows that leave an exclusive, inclusive or complex gateway, or an activity. A flow without
    /// one that leaves a complex gateway or an activity, and is not the default, is always taken.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Stands for itself.
    Static(Arc<str>),
    /// Evaluated against the variables.
    Expression(Expression),
}
