//! Models and decisions that ask for too much end within their limits.

mod common;

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use common::{Variables, context, definitions, literal, model, read};
use feel::{EvaluationError, Limits, NoVariables};
use fermata_dmn::{Error, Model, RESOURCE_BYTES_MAX, Reason};

fn reason(model: &Model, id: &str) -> Result<Reason> {
    match model.evaluate(id, &NoVariables, &context()) {
        Err(Error::Failed(failure)) => Ok(failure.reason),
        other => anyhow::bail!("{other:?}"),
    }
}

fn is_stopped(model: &Model, id: &str, stopped: fn(&EvaluationError) -> bool) -> Result<()> {
    match reason(model, id)? {
        Reason::Stopped(error) if stopped(&error) => Ok(()),
        other => anyhow::bail!("{other:?}"),
    }
}

fn is_steps(error: &EvaluationError) -> bool {
    // The limit is told as it was set, not what was left of it.
    matches!(error, EvaluationError::StepsExceeded { steps_max } if *steps_max == Limits::STEPS_MAX)
}

fn is_depth(error: &EvaluationError) -> bool {
    matches!(error, EvaluationError::DepthExceeded { depth_max } if *depth_max == Limits::DEPTH_MAX)
}

fn is_memory(error: &EvaluationError) -> bool {
    matches!(error, EvaluationError::MemoryExceeded { .. })
}

fn knowledge(id: &str, parameters: &[&str], requires: &[&str], body: &str) -> String {
    let parameters: String =
        parameters.iter().map(|name| format!("<formalParameter name='{name}'/>")).collect();
    let requires: String = requires
        .iter()
        .map(|id| format!("<knowledgeRequirement><requiredKnowledge href='#{id}'/></knowledgeRequirement>"))
        .collect();
    format!(
        "<businessKnowledgeModel id='{id}' name='{id}'><encapsulatedLogic>{parameters}{body}</encapsulatedLogic>{requires}</businessKnowledgeModel>"
    )
}

fn text(text: &str) -> String {
    format!("<literalExpression><text>{text}</text></literalExpression>")
}

fn calling(id: &str, knowledge: &str, expression: &str) -> String {
    format!(
        "<decision id='{id}' name='{id}'><knowledgeRequirement><requiredKnowledge href='#{knowledge}'/></knowledgeRequirement>{}</decision>",
        text(expression)
    )
}

#[test]
fn a_billion_steps_in_one_expression_are_stopped() -> Result<()> {
    let model = model(&definitions(&literal("a", &[], "some x in 1..1000000000 satisfies x = 0")));
    is_stopped(&model, "a", is_steps)
}

#[test]
fn expressions_share_one_budget() -> Result<()> {
    // Each takes less than half of the steps; all of them together take more than there are.
    let mut elements = String::new();
    for index in 0..4 {
        elements += &literal(&format!("d{index}"), &[], "count(for x in 1..800000 return x)");
    }
    elements += &literal("all", &["d0", "d1", "d2", "d3"], "1");
    let model = model(&definitions(&elements));
    let one = model.evaluate("d0", &NoVariables, &context())?;
    ensure!(one.steps < Limits::STEPS_MAX / 2 && one.steps > Limits::STEPS_MAX / 4, "{} steps", one.steps);
    is_stopped(&model, "all", is_steps)
}

#[test]
fn calls_from_feel_are_charged_to_the_caller() -> Result<()> {
    let body = text("count(for x in 1..100000 return x)");
    let elements = knowledge("k", &["n"], &[], &body) + &calling("a", "k", "for n in 1..1000 return k(n)");
    is_stopped(&model(&definitions(&elements)), "a", is_steps)
}

#[test]
fn memory_of_calls_is_charged_to_the_caller() -> Result<()> {
    let body = text("for x in 1..10000 return \"0123456789012345678901234567890123456789\" + string(x)");
    let elements = knowledge("k", &["n"], &[], &body) + &calling("a", "k", "for n in 1..1000 return k(n)");
    let model = model(&definitions(&elements));
    let mut generous = context();
    generous.limits.steps_max = u64::MAX;
    let Err(Error::Failed(failure)) = model.evaluate("a", &NoVariables, &generous) else {
        anyhow::bail!("it is evaluated");
    };
    ensure!(matches!(&failure.reason, Reason::Stopped(error) if is_memory(error)), "{:?}", failure.reason);
    Ok(())
}

#[test]
fn functions_that_call_each_other_without_end_are_stopped() -> Result<()> {
    let endless = knowledge("k", &["n"], &[], &text("1 + k(n + 1)")) + &calling("a", "k", "k(0)");
    is_stopped(&model(&definitions(&endless)), "a", is_depth)?;
    let boxed = "<context><contextEntry><variable name='x'/><list><invocation><literalExpression><text>k</text></literalExpression>\
                 <binding><parameter name='n'/><literalExpression><text>n</text></literalExpression></binding></invocation></list></contextEntry></context>";
    let endless = knowledge("k", &["n"], &[], boxed) + &calling("a", "k", "k(0)");
    is_stopped(&model(&definitions(&endless)), "a", is_depth)?;
    let handed = literal("f", &[], "function(g, n) g(g, n + 1)") + &literal("a", &["f"], "f(f, 1)");
    is_stopped(&model(&definitions(&handed)), "a", is_depth)
}

