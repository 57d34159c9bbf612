//! What becomes here of the checks that Camunda makes.

use Here::{Accepted, Rules};

/// One rule of `bpmnlint-plugin-camunda-compat` for Camunda 8.10, and what there is of it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CamundaRule {
    /// Its id there.
    pub id: &'static str,
    /// What there is here.
    pub here: Here,
}

/// What there is here of a rule of Camunda's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// Ids of rules that find the same.
    Rules(&'static [&'static str]),
    /// It is accepted, and why.
    Accepted(&'static str),
}

/// The rules of Camunda's that give errors for 8.10, in alphabetical order.
pub const CAMUNDA_RULES: &[CamundaRule] = &[
    rule("ad-hoc-sub-process", Rules(&["ad-hoc-sub-process"])),
    rule(
        "agent-fromai-contract",
        Accepted("`fromAi` gives its value wherever it is called; what an agent asks of it, its worker says"),
    ),
    rule("before-all-execution-listener", Rules(&["listener"])),
    rule("called-element", Rules(&["called-element"])),
    rule("cancel-execution-listener", Rules(&["listener"])),
    rule("duplicate-execution-listener-headers", Rules(&["task-header"])),
    rule("duplicate-execution-listeners", Rules(&["duplicate-listener"])),
    rule("duplicate-task-headers", Rules(&["task-header"])),
    rule(
        "element-type",
        Rules(&["unsupported-element", "event-definition", "event-position", "cancel-event"]),
    ),
    rule("error-reference", Rules(&["error-reference", "error-code"])),
    rule("escalation-boundary-event-attached-to-ref", Rules(&["escalation-attachment"])),
    rule("escalation-reference", Rules(&["escalation-reference", "escalation-code"])),
    rule(
        "event-based-gateway-target",
        Accepted("a receive task waits behind an event-based gateway as a catch event does"),
    ),
    rule("executable-process", Rules(&["no-executable-process", "process-not-executable"])),
    rule("execution-listener", Rules(&["listener"])),
    rule("feel", Rules(&["feel-syntax", "expression-required"])),
    rule("feel-compatibility", Rules(&["feel-unknown-function"])),
    rule("implementation", Rules(&["task-definition", "script-task", "called-decision"])),
    rule("io-mapping", Rules(&["variable-mapping"])),
    rule("link-event", Rules(&["link-event"])),
    rule("loop-characteristics", Rules(&["multi-instance", "loop"])),
    rule("message-reference", Rules(&["message-reference"])),
    rule("no-expression", Rules(&["error-code", "escalation-code"])),
    rule("no-interrupting-event-subprocess", Rules(&["ad-hoc-sub-process"])),
    rule("no-loop", Accepted("a loop that never waits runs in parts, and others have their turn in between")),
    rule("no-multiple-none-start-events", Rules(&["start-event"])),
    rule("priority-definition", Rules(&["priority"])),
    rule("sequence-flow-condition", Rules(&["condition-missing", "condition-misplaced"])),
    rule("signal-reference", Rules(&["signal-reference"])),
    rule("start-event-form", Rules(&["form-definition", "embedded-form"])),
    rule("start-event-required", Rules(&["start-event"])),
    rule("subscription", Rules(&["correlation-key"])),
    rule("task-listener", Rules(&["listener"])),
    rule("task-schedule", Rules(&["date-time"])),
    rule("timer", Rules(&["timer-definition", "timer-cycle"])),
    rule("unresolvable-secret-reference", Rules(&["secret-reference"])),
    rule("user-task-form", Rules(&["form-definition", "unknown-form", "embedded-form"])),
    rule("variable-name", Rules(&["variable-name"])),
    rule("version-tag", Rules(&["version-tag", "binding"])),
    rule("wait-for-completion", Rules(&["unsupported-element"])),
];

const fn rule(id: &'static str, here: Here) -> CamundaRule {
    CamundaRule { id, here }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RULES;

    #[test]
    fn rules_here_exist_and_those_of_camunda_are_in_order() {
        assert!(CAMUNDA_RULES.is_sorted_by_key(|rule| rule.id));
        for rule in CAMUNDA_RULES {
            match rule.here {
                Rules(ids) => {
                    assert!(!ids.is_empty(), "{}", rule.id);
                    for id in ids {
                        assert!(RULES.iter().any(|rule| rule.id == *id), "{}: there is no {id}", rule.id);
                    }
                }
                Accepted(reason) => assert!(!reason.is_empty(), "{}", rule.id),
            }
        }
    }
}
