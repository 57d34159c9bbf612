//! Broken variants of every expression in the tables: each is refused or evaluated, and nothing panics.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::fs;
use std::path::Path;

use common::{Variables, context};
use fermata_feel::{Expression, Limits, UnaryTests, Value};

/// Text that is put in place of a character, or before it.
const INSERTED: [&str; 12] = ["", "(", ")", "[", "]", "\"", "..", " ", "ß", ".", "not", "\\"];

#[test]
fn mutants_of_all_cases_do_no_harm() {
    let (mut parsed, mut refused, mut stopped) = (0, 0, 0);
    for (case, text) in cases().iter().enumerate() {
        let positions: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for (index, at) in positions.iter().enumerate() {
            let end = positions.get(index + 1).copied().unwrap_or(text.len());
            // Not every mutation at every place, but all of them at some places.
            let inserted = INSERTED[(case + index) % INSERTED.len()];
            for mutant in [
                text[..*at].to_owned(),
                text[*at..].to_owned(),
                format!("{}{inserted}{}", &text[..*at], &text[end..]),
                format!("{}{inserted}{}", &text[..*at], &text[*at..]),
            ] {
                match try_out(&mutant) {
                    Outcome::Evaluated => parsed += 1,
                    Outcome::Refused => refused += 1,
                    Outcome::Stopped => stopped += 1,
                }
            }
        }
    }
    assert!(parsed > 10_000 && refused > 10_000, "{parsed} evaluated, {refused} refused, {stopped} stopped");
}

enum Outcome {
    Evaluated,
    Refused,
    Stopped,
}

fn try_out(text: &str) -> Outcome {
    let variables =
        Variables::read(r#"{"x": {"a": [1, {"b": "c"}]}, "list": [3, 1, 2], "orders": [{"total": 5}]}"#);
    let mut context = context();
    context.limits = Limits { steps_max: 100_000, ..Limits::default() };
    if let Ok(tests) = UnaryTests::parse(text) {
        let _ = tests.evaluate(Value::from(true), &variables, &context);
    }
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "{text}: {error} at {:?}", error.span);
            return Outcome::Refused;
        }
    };
    match expression.evaluate(&variables, &context) {
        Err(_) => Outcome::Stopped,
        Ok(evaluation) => {
            for warning in &evaluation.warnings {
                assert!(text.get(warning.span.clone()).is_some(), "{text}: {warning} at {:?}", warning.span);
            }
            let _ = evaluation.value.to_json();
            Outcome::Evaluated
        }
    }
}

fn cases() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = Vec::new();
    for folder in ["expressions", "unary_tests"].map(|name| folder.join(name)) {
        for entry in fs::read_dir(folder).unwrap() {
            let table = fs::read_to_string(entry.unwrap().path()).unwrap();
            let lines = table.lines().filter(|line| !line.starts_with('#'));
            cases.extend(lines.filter_map(|line| Some(line.split_once(" ==> ")?.0.trim().to_owned())));
        }
    }
    cases
}