#[test]
fn recursion_has_room_for_everyday_use() -> Result<()> {
    let elements = knowledge("factorial", &["n"], &[], &text("if n = 0 then 1 else n * factorial(n - 1)"))
        + &calling("a", "factorial", "factorial(20)");
    let found = model(&definitions(&elements)).evaluate("a", &NoVariables, &context())?;
    assert_eq!(found.output, "2432902008176640000");
    Ok(())
}

#[test]
fn a_chain_of_many_decisions_takes_no_stack() -> Result<()> {
    const LENGTH: usize = 5_000;
    let mut elements = literal("d0", &[], "0");
    for index in 1..=LENGTH {
        let before = format!("d{}", index - 1);
        elements += &literal(&format!("d{index}"), &[&before], &format!("{before} + 1"));
    }
    let found = model(&definitions(&elements)).evaluate(&format!("d{LENGTH}"), &NoVariables, &context())?;
    assert_eq!((found.output.as_str(), found.decisions.len()), ("5000", LENGTH + 1));
    Ok(())
}

#[test]
fn models_with_long_chains_are_given_up_without_stack() -> Result<()> {
    const LENGTH: usize = 20_000;
    // The order of the ids is not that of the requirements.
    let id = |index: usize| format!("d{}", (index * 7_919) % LENGTH);
    let mut elements = literal(&id(0), &[], "0");
    for index in 1..LENGTH {
        elements += &literal(&id(index), &[&id(index - 1)], "1");
    }
    drop(model(&definitions(&elements)));
    let parsed = read(&definitions(&(elements + &literal("broken", &[], "1 +"))), "broken.dmn");
    ensure!(parsed.model.is_none() && parsed.diagnostics.len() == 1, "{:?}", parsed.diagnostics);
    Ok(())
}

#[test]
fn a_chain_of_decisions_cannot_nest_values_without_end() -> Result<()> {
    const LENGTH: usize = 1_000;
    let mut elements = literal("d0", &[], "[]");
    for index in 1..=LENGTH {
        let before = format!("d{}", index - 1);
        elements += &literal(&format!("d{index}"), &[&before], &format!("[{before}]"));
    }
    is_stopped(&model(&definitions(&elements)), &format!("d{LENGTH}"), is_depth)
}

#[test]
fn a_circle_of_many_decisions_is_refused() -> Result<()> {
    const LENGTH: usize = 5_000;
    let elements: String = (0..LENGTH)
        .map(|index| literal(&format!("d{index}"), &[&format!("d{}", (index + 1) % LENGTH)], "1"))
        .collect();
    let parsed = read(&definitions(&elements), "circle.dmn");
    let [found] = &parsed.diagnostics[..] else { anyhow::bail!("{:?}", parsed.diagnostics) };
    assert_eq!(found.rule, "requirement-cycle");
    Ok(())
}

#[test]
fn requirements_that_double_at_every_level_are_evaluated_once_each() -> Result<()> {
    let mut elements = literal("a0", &[], "1") + &literal("b0", &[], "1");
    for index in 1..200 {
        let before = [format!("a{}", index - 1), format!("b{}", index - 1)];
        let before = [before[0].as_str(), before[1].as_str()];
        elements += &literal(&format!("a{index}"), &before, "1");
        elements += &literal(&format!("b{index}"), &before, "1");
    }
    let found = model(&definitions(&elements)).evaluate("a199", &NoVariables, &context())?;
    assert_eq!(found.decisions.len(), 399);
    Ok(())
}

fn table(rules: usize, input: &str, policy: &str) -> String {
    let mut text = format!(
        "<decision id='t' name='t'><decisionTable hitPolicy='{policy}'><input><inputExpression><text>{input}</text></inputExpression></input><output name='o'/>"
    );
    for index in 0..rules {
        let _ = write!(
            text,
            "<rule><inputEntry><text>&gt;= {index}</text></inputEntry><outputEntry><text>{index}</text></outputEntry></rule>"
        );
    }
    definitions(&(text + "</decisionTable></decision>"))
}

#[test]
fn a_huge_table_is_evaluated_in_time_in_proportion() -> Result<()> {
    let model = model(&table(30_000, "29999", "COLLECT"));
    let found = model.evaluate("t", &NoVariables, &context())?;
    let rules = &found.decisions.last().context("a decision")?.matched_rules;
    assert_eq!((rules.len(), rules[29_999].index), (30_000, 30_000));
    ensure!(found.steps < 30_000 * 50, "{} steps", found.steps);
    Ok(())
}

#[test]
fn a_table_whose_rules_all_differ_is_told_by_its_first_two() -> Result<()> {
    assert_eq!(
        reason(&model(&table(20_000, "20000", "UNIQUE")), "t")?,
        Reason::NotUnique { first: 1, second: 2 }
    );
    assert_eq!(
        reason(&model(&table(20_000, "20000", "ANY")), "t")?,
        Reason::Different { first: 1, second: 2 }
    );
    Ok(())
}

