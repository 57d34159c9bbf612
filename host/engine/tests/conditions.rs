//! Conditional start events of processes.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use bpmn::Process;
use fermata_engine::conditions::{Evaluation, StepsExceeded, has_conditional_start};
use types::{SharedStr, Timestamp, Variables};

/// A process with these start events, each of which leads to the end.
fn process(starts: &[(&str, &str, &[&str])]) -> Process {
    let mut elements = String::new();
    for (id, attributes, definitions) in starts {
        elements +=
            &format!("<bpmn:startEvent id=\"{id}\" {attributes}>{}</bpmn:startEvent>", definitions.concat());
        elements += &format!("<bpmn:sequenceFlow id=\"{id}-end\" sourceRef=\"{id}\" targetRef=\"end\" />");
    }
    let xml = format!(
        "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
         xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"definitions\" targetNamespace=\"http://fermata.example\">\
         <bpmn:signal id=\"go\" name=\"go\" /><bpmn:process id=\"p\" isExecutable=\"true\">{elements}\
         <bpmn:endEvent id=\"end\" /></bpmn:process></bpmn:definitions>"
    );
    let parsed = bpmn::parse(&xml, &bpmn::Options { resource: "p.bpmn", secret_token: None });
    parsed.processes.into_iter().next().unwrap_or_else(|| panic!("{:?}", parsed.diagnostics))
}

fn condition(text: &str) -> String {
    filtered(text, "")
}

fn filtered(text: &str, filter: &str) -> String {
    format!(
        "<bpmn:conditionalEventDefinition><bpmn:extensionElements><zeebe:conditionalFilter {filter} />\
         </bpmn:extensionElements><bpmn:condition>={text}</bpmn:condition></bpmn:conditionalEventDefinition>"
    )
}

const SIGNAL: &str = "<bpmn:signalEventDefinition signalRef=\"go\" />";

fn starts(process: &Process, variables: &str) -> Vec<String> {
    let variables = Variables::parse(variables).unwrap();
    let mut evaluation = Evaluation::new(&variables, Timestamp::from_millis(0), 1);
    evaluation.starts_of(process).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn an_event_happens_when_its_condition_holds() {
    let process = process(&[
        ("a", "", &[&condition("x &gt; 1")]),
        ("b", "", &[&condition("x + 1")]),
        ("c", "", &[&condition("now() = date and time(\"1970-01-01T00:00:00Z\")")]),
        ("d", "", &[SIGNAL]),
    ]);
    assert!(has_conditional_start(&process));
    assert_eq!(starts(&process, "{\"x\": 2}"), ["a", "c"]);
    assert_eq!(starts(&process, "{\"x\": 1}"), ["c"]);
    // A number beyond what FEEL reads is as good as none.
    assert_eq!(starts(&process, "{\"x\": 1e9999}"), ["c"]);
}

#[test]
fn one_condition_is_enough_unless_all_triggers_have_to_happen() {
    let (x, y) = (condition("x"), condition("y"));
    let process = process(&[
        ("either", "", &[&x, &y, SIGNAL]),
        ("both", "parallelMultiple=\"true\"", &[&x, &y]),
        ("signal-too", "parallelMultiple=\"true\"", &[&x, SIGNAL]),
    ]);
    assert_eq!(starts(&process, "{\"x\": true}"), ["either"]);
    assert_eq!(starts(&process, "{\"y\": true}"), ["either"]);
    assert_eq!(starts(&process, "{\"x\": true, \"y\": true}"), ["either", "both"]);
    assert_eq!(starts(&process, "{}").len(), 0);
    let only_with_a_signal = self::process(&[("s", "parallelMultiple=\"true\"", &[&x, SIGNAL])]);
    assert!(!has_conditional_start(&only_with_a_signal));
}

#[test]
fn a_condition_is_looked_at_when_a_variable_is_given_that_it_names() {
    let process = process(&[
        ("named", "", &[&filtered("not(is defined(z))", "variableNames=\"x, y\"")]),
        ("updated", "", &[&filtered("not(is defined(z))", "variableEvents=\"update\"")]),
    ]);
    assert_eq!(starts(&process, "{\"y\": null}"), ["named", "updated"]);
    assert_eq!(starts(&process, "{\"other\": 1}"), ["updated"]);
}

#[test]
fn conditions_take_so_many_steps_and_no_more() {
    let endless = condition("count(for a in 1..10000 return count(for b in 1..10000 return b)) &gt; 0");
    let one = process(&[("heavy", "", &[&endless]), ("light", "", &[&condition("x")])]);
    assert_eq!(starts(&one, "{\"x\": true}"), ["light"], "it leaves the others theirs");
    let variables = Variables::parse("{\"x\": true}").unwrap();
    let mut evaluation = Evaluation::new(&variables, Timestamp::from_millis(0), 1);
    let mut outcomes = (0..6).map(|_| evaluation.starts_of(&one));
    assert!(outcomes.next().unwrap().is_ok());
    assert!(outcomes.any(|outcome| outcome == Err(StepsExceeded)));
}

#[test]
fn a_condition_that_fails_takes_what_it_has_used() {
    // A process with a field that is missing: nothing of it happens, and it costs the others next to nothing.
    let fails = condition("assert(x, x != null) = 1");
    let broken = process(&[("broken", "", &[&fails]), ("light", "", &[&condition("y")])]);
    let variables = Variables::parse("{\"y\": true}").unwrap();
    let mut evaluation = Evaluation::new(&variables, Timestamp::from_millis(0), 1);
    for _ in 0..1_000 {
        assert_eq!(evaluation.starts_of(&broken).unwrap(), [SharedStr::from("light")]);
    }
}
