//! Every rule that a model is checked against, with its stable id.

pub(crate) mod camunda;

use camunda::{CAMUNDA_RULES, Here};

/// The rules, and what there is of Camunda's, as tables of a Markdown page.
pub fn markdown() -> String {
    let mut page = String::from("\n| rule | what it asks for |\n|---|---|\n");
    for rule in RULES {
        page += &format!("| `{}` | {} |\n", rule.id, rule.explanation);
    }
    page += "\n## Camunda's rules\n\n\
             What `bpmnlint-plugin-camunda-compat` refuses for Camunda 8.10, and what finds the same here.\n\n\
             | there | here |\n|---|---|\n";
    for rule in CAMUNDA_RULES {
        let here = match rule.here {
            Here::Rules(ids) => ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
            Here::Accepted(reason) => format!("accepted: {reason}"),
        };
        page += &format!("| `{}` | {here} |\n", rule.id);
    }
    page
}

fermata_xml::rules! {
    // The file.
    NOT_BPMN = "not-bpmn": "the outermost element is `definitions` of the BPMN 2.0 namespace http://www.omg.org/spec/BPMN/20100524/MODEL";
    CAMUNDA_7_MODEL = "camunda-7-model": "models of Camunda 7 describe their tasks with `camunda:` attributes, which have no effect here";

    // Processes and ids.
    NO_EXECUTABLE_PROCESS = "no-executable-process": "at least one process has `isExecutable=\"true\"`";
    PROCESS_NOT_EXECUTABLE = "process-not-executable": "a process without `isExecutable=\"true\"` is not deployed";
    ID_LENGTH = "id-length": "an id takes at most 255 bytes: it is a key in the database";
    MISSING_ID = "missing-id": "processes, flow nodes, sequence flows and embedded forms have an id";
    DUPLICATE_ID = "duplicate-id": "an id names one thing in a file";
    UNSUPPORTED_ELEMENT = "unsupported-element": "an element that would change what happens is either executed as BPMN says, or refused";
    IGNORED_EXTENSION = "ignored-extension": "a `zeebe:` extension has an effect only on the elements that know it";
    DUPLICATE_EXTENSION = "duplicate-extension": "a `zeebe:` extension occurs once on an element";
    FORM_SYNTAX = "form-syntax": "a form that is deployed by itself is a JSON object";
    FORM_ID = "form-id": "a form that is deployed by itself has an `id` of up to 255 bytes";
    EMBEDDED_FORM = "embedded-form": "an embedded form is a JSON object";

    // The graph.
    START_EVENT = "start-event": "a process has start events, of which at most one is without trigger; a sub-process that a token enters has exactly one, without trigger; an event sub-process has exactly one, with trigger";
    START_EVENT_INCOMING = "start-event-incoming": "no sequence flow ends at a start event";
    END_EVENT_OUTGOING = "end-event-outgoing": "no sequence flow begins at an end event";
    FLOW_REFERENCE = "flow-reference": "a sequence flow begins and ends at a flow node of this process";
    FLOW_SCOPE = "flow-scope": "a sequence flow does not cross the border of a sub-process";
    INSTANTIATE = "instantiate": "a receive task or event-based gateway that starts an instance is directly in the process, and no sequence flow ends at it";
    EVENT_SUB_PROCESS_FLOW = "event-sub-process-flow": "an event sub-process is entered by its start event: no sequence flow ends or begins at it, and nothing is attached to it";
    AD_HOC_SUB_PROCESS = "ad-hoc-sub-process": "an ad-hoc sub-process has activities in it, neither start nor end events, and both or none of `outputCollection` and `outputElement`";
    EVENT_BASED_GATEWAY = "event-based-gateway": "an event-based gateway leads to at least two events, each of which it alone leads to: catch events for a message, timer, signal or condition, and receive tasks without boundary events";
    MERGE_LIMIT = "merge-limit": "the inclusive and complex gateways of a process, and the elements before them, stay within a limit: for each flow that ends at one it is kept from where tokens can come";
    JOIN_NEVER_COMPLETES = "join-never-completes": "a parallel gateway goes on when there is a token on each flow that ends at it, which has to be possible";
    UNREACHABLE_ELEMENT = "unreachable-element": "every element can be reached from the start event";

    // Conditions.
    CONDITION_MISSING = "condition-missing": "each flow that leaves an exclusive or inclusive gateway with several has a condition, except the default flow";
    CONDITION_MISPLACED = "condition-misplaced": "only flows that leave an exclusive, inclusive or complex gateway or an activity have conditions or a default, and the default flow has no condition";
    DEFAULT_FLOW = "default-flow": "the default flow of a gateway or activity is one of those that leave it";

    // Expressions and texts.
    EXPRESSION_REQUIRED = "expression-required": "where only an expression makes sense it begins with `=`";
    FEEL_SYNTAX = "feel-syntax": "an expression is FEEL, such as `amount > 100 and customer.vip`";
    FEEL_UNKNOWN_FUNCTION = "feel-unknown-function": "a function that does not exist gives null";
    FEEL_MISPLACED_FUNCTION = "feel-misplaced-function": "`bpmnError`, `jobError` and `ignoreError` answer for a connector, in its `errorExpression`; elsewhere nobody acts on them";
    FEEL_PATTERN = "feel-pattern": "a regular expression can be compiled: it has no look-around and no back-references, and takes time linear to the text";
    SECRET_REFERENCE = "secret-reference": "a secret is written `{{secrets.NAME}}` in a text, also one inside of an expression, or `camunda.secrets.NAME` as a part of an expression; NAME has up to 64 letters, digits and `_`. `secrets.NAME` without braces, a form that is deprecated in Camunda, is text as any other: it gets a warning";

    // Tasks.
    TASK_DEFINITION = "task-definition": "a task that workers do says its job type: `zeebe:taskDefinition type`";
    RETRIES = "retries": "the number of retries is a whole number from 0, or an expression";
    TASK_HEADER = "task-header": "a task header has a key and a value, and a key occurs once";
    RETRY_BACKOFF = "retry-backoff": "the header `retryBackoff` is an ISO 8601 duration, two with `..` between them, or an expression";
    WORKER_VERSION = "worker-version": "the header `workerVersion` is a range of semantic versions, such as `^1.2` or `>=1.2, <3`";
    SCRIPT_TASK = "script-task": "a script task has either a FEEL expression with a result variable, or a job type";
    VARIABLE_MAPPING = "variable-mapping": "a mapping has a target, and an output mapping a source";
    VARIABLE_NAME = "variable-name": "a variable's name has letters, digits and `_`, does not begin with a digit and is no word of FEEL's grammar";
    LINKED_RESOURCE = "linked-resource": "a linked resource has a `resourceId`; a task that workers do has at most 50 of them, other elements none";
    FORM_DEFINITION = "form-definition": "a user task or start event has at most one form: a form id, a form key or, on a task with `zeebe:userTask`, an external reference";
    UNKNOWN_FORM = "unknown-form": "a form key `camunda-forms:bpmn:ID` names an embedded form of the process";
    PRIORITY = "priority": "a user task's priority is a whole number from 0 to 100, or an expression";
    DATE_TIME = "date-time": "a due date or follow-up date is an ISO 8601 date and time with its offset, or an expression";
    JOB_PRIORITY = "job-priority": "a job's priority is a whole number, or an expression";
    CALLED_ELEMENT = "called-element": "a call activity says which process: `zeebe:calledElement processId`; its business id has up to 255 characters";
    CALLED_DECISION = "called-decision": "a business rule task has either a decision id with a result variable, or a job type";
    BINDING = "binding": "a binding is `latest`, `deployment`, or `versionTag` with a version tag, which for a form is plain text";
    VERSION_TAG = "version-tag": "a version tag is not empty";
    DUPLICATE_LISTENER = "duplicate-listener": "an element has one execution listener of each event and job type";
    LISTENER = "listener": "a listener has a job type and an event: `start` or `end` on any element, `beforeAll` on a multi-instance activity, `cancel` on a process, `creating`, `assigning`, `updating`, `completing` or `canceling` on a task with `zeebe:userTask`";
    MULTI_INSTANCE = "multi-instance": "a multi-instance activity has an input collection, and both or none of `outputCollection` and `outputElement`";
    LOOP = "loop": "an activity has at most one loop marker, and a standard loop has a condition or a maximum";

    // Events.
    EVENT_DEFINITION = "event-definition": "intermediate catch events and boundary events say what they wait for";
    ERROR_REFERENCE = "error-reference": "an error event refers to an error of the file";
    ERROR_CODE = "error-code": "an error that an event refers to has a code, which is plain text where it is caught";
    ESCALATION_REFERENCE = "escalation-reference": "an escalation that is thrown refers to one of the file";
    ESCALATION_CODE = "escalation-code": "an escalation that an event refers to has a code, which is plain text where it is caught";
    ESCALATION_ATTACHMENT = "escalation-attachment": "an escalation comes from within a sub-process or called process; a task throws none";
    MESSAGE_REFERENCE = "message-reference": "what waits for a message refers to one of the file, which has a name";
    CORRELATION_KEY = "correlation-key": "what waits for a message within an instance has a correlation key, or no message would find it";
    SIGNAL_REFERENCE = "signal-reference": "a signal event refers to a signal of the file, which has a name";
    CONDITIONAL_EVENT = "conditional-event": "a conditional event has a condition, and looks at `create` or `update` of variables, or both";
    LINK_EVENT = "link-event": "a link has a name; within a scope one event catches it, and it leads to an event that does";
    EVENT_POSITION = "event-position": "an event happens by, and does, what BPMN allows where it is drawn";
    MULTIPLE_EVENT = "multiple-event": "an event with several definitions has none of compensation and links, at most one message that it sends and one way to end; with `parallelMultiple` it waits for messages, timers, signals and conditions only";
    CANCEL_EVENT = "cancel-event": "only a transaction is cancelled: its cancel end events are directly in it, and cancel boundary events on it";
    COMPENSATION_HANDLER = "compensation-handler": "a compensation boundary event has one association, with the activity of its scope that undoes the work, which is marked with `isForCompensation` and has no sequence flows";
    COMPENSATION_REFERENCE = "compensation-reference": "a compensation event undoes an activity of its scope";
    DUPLICATE_CATCH = "duplicate-catch": "one thing is caught once on an activity, in a scope or behind an event-based gateway: an error or escalation code, a message name, or the cancellation; a signal that is caught twice makes both events happen";
    TIMER_DEFINITION = "timer-definition": "a timer has exactly one of date, duration and cycle, in ISO 8601, or a cron expression as cycle";
    TIMER_CYCLE = "timer-cycle": "only the start event of a process and what does not interrupt can repeat";
    BOUNDARY_ATTACHMENT = "boundary-attachment": "a boundary event is attached to an activity of its own scope";
    BOUNDARY_INTERRUPTING = "boundary-interrupting": "an error or cancellation ends what it leaves, so the event that catches it is interrupting";
    BOUNDARY_INCOMING = "boundary-incoming": "no sequence flow ends at a boundary event";
    BOUNDARY_OUTGOING = "boundary-outgoing": "a sequence flow leaves each boundary event, or its path ends there; none leaves one for compensation";
}
