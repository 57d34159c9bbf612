//! What an evaluation tells about the decisions on the way.

mod common;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use common::{Variables, context, definitions, literal, model};
use fermata_dmn::{DecisionKind, Error, Evaluation, Failure, Model, Options, Reason, load, parse};

fn camunda_model() -> Result<std::sync::Arc<Model>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/dmn/accept/camunda.dmn");
    Ok(model(&fs::read_to_string(path)?))
}

fn evaluate(model: &Model, id: &str, variables: &str) -> Result<Evaluation> {
    Ok(model.evaluate(id, &Variables::of(variables)?, &context())?)
}

fn failure(model: &Model, id: &str, variables: &str) -> Result<Failure> {
    match model.evaluate(id, &Variables::of(variables)?, &context()) {
        Err(Error::Failed(failure)) => Ok(*failure),
        other => anyhow::bail!("{other:?}"),
    }
}

#[test]
fn a_model_tells_its_decisions() -> Result<()> {
    let model = camunda_model()?;
    assert_eq!((model.id(), model.name(), model.namespace()), ("camunda", "camunda", "urn:camunda"));
    let decisions: Vec<_> =
        model.decisions().map(|decision| (decision.id(), decision.name(), decision.version_tag())).collect();
    assert_eq!(
        decisions,
        [("season", "Season of the year", Some("v1.2")), ("dish", "Dish", None), ("menu", "Menu", None)]
    );
    assert_eq!(
        model.decision("menu").map(fermata_dmn::Decision::kind),
        Some(DecisionKind::LiteralExpression)
    );
    assert!(model.decision("month_input").is_none());
    Ok(())
}

