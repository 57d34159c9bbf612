//! Random text: whatever it is, it is refused with a place in it, or comes to the same value twice within the limits.

mod common;

use std::cell::Cell;

use common::{Variables, context};
use fermata_feel::{EvaluationContext, Expression, Limits, UnaryTests, Value, builtin_signatures};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Random texts for each test; `PROPTEST_CASES` asks for more.
const CASES: u32 = 3_000;

const VARIABLES: &str = r#"{"a": 1, "b": "text", "c": [1, 2.5, null, "x"], "d": {"e": {"f": [true]}, "a": 2},
    "g": [{"a": 1, "e": [1]}, {"a": "z"}], "first name": null, "day": "2024-02-29"}"#;

/// Pieces of which expressions are made, and of which nonsense is.
const PIECES: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "g",
    "item",
    "partial",
    "?",
    "0",
    "1",
    "-1",
    "2.5",
    "1e300",
    ".5",
    "true",
    "false",
    "null",
    "\"x\"",
    "\"\"",
    "\"\\u00e4\"",
    "@\"2024-02-29\"",
    "@\"10:00:00Z\"",
    "@\"P1D\"",
    "@\"-P1Y2M\"",
    "@\"nonsense\"",
    "@\"2024-02-29T10:00:00@Europe/Berlin\"",
    "`first name`",
    "first name",
    "+",
    "-",
    "*",
    "/",
    "**",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "between",
    "instance of",
    "number",
    "list<number>",
    "function<> -> Any",
    "if",
    "then",
    "else",
    "for",
    "some",
    "every",
    "satisfies",
    "return",
    "function",
    "external",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "..",
    "->",
    "//",
    "/*",
    "*/",
    "\"",
    "`",
    "@",
    "ß",
    "\u{1F40E}",
    "\\",
    "#",
    "\n",
];

fn runner() -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { CASES };
    TestRunner::new(Config { cases, max_shrink_iters: 20_000, ..config })
}

fn tight() -> EvaluationContext {
    let limits = Limits { steps_max: 20_000, memory_bytes_max: 1 << 20, ..Limits::default() };
    EvaluationContext { limits, ..context() }
}

/// What became of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Refused,
    Stopped,
    Evaluated,
}

fn try_out(text: &str) -> Result<Outcome, TestCaseError> {
    let (variables, context) = (Variables::read(VARIABLES), tight());
    let names = ["first name"];
    if let Ok(tests) = UnaryTests::parse_with_names(text, &names) {
        let evaluation = tests.evaluate(Value::from("x"), &variables, &context);
        if let Ok(evaluation) = evaluation {
            prop_assert!(matches!(evaluation.value, Value::Boolean(_) | Value::Null));
        }
    }
    let expression = match Expression::parse_with_names(text, &names) {
        Ok(expression) => expression,
        Err(error) => {
            prop_assert!(text.get(error.span.clone()).is_some(), "{error} at {:?}", error.span);
            return Ok(Outcome::Refused);
        }
    };
    let first = expression.evaluate(&variables, &context);
    let second = expression.evaluate(&variables, &context);
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(first), Err(second)) => {
            prop_assert_eq!(first, second);
            return Ok(Outcome::Stopped);
        }
        _ => return Err(TestCaseError::fail("stopped only once")),
    };
    prop_assert_eq!(first.steps, second.steps);
    prop_assert!(first.steps <= context.limits.steps_max);
    prop_assert_eq!(first.value.to_json().ok(), second.value.to_json().ok());
    prop_assert_eq!(first.warnings.len(), second.warnings.len());
    Ok(Outcome::Evaluated)
}

/// Counts the outcomes of a test, so that none of them can be missing.
#[derive(Default)]
struct Counts {
    refused: Cell<u32>,
    stopped: Cell<u32>,
    evaluated: Cell<u32>,
}

impl Counts {
    fn add(&self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Refused => &self.refused,
            Outcome::Stopped => &self.stopped,
            Outcome::Evaluated => &self.evaluated,
        };
        count.set(count.get() + 1);
    }
}