#[test]
fn large_inputs_are_charged_each_time_they_are_told() -> Result<()> {
    let inputs = "<input><inputExpression><text>x</text></inputExpression></input>".repeat(200);
    let source = definitions(&format!(
        "<decision id='t' name='t'><decisionTable>{inputs}<output/></decisionTable></decision>"
    ));
    let variables = Variables::of(&format!(r#"{{"x": ["{}"]}}"#, "x".repeat(1 << 20)))?;
    let Err(Error::Failed(failure)) = model(&source).evaluate("t", &variables, &context()) else {
        anyhow::bail!("200 MiB are told");
    };
    ensure!(matches!(&failure.reason, Reason::Stopped(error) if is_memory(error)), "{:?}", failure.reason);
    Ok(())
}

#[test]
fn many_names_do_not_slow_every_expression_down() -> Result<()> {
    // Each name has several words and begins like all the others.
    const COUNT: usize = 10_000;
    let mut elements = String::new();
    for index in 0..COUNT {
        let _ = write!(
            elements,
            "<decision id='d{index}' name='the same words {index}'>{}</decision>",
            text("1 + 1")
        );
    }
    let parsed = read(&definitions(&elements), "names.dmn");
    ensure!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    Ok(())
}

#[test]
fn names_that_begin_with_each_other_are_looked_for_within_a_limit() -> Result<()> {
    let mut elements = String::new();
    for words in 2..120 {
        let name = "a ".repeat(words);
        let _ = write!(elements, "<inputData id='i{words}' name='{name}'/>");
    }
    for index in 0..10 {
        elements += &literal(&format!("d{index}"), &[], &"a ".repeat(120_000));
    }
    let parsed = read(&definitions(&elements), "names.dmn");
    ensure!(parsed.model.is_none(), "it is accepted");
    let is_limit = |found: &fermata_dmn::Diagnostic| {
        found.rule == "resource-limit" && found.message.contains("begin with each other")
    };
    ensure!(parsed.diagnostics.iter().any(is_limit), "{:?}", parsed.diagnostics);
    Ok(())
}

#[test]
fn models_beyond_the_limits_are_refused() -> Result<()> {
    let nested = "<list>".repeat(200) + &"</list>".repeat(200);
    for (source, part) in [
        (" ".repeat(RESOURCE_BYTES_MAX + 1), "bytes"),
        (definitions(&format!("<decision id='a' name='a'>{nested}</decision>")), "nest deeper"),
    ] {
        let parsed = read(&source, "large.dmn");
        let [found] = &parsed.diagnostics[..] else { anyhow::bail!("{part}: {:?}", parsed.diagnostics) };
        ensure!(found.rule == "resource-limit" && found.message.contains(part), "{found}");
    }
    let entries: String = (0..1_001)
        .map(|index| format!("<contextEntry><variable name='e{index}'/>{}</contextEntry>", text("1")))
        .collect();
    let source = definitions(&format!("<decision id='a' name='a'><context>{entries}</context></decision>"));
    let parsed = read(&source, "large.dmn");
    let [found] = &parsed.diagnostics[..] else { anyhow::bail!("{:?}", parsed.diagnostics) };
    assert_eq!(found.rule, "context-size");
    Ok(())
}

#[test]
fn the_deepest_nesting_that_is_accepted_can_be_evaluated_or_is_stopped() -> Result<()> {
    // The elements around the lists take some of the levels.
    const LEVELS: usize = 120;
    let nested = "<list>".repeat(LEVELS) + &"</list>".repeat(LEVELS);
    let model = model(&definitions(&format!("<decision id='a' name='a'>{nested}</decision>")));
    is_stopped(&model, "a", is_depth)
}

#[test]
fn functions_that_capture_each_other_cannot_nest_without_end() -> Result<()> {
    let mut entries = String::new();
    for index in 0..900 {
        let _ = write!(
            entries,
            "<contextEntry><variable name='f{index}'/><functionDefinition>{}</functionDefinition></contextEntry>",
            text("1")
        );
    }
    let source = definitions(&format!("<decision id='a' name='a'><context>{entries}</context></decision>"));
    is_stopped(&model(&source), "a", is_depth)
}

#[test]
fn chains_of_types_are_followed_without_stack() -> Result<()> {
    const LENGTH: usize = 20_000;
    let mut elements = String::new();
    for index in 0..LENGTH {
        let _ = write!(
            elements,
            "<itemDefinition name='t{index}'><typeRef>t{}</typeRef></itemDefinition>",
            index + 1
        );
    }
    let _ = write!(elements, "<itemDefinition name='t{LENGTH}'><typeRef>number</typeRef></itemDefinition>");
    elements += "<decision id='a' name='a'><variable name='a' typeRef='t0'/><literalExpression><text>1</text></literalExpression></decision>";
    is_stopped(&model(&definitions(&elements)), "a", is_depth)
}
