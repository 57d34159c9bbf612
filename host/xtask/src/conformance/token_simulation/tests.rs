//! The harness itself: that it drives a run, and that it sees what is wrong with one.

use super::case::{self, Passed};
use super::model::Model;
use super::script::Line;

/// A task with a timer beside it, a fork, and a join.
const FORK: &str = r#"
    <startEvent id="start" />
    <parallelGateway id="fork" />
    <task id="work" />
    <boundaryEvent id="late" attachedToRef="work"><timerEventDefinition /></boundaryEvent>
    <intermediateCatchEvent id="wait"><messageEventDefinition /></intermediateCatchEvent>
    <parallelGateway id="join" />
    <endEvent id="end" />
    <endEvent id="end_late" />
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork" />
    <sequenceFlow id="f2" sourceRef="fork" targetRef="work" />
    <sequenceFlow id="f3" sourceRef="fork" targetRef="wait" />
    <sequenceFlow id="f4" sourceRef="work" targetRef="join" />
    <sequenceFlow id="f5" sourceRef="wait" targetRef="join" />
    <sequenceFlow id="f6" sourceRef="join" targetRef="end" />
    <sequenceFlow id="f7" sourceRef="late" targetRef="end_late" />"#;

/// Both branches come to the join; `wait` waits for a hand.
const JOINED: &[&str] = &[
    "createScope:P:null",
    "signal:P:A",
    "createScope:start:A",
    "signal:start:B",
    "exit:start:B",
    "createScope:f1:A",
    "destroyScope:start:B",
    "enter:f1:A",
    "exit:f1:C",
    "createScope:fork:A",
    "destroyScope:f1:C",
    "enter:fork:A",
    "exit:fork:D",
    "createScope:f2:A",
    "createScope:f3:A",
    "destroyScope:fork:D",
    "enter:f2:A",
    "enter:f3:A",
    "exit:f2:E",
    "createScope:work:A",
    "destroyScope:f2:E",
    "exit:f3:F",
    "createScope:wait:A",
    "destroyScope:f3:F",
    "enter:work:A",
    "enter:wait:A",
    "exit:work:G",
    "createScope:f4:A",
    "destroyScope:work:G",
    "enter:f4:A",
    "exit:f4:I",
    "createScope:join:A",
    "destroyScope:f4:I",
    "enter:join:A",
    "signal:wait:H",
    "exit:wait:H",
    "createScope:f5:A",
    "destroyScope:wait:H",
    "enter:f5:A",
    "exit:f5:K",
    "createScope:join:A",
    "destroyScope:f5:K",
    "enter:join:A",
    "destroyScope:join:J",
    "exit:join:L",
    "createScope:f6:A",
    "destroyScope:join:L",
    "enter:f6:A",
    "exit:f6:M",
    "createScope:end:A",
    "destroyScope:f6:M",
    "enter:end:A",
    "exit:end:N",
    "destroyScope:end:N",
    "exit:P:A",
    "destroyScope:P:A",
];

/// The timer ends the work; `wait` goes on waiting.
const LATE: &[&str] = &[
    "createScope:P:null",
    "signal:P:A",
    "createScope:start:A",
    "signal:start:B",
    "exit:start:B",
    "createScope:f1:A",
    "destroyScope:start:B",
    "enter:f1:A",
    "exit:f1:C",
    "createScope:fork:A",
    "destroyScope:f1:C",
    "enter:fork:A",
    "exit:fork:D",
    "createScope:f2:A",
    "createScope:f3:A",
    "destroyScope:fork:D",
    "enter:f2:A",
    "enter:f3:A",
    "exit:f2:E",
    "createScope:work:A",
    "destroyScope:f2:E",
    "exit:f3:F",
    "createScope:wait:A",
    "destroyScope:f3:F",
    "enter:work:A",
    "enter:wait:A",
    "createScope:late:A",
    "signal:late:I",
    "exit:work:G",
    "destroyScope:work:G",
    "exit:late:I",
    "createScope:f7:A",
    "destroyScope:late:I",
    "enter:f7:A",
    "exit:f7:J",
    "createScope:end_late:A",
    "destroyScope:f7:J",
    "enter:end_late:A",
    "exit:end_late:K",
    "destroyScope:end_late:K",
];