#[test]
fn nonsense_does_no_harm() {
    let pieces = prop::collection::vec((prop::sample::select(PIECES), any::<bool>()), 0..14);
    let counts = Counts::default();
    let result = runner().run(&pieces, |pieces| {
        let text: String =
            pieces.iter().flat_map(|(piece, space)| [*piece, if *space { " " } else { "" }]).collect();
        counts.add(try_out(&text)?);
        Ok(())
    });
    result.unwrap();
    assert!(counts.refused.get() > 1_000 && counts.evaluated.get() > 50);
}

#[test]
fn any_text_does_no_harm() {
    let result = runner().run(&".{0,60}", |text| try_out(&text).map(drop));
    result.unwrap();
}

/// Whoever gets null from values that are none is told why.
#[test]
fn a_null_is_explained() {
    let variables = Variables::read(&VARIABLES.replace("null", "0"));
    let nulls = Cell::new(0);
    let result =
        runner().run(&expression(&["null", "partial", "item", "first name", "`first name`"]), |text| {
            let expression = Expression::parse(&text).unwrap();
            if let Ok(evaluation) = expression.evaluate(&variables, &tight())
                && evaluation.value.is_null()
            {
                nulls.set(nulls.get() + 1);
                prop_assert!(!evaluation.warnings.is_empty(), "null without a reason");
            }
            Ok(())
        });
    result.unwrap();
    assert!(nulls.get() > 300, "only {} nulls", nulls.get());
}

/// Expressions that obey the grammar, nested a few levels, without some operands.
fn expression(without: &[&str]) -> impl Strategy<Value = String> + use<> {
    let operands = PIECES[..28].iter().copied();
    let operands: Vec<&str> = operands.filter(|piece| *piece != "?" && !without.contains(piece)).collect();
    let calls: Vec<(&'static str, usize)> =
        builtin_signatures().map(|signature| (signature.name, signature.parameters.len())).collect();
    let operand = prop::sample::select(operands).prop_map(str::to_owned);
    operand.prop_recursive(5, 40, 4, move |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "**"]);
        let comparison = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
        let connective = prop::sample::select(vec!["and", "or"]);
        let of = prop::sample::select(vec![
            "number",
            "list<string>",
            "context<a: Any>",
            "function",
            "date and time",
        ]);
        let call = prop::sample::select(calls.clone());
        let several = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(x, sign, y)| format!("({x} {sign} {y})")),
            (inner.clone(), comparison, inner.clone()).prop_map(|(x, sign, y)| format!("({x} {sign} {y})")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x} in (< {y}, {y}, [{y}]))")),
            (inner.clone(), connective, inner.clone()).prop_map(|(x, word, y)| format!("({x} {word} {y})")),
            several.clone().prop_map(|items| format!("[{}]", items.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("{{a: {x}, r-s: {y}, \"t u\": r-s}}")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x})[{y}]")),
            inner.clone().prop_map(|x| format!("({x}).a")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(x, y, z)| format!("(if {x} then {y} else {z})")),
            (inner.clone(), inner.clone())
                .prop_map(|(x, y)| format!("(for i in {x} return [i, {y}, partial])")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("(some i in {x}..{y} satisfies i = a)")),
            (inner.clone(), inner.clone())
                .prop_map(|(x, y)| format!("(every i in {x}, j in i satisfies {y})")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("[{x}..{y})")),
            (inner.clone(), of).prop_map(|(x, of)| format!("({x} instance of {of})")),
            (inner.clone(), inner.clone())
                .prop_map(|(x, y)| format!("(function(a: number, b c) {x})(1, {y})")),
            (inner.clone(), inner.clone())
                .prop_map(|(x, y)| format!("{{f: function(n) if n < 1 then {x} else f(n - 1), r: f({y})}}")),
            (call, several).prop_map(|((name, count), values)| {
                let values = values.into_iter().chain(std::iter::repeat("1".to_owned())).take(count);
                format!("{name}({})", values.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

#[test]
fn what_obeys_the_grammar_is_read_and_ends() {
    let counts = Counts::default();
    let result = runner().run(&expression(&[]), |text| {
        let outcome = try_out(&text)?;
        prop_assert!(outcome != Outcome::Refused, "{:?}", Expression::parse(&text).err());
        counts.add(outcome);
        Ok(())
    });
    result.unwrap();
    assert!(counts.stopped.get() > 10 && counts.evaluated.get() > 1_000, "{} stopped", counts.stopped.get());
}
