//! Every rule that a model is checked against, with its stable id.

/// One rule. Ids are stable: editors, scripts and documentation refer to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable id, in kebab case.
    pub id: &'static str,
    /// What the rule asks for, and why.
    pub explanation: &'static str,
}

impl Rule {
    /// Every rule, in the order of this table.
    pub const ALL: &[Self] = TABLE;

    /// The rule with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|rule| rule.id == id)
    }
}

macro_rules! rules {
    ($($name:ident = $id:literal: $explanation:literal;)*) => {
        $(pub(crate) const $name: Rule = Rule { id: $id, explanation: $explanation };)*
        const TABLE: &[Rule] = &[$($name),*];
    };
}

rules! {
    // The file.
    RESOURCE_LIMIT = "resource-limit": "a model stays within the limits on size, nesting and attributes";
    XML_SYNTAX = "xml-syntax": "a model is well-formed XML 1.0 with namespaces";
    XML_DTD = "xml-dtd": "a model has no document type declaration, because entities can grow without bound";
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
    EMBEDDED_FORM = "embedded-form": "an embedded form is a JSON object";

    // The graph.
    START_EVENT = "start-event": "a process and each embedded sub-process begin at exactly one none start event";
    START_EVENT_INCOMING = "start-event-incoming": "no sequence flow ends at a start event";
    END_EVENT_OUTGOING = "end-event-outgoing": "no sequence flow begins at an end event";
    FLOW_REFERENCE = "flow-reference": "a sequence flow begins and ends at a flow node of this process";
    FLOW_SCOPE = "flow-scope": "a sequence flow does not cross the border of a sub-process";
    UNREACHABLE_ELEMENT = "unreachable-element": "every element can be reached from the start event";

    // Conditions.
    CONDITION_MISSING = "condition-missing": "each flow that leaves an exclusive gateway with several has a condition, except the default flow";
    CONDITION_MISPLACED = "condition-misplaced": "only flows that leave an exclusive gateway have conditions or a default, and the default flow has no condition";
    DEFAULT_FLOW = "default-flow": "the default flow of a gateway is one of those that leave it";

    // Expressions and texts.
    EXPRESSION_REQUIRED = "expression-required": "where only an expression makes sense it begins with `=`";
    FEEL_SYNTAX = "feel-syntax": "an expression is FEEL, such as `amount > 100 and customer.vip`";
    FEEL_UNKNOWN_FUNCTION = "feel-unknown-function": "a function that does not exist gives null";
    FEEL_MISPLACED_FUNCTION = "feel-misplaced-function": "`bpmnError`, `jobError` and `ignoreError` answer for a connector, in its `errorExpression`; elsewhere nobody acts on them";
    FEEL_PATTERN = "feel-pattern": "a regular expression can be compiled: it has no look-around and no back-references, and takes time linear to the text";
    SECRET_REFERENCE = "secret-reference": "a secret is written `{{secrets.NAME}}`, in an expression inside a string; NAME has up to 64 letters, digits and `_`";

    // Tasks.
    TASK_DEFINITION = "task-definition": "a task that workers do says its job type: `zeebe:taskDefinition type`";
    RETRIES = "retries": "the number of retries is a whole number from 0, or an expression";
    TASK_HEADER = "task-header": "a task header has a key and a value, and a key occurs once";
    RETRY_BACKOFF = "retry-backoff": "the header `retryBackoff` is an ISO 8601 duration, or an expression";
    SCRIPT_TASK = "script-task": "a script task has either a FEEL expression with a result variable, or a job type";
    VARIABLE_MAPPING = "variable-mapping": "a mapping has a source and a target";
    VARIABLE_NAME = "variable-name": "a variable's name has letters, digits and `_`, does not begin with a digit and is no word of FEEL's grammar";
    FORM_DEFINITION = "form-definition": "a user task has one form: a form key or an external reference";
    UNKNOWN_FORM = "unknown-form": "a form key `camunda-forms:bpmn:ID` names an embedded form of the process";
    PRIORITY = "priority": "a user task's priority is a whole number from 0 to 100, or an expression";
    DATE_TIME = "date-time": "a due date or follow-up date is an ISO 8601 date and time with its offset, or an expression";

    // Events.
    EVENT_DEFINITION = "event-definition": "intermediate catch events and boundary events say what they wait for";
    ERROR_REFERENCE = "error-reference": "an error event refers to an error of the file";
    ERROR_CODE = "error-code": "an error that is thrown has a code, and the code of an error that is caught is plain text";
    DUPLICATE_CATCH = "duplicate-catch": "an error code is caught once on an activity";
    TIMER_DEFINITION = "timer-definition": "a timer has exactly one of date, duration and cycle, in ISO 8601";
    TIMER_CYCLE = "timer-cycle": "only a non-interrupting boundary event can repeat";
    BOUNDARY_ATTACHMENT = "boundary-attachment": "a boundary event is attached to an activity of its own scope";
    BOUNDARY_INTERRUPTING = "boundary-interrupting": "an error ends the activity it leaves, so an error boundary event is interrupting";
    BOUNDARY_INCOMING = "boundary-incoming": "no sequence flow ends at a boundary event";
    BOUNDARY_OUTGOING = "boundary-outgoing": "a sequence flow leaves each boundary event, or its path ends there";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_in_kebab_case() {
        let mut seen = HashSet::new();
        for rule in Rule::ALL {
            assert!(seen.insert(rule.id), "{} occurs twice", rule.id);
            assert!(!rule.id.is_empty() && !rule.explanation.is_empty(), "{}", rule.id);
            assert!(
                rule.id
                    .bytes()
                    .all(|byte| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
            );
            assert_eq!(Rule::by_id(rule.id), Some(rule));
        }
    }
}