fn run(process: &str, trace: &[&str]) -> Result<Passed, String> {
    let xml = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:test">
        <process id="P">{process}</process></definitions>"#
    );
    let document = roxmltree::Document::parse(&xml).expect("the model is XML");
    let lines: Vec<_> = trace.iter().map(|line| Line::read(line).expect("a line of a trace")).collect();
    case::run(&Model::read(&document), &lines)
}

fn without(trace: &[&'static str], dropped: &[&str]) -> Vec<&'static str> {
    let kept: Vec<_> = trace.iter().copied().filter(|line| !dropped.contains(line)).collect();
    assert_eq!(kept.len() + dropped.len(), trace.len(), "every dropped line was there");
    kept
}

#[test]
fn a_run_is_driven_as_its_trace_tells() {
    assert_eq!(run(FORK, JOINED), Ok(Passed { refused: None }));
    assert_eq!(run(FORK, LATE), Ok(Passed { refused: None }));
}

#[test]
fn branches_may_take_turns_differently() {
    let mut trace = JOINED.to_vec();
    let work = trace.iter().position(|line| *line == "enter:work:A").expect("the task is entered");
    trace.swap(work, work + 1);
    assert_eq!(run(FORK, &trace), Ok(Passed { refused: None }));
}

#[test]
fn what_is_missing_or_too_much_is_told() {
    let trace = without(JOINED, &["enter:end:A", "exit:end:N"]);
    assert_eq!(run(FORK, &trace), Err("not expected: end entered, end completed".to_owned()));
    let mut trace = LATE.to_vec();
    trace.extend(["createScope:end:A", "enter:end:A"]);
    assert_eq!(run(FORK, &trace), Err("not found: end entered".to_owned()));
}

#[test]
fn what_an_act_from_outside_brings_cannot_be_there_before_it() {
    // The join goes on before the message has come.
    let late = [
        "signal:wait:H",
        "exit:wait:H",
        "createScope:f5:A",
        "destroyScope:wait:H",
        "enter:f5:A",
        "exit:f5:K",
    ];
    let mut trace = without(JOINED, &late);
    trace.extend(late);
    let found = run(FORK, &trace).expect_err("the join waits");
    assert!(found.starts_with("before wait: not found: "), "{found}");
    assert!(found.contains("join completed"), "{found}");
}

#[test]
fn what_nothing_waits_for_does_not_happen() {
    let mut trace = LATE.to_vec();
    trace.extend(["createScope:late:A", "signal:late:L"]);
    assert_eq!(run(FORK, &trace), Err("late does not happen: nothing waits for it".to_owned()));
}

#[test]
fn what_is_entered_before_its_cause_is_out_of_order() {
    use super::fact::{Fact, disorder};
    let facts = [Fact::Took("f".to_owned()), Fact::Entered("a".to_owned())];
    let turned = [facts[1].clone(), facts[0].clone()];
    assert_eq!(disorder(&facts, &facts, &[(1, 0)]), None);
    assert_eq!(disorder(&facts, &turned, &[(1, 0)]).as_deref(), Some("a entered before f taken"));
    assert_eq!(disorder(&facts, &turned, &[]), None);
}

#[test]
fn a_process_begins_where_nothing_leads() {
    let process = r#"<task id="a" /><task id="b" /><endEvent id="end" />
        <sequenceFlow id="f" sourceRef="b" targetRef="end" />"#;
    let trace = [
        "createScope:P:null",
        "signal:P:A",
        "createScope:a:A",
        "createScope:b:A",
        "enter:a:A",
        "enter:b:A",
        "exit:a:B",
        "destroyScope:a:B",
        "exit:b:C",
        "createScope:f:A",
        "destroyScope:b:C",
        "enter:f:A",
        "exit:f:D",
        "createScope:end:A",
        "destroyScope:f:D",
        "enter:end:A",
        "exit:end:E",
        "destroyScope:end:E",
        "exit:P:A",
        "destroyScope:P:A",
    ];
    assert_eq!(run(process, &trace), Ok(Passed { refused: None }));
}

#[test]
fn a_gateway_takes_the_flows_that_the_trace_takes_each_time() {
    let process = r#"<startEvent id="start" /><exclusiveGateway id="again" /><exclusiveGateway id="choose" />
        <endEvent id="end" />
        <sequenceFlow id="f1" sourceRef="start" targetRef="again" />
        <sequenceFlow id="f2" sourceRef="again" targetRef="choose" />
        <sequenceFlow id="back" sourceRef="choose" targetRef="again" />
        <sequenceFlow id="on" sourceRef="choose" targetRef="end" />"#;
    let trace = [
        "createScope:P:null",
        "signal:P:A",
        "createScope:start:A",
        "signal:start:B",
        "exit:start:B",
        "createScope:f1:A",
        "destroyScope:start:B",
        "enter:f1:A",
        "exit:f1:C",
        "createScope:again:A",
        "destroyScope:f1:C",
        "enter:again:A",
        "exit:again:D",
        "createScope:f2:A",
        "destroyScope:again:D",
        "enter:f2:A",
        "exit:f2:E",
        "createScope:choose:A",
        "destroyScope:f2:E",
        "enter:choose:A",
        "exit:choose:F",
        "createScope:back:A",
        "destroyScope:choose:F",
        "enter:back:A",
        "exit:back:G",
        "createScope:again:A",
        "destroyScope:back:G",
        "enter:again:A",
        "exit:again:H",
        "createScope:f2:A",
        "destroyScope:again:H",
        "enter:f2:A",
        "exit:f2:I",
        "createScope:choose:A",
        "destroyScope:f2:I",
        "enter:choose:A",
        "exit:choose:J",
        "createScope:on:A",
        "destroyScope:choose:J",
        "enter:on:A",
        "exit:on:K",
        "createScope:end:A",
        "destroyScope:on:K",
        "enter:end:A",
        "exit:end:L",
        "destroyScope:end:L",
        "exit:P:A",
        "destroyScope:P:A",
    ];
    assert_eq!(run(process, &trace), Ok(Passed { refused: None }));
}

#[test]
fn what_ends_others_waits_for_tokens_that_the_trace_lets_arrive() {
    // The flow to the end event comes first.
    let process = r#"<startEvent id="start" /><endEvent id="stop"><terminateEventDefinition /></endEvent>
        <task id="work" />
        <sequenceFlow id="f1" sourceRef="start" targetRef="stop" />
        <sequenceFlow id="f2" sourceRef="start" targetRef="work" />"#;
    let trace = [
        "createScope:P:null",
        "signal:P:A",
        "createScope:start:A",
        "signal:start:B",
        "exit:start:B",
        "createScope:f1:A",
        "createScope:f2:A",
        "destroyScope:start:B",
        "enter:f1:A",
        "enter:f2:A",
        "exit:f1:C",
        "createScope:stop:A",
        "destroyScope:f1:C",
        "exit:f2:D",
        "createScope:work:A",
        "destroyScope:f2:D",
        "enter:stop:A",
        "enter:work:A",
        "destroyScope:work:F",
        "destroyScope:stop:E",
        "exit:P:A",
        "destroyScope:P:A",
    ];
    assert_eq!(run(process, &trace), Ok(Passed { refused: None }));
    let trace = without(&trace, &["destroyScope:work:F", "destroyScope:stop:E"]);
    assert!(run(process, &trace).is_err(), "nothing ends the work");
}
