//! Decisions of business rule tasks: what is recorded of them, and what a hostile one cannot do.

extern crate fermata_engine as engine;

#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/rows.rs"]
mod rows;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use engine::command::{CalledDecision, CreateInstance};
use engine::state::IncidentKind;
use engine::{Command, Event};
use types::{DecisionKey, ElementInstanceKey, SharedStr, TenantId, Variables};
use world::{DEFINITION, World};

fn file(name: &str) -> anyhow::Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/scenarios");
    Ok(std::fs::read_to_string(folder.join(name))?)
}

/// A world in which the business rule task asks for its decision.
fn asking(variables: &str) -> anyhow::Result<(World, ElementInstanceKey)> {
    let mut world = World::of_model(&file("decision.bpmn")?)?;
    world.step(Command::CreateInstance(CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables: Variables::parse(variables)?,
        business_id: None,
        tags: Vec::new(),
        start: Default::default(),
        ends_after: Vec::new(),
        caller: None,
    }))?;
    let task = world.state.elements().find(|element| &*element.element == "decide").context("the task")?.key;
    Ok((world, task))
}

fn decide(world: &mut World, task: ElementInstanceKey, xml: &str, id: &str) -> anyhow::Result<Vec<Event>> {
    let parsed = dmn::parse(xml, &dmn::Options::new("decision.dmn"));
    let model = parsed.model.with_context(|| format!("{:?}", parsed.diagnostics))?;
    let decision = Arc::new(CalledDecision {
        key: DecisionKey::from_i64(1),
        decision_id: SharedStr::from(id),
        version: 1,
        model,
    });
    let command = Command::EvaluateDecision { element_instance: task, decision: Ok(decision) };
    let events = world.step(command)?.events;
    world.check_invariants()?;
    Ok(events)
}

/// The result, the record and the failure of the decision that was made.
fn made(events: &[Event]) -> anyhow::Result<(Option<String>, serde_json::Value, Option<String>)> {
    for event in events {
        if let Event::DecisionEvaluated { output, evaluated, failure, .. } = event {
            let record = serde_json::from_str(evaluated.as_str())?;
            return Ok((
                output.as_ref().map(ToString::to_string),
                record,
                failure.as_deref().map(str::to_owned),
            ));
        }
    }
    bail!("no decision was made: {events:?}")
}

fn literal(expression: &str) -> String {
    format!(
        r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://fermata.example/decisions"><decision id="hostile" name="hostile"><literalExpression id="e"><text>{expression}</text></literalExpression></decision></definitions>"#
    )
}

#[test]
fn inputs_matched_rules_and_outputs_of_all_decisions_are_recorded() -> anyhow::Result<()> {
    let (mut world, task) = asking(r#"{"what":"discount","order":{"total":300}}"#)?;
    let events = decide(&mut world, task, &file("decision.dmn")?, "discount")?;
    let (output, record, failure) = made(&events)?;
    assert_eq!((output.as_deref(), failure), (Some("3"), None));
    assert_eq!(
        record,
        serde_json::json!([
            {
                "decisionId": "customer",
                "decisionName": "customer",
                "decisionType": "LITERAL_EXPRESSION",
                "output": "gold",
                "inputs": [],
                "matchedRules": [],
            },
            {
                "decisionId": "discount",
                "decisionName": "Discount",
                "decisionType": "DECISION_TABLE",
                "output": 3,
                "inputs": [
                    { "inputId": "in-status", "inputName": "Status", "inputValue": "gold" },
                    { "inputId": "in-total", "inputName": "total", "inputValue": 300 },
                ],
                "matchedRules": [{
                    "ruleId": "rule-gold",
                    "ruleIndex": 1,
                    "outputs": [{ "outputId": "out-percent", "outputName": "percent", "outputValue": 3 }],
                }],
            },
        ])
    );
    Ok(())
}

#[test]
fn a_decision_that_fails_tells_how_far_it_came() -> anyhow::Result<()> {
    let (mut world, task) = asking(r#"{"what":"discount","order":{"total":200}}"#)?;
    let events = decide(&mut world, task, &file("decision.dmn")?, "discount")?;
    let (output, record, failure) = made(&events)?;
    assert_eq!(output, None);
    ensure!(failure.context("a failure")?.contains("UNIQUE"));
    let ids: Vec<_> =
        record.as_array().context("a list")?.iter().map(|decision| &decision["decisionId"]).collect();
    assert_eq!(ids, ["customer", "discount"]);
    assert_eq!(record[1]["output"], serde_json::Value::Null);
    Ok(())
}

#[test]
fn a_decision_that_computes_without_end_is_an_incident() -> anyhow::Result<()> {
    for (expression, reason) in [
        ("count(for a in 1..10000, b in 1..10000 return a * b)", "steps"),
        (
            r#"string join(for a in 1..100000 return "0123456789012345678901234567890123456789012345678901234567890")"#,
            "bytes",
        ),
    ] {
        let (mut world, task) = asking(r#"{"what":"hostile","order":{"total":1}}"#)?;
        let events = decide(&mut world, task, &literal(expression), "hostile")?;
        let incident = world.state.incidents().next().with_context(|| format!("{events:?}"))?;
        assert_eq!(incident.kind, IncidentKind::DecisionEvaluationError);
        ensure!(incident.message.contains(reason), "{}", incident.message);
    }
    Ok(())
}

#[test]
fn a_decision_that_the_model_does_not_have_is_an_incident() -> anyhow::Result<()> {
    let (mut world, task) = asking(r#"{"what":"other","order":{"total":1}}"#)?;
    decide(&mut world, task, &file("decision.dmn")?, "other")?;
    let incident = world.state.incidents().next().context("an incident")?;
    assert_eq!(incident.kind, IncidentKind::DecisionEvaluationError);
    Ok(())
}