#[test]
fn decisions_are_told_in_the_order_in_which_they_need_each_other() -> Result<()> {
    let evaluation = evaluate(&*camunda_model()?, "menu", r#"{"month": 12, "guestCount": 9}"#)?;
    let told: Vec<_> = evaluation
        .decisions
        .iter()
        .map(|decision| (decision.id.as_str(), decision.kind, decision.output.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("season", DecisionKind::DecisionTable, Some(r#""Winter""#)),
            ("dish", DecisionKind::DecisionTable, Some(r#"["Stew for 9"]"#)),
            ("menu", DecisionKind::LiteralExpression, Some(r#""Stew for 9 in Winter""#)),
        ]
    );
    assert_eq!(evaluation.output, r#""Stew for 9 in Winter""#);
    Ok(())
}

#[test]
fn a_table_tells_inputs_and_matched_rules() -> Result<()> {
    let evaluation = evaluate(&*camunda_model()?, "dish", r#"{"month": 1, "guestCount": 4}"#)?;
    let dish = evaluation.decisions.last().context("a decision")?;
    let inputs: Vec<_> = dish
        .inputs
        .iter()
        .map(|input| (input.id.as_deref(), input.name.as_str(), input.value.as_str()))
        .collect();
    // An input without label goes by its expression.
    assert_eq!(
        inputs,
        [(Some("in_season"), "Season", r#""Winter""#), (Some("in_guests"), "guestCount", "4")]
    );
    let rules: Vec<_> = dish
        .matched_rules
        .iter()
        .map(|rule| {
            (rule.id.as_deref(), rule.index, rule.outputs[0].name.as_str(), rule.outputs[0].value.as_str())
        })
        .collect();
    assert_eq!(
        rules,
        [(Some("r_roast"), 1, "dish", r#""Roast""#), (Some("r_stew"), 2, "dish", r#""Stew for 4""#),]
    );
    let season = &evaluation.decisions[0];
    assert_eq!(season.matched_rules[0].outputs[0].id.as_deref(), Some("out_season"));
    assert_eq!(season.matched_rules[0].outputs[0].name, "Season");
    Ok(())
}

#[test]
fn a_decision_that_several_require_is_made_once() -> Result<()> {
    let source = definitions(
        &[
            literal("a", &[], "random number()"),
            literal("b", &["a"], "a"),
            literal("c", &["a"], "a"),
            literal("d", &["b", "c"], "b = c"),
        ]
        .concat(),
    );
    let evaluation = evaluate(&model(&source), "d", "{}")?;
    assert_eq!(evaluation.output, "true");
    let ids: Vec<_> = evaluation.decisions.iter().map(|decision| decision.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    Ok(())
}

#[test]
fn a_failure_names_the_decision_and_what_came_before() -> Result<()> {
    let source = definitions(
        &[
            literal("a", &[], "1"),
            literal("b", &["a"], "assert(a, a = 2, \"a is not 2\")"),
            literal("c", &["b"], "b"),
        ]
        .concat(),
    );
    let failure = failure(&model(&source), "c", "{}")?;
    assert_eq!((failure.id.as_str(), failure.name.as_str()), ("b", "b"));
    assert_eq!(failure.to_string(), "failed to evaluate decision 'b': assertion failed: a is not 2");
    let told: Vec<_> =
        failure.decisions.iter().map(|decision| (decision.id.as_str(), decision.output.as_deref())).collect();
    assert_eq!(told, [("a", Some("1")), ("b", None)]);
    Ok(())
}

#[test]
fn a_failed_table_still_tells_what_matched() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/dmn/accept/hit-policies.dmn");
    let failure = failure(&model(&fs::read_to_string(path)?), "unique", r#"{"amount": 70}"#)?;
    assert_eq!(failure.reason, Reason::NotUnique { first: 2, second: 3 });
    let table = failure.decisions.last().context("a decision")?;
    assert_eq!(table.inputs[0].value, "70");
    assert_eq!(table.matched_rules.iter().map(|rule| rule.index).collect::<Vec<_>>(), [2, 3]);
    Ok(())
}

#[test]
fn warnings_say_which_decision_they_are_about() -> Result<()> {
    let source = definitions(&[literal("a", &[], "missing + 1"), literal("b", &["a"], "a")].concat());
    let evaluation = evaluate(&model(&source), "b", "{}")?;
    assert_eq!(evaluation.output, "null");
    let warning = evaluation.warnings.first().context("a warning")?;
    assert!(warning.decision == "a" && warning.message.contains("missing"), "{warning:?}");
    Ok(())
}

#[test]
fn an_unknown_decision_is_an_error() -> Result<()> {
    let found = camunda_model()?.evaluate("season_table", &feel::NoVariables, &context());
    assert_eq!(found, Err(Error::UnknownDecision { id: "season_table".into() }));
    Ok(())
}

#[test]
fn each_expression_has_random_numbers_of_its_own_and_the_same_every_time() -> Result<()> {
    let source = definitions(
        &[
            literal("a", &[], "random number()"),
            literal("b", &["a"], "[a, random number(), a = random number()]"),
        ]
        .concat(),
    );
    let model = model(&source);
    let (once, again) = (evaluate(&model, "b", "{}")?, evaluate(&model, "b", "{}")?);
    assert_eq!(once, again);
    let numbers: Vec<&str> = once.output.trim_matches(['[', ']']).split(',').collect();
    ensure!(numbers[0] != numbers[1] && numbers[2] == "false", "{}", once.output);
    Ok(())
}

#[test]
fn what_was_accepted_once_loads_and_fails_only_where_it_must() -> Result<()> {
    let source = definitions(
        &[
            literal("sound", &[], "1"),
            literal("broken", &[], "1 +"),
            literal("depends", &["broken"], "broken"),
            "<decision id='undecided' name='undecided'/>".to_owned(),
        ]
        .concat(),
    );
    ensure!(parse(&source, &Options::new("m.dmn")).has_errors());
    let loaded = load(&source, &Options::new("m.dmn"));
    ensure!(!loaded.has_errors() && loaded.diagnostics.len() == 2, "{:?}", loaded.diagnostics);
    let model = loaded.model.context("a model")?;
    assert_eq!(evaluate(&model, "sound", "{}")?.output, "1");
    assert_eq!(evaluate(&model, "undecided", "{}")?.output, "null");
    let failure = failure(&model, "depends", "{}")?;
    ensure!(failure.id == "broken" && failure.to_string().contains("not valid FEEL"), "{failure}");
    Ok(())
}

#[test]
fn types_are_remarks_in_models_of_camunda() -> Result<()> {
    // The table's output says string, and the rule gives a number.
    assert_eq!(evaluate(&*camunda_model()?, "season", r#"{"month": 4}"#)?.output, "5");
    Ok(())
}

#[test]
fn models_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Model>();
    is_shared::<Error>();
}
