//! Runs the tables in `tests/cases`: expressions with the JSON that they come to.
//!
//! A line is `EXPRESSION ==> JSON`, then optionally `<== VARIABLES` (a JSON object) and `!! TEXT`, where TEXT is part of
//! the first warning. Without `!!` there must be no warning, except in tables whose first line is `# warnings ignored`.
//! Lines that begin with `#` are comments.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::fs;
use std::path::Path;

use common::{Variables, context};
use fermata_feel::{Expression, UnaryTests};

#[test]
fn expressions_come_to_the_expected_json() {
    run("expressions", 400, |case| {
        let variables = Variables::read(case.variables);
        let expression =
            Expression::parse(case.text).map_err(|error| format!("{error} at {:?}", error.span))?;
        let context = context();
        let evaluation = expression.evaluate(&variables, &context).map_err(|error| error.to_string())?;
        let json = evaluation.value.to_json().map_err(|error| error.to_string())?;
        let warning = evaluation.warnings.first().map(|warning| warning.message.clone());
        Ok((json, warning))
    });
}

#[test]
fn unary_tests_come_to_the_expected_answer() {
    run("unary_tests", 40, |case| {
        let variables = Variables::read(case.variables);
        let tests = UnaryTests::parse(case.text).map_err(|error| format!("{error} at {:?}", error.span))?;
        let context = context();
        let input = variables.value("input").ok_or("a case of unary tests needs the variable 'input'")?;
        let evaluation = tests.evaluate(input, &variables, &context).map_err(|error| error.to_string())?;
        let json = evaluation.value.to_json().map_err(|error| error.to_string())?;
        let warning = evaluation.warnings.first().map(|warning| warning.message.clone());
        Ok((json, warning))
    });
}

struct Case<'t> {
    text: &'t str,
    expected: &'t str,
    variables: &'t str,
    warning: Option<&'t str>,
}

/// Runs every case of the tables in a folder, which must hold at least `count_min`.
fn run(
    folder: &str,
    count_min: usize,
    evaluate: impl Fn(&Case<'_>) -> Result<(String, Option<String>), String>,
) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut count = 0;
    let mut failures = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let table = fs::read_to_string(&path).unwrap();
        let ignores_warnings = table.starts_with("# warnings ignored");
        for (number, line) in table.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            count += 1;
            let case = Case::read(line);
            let failure = match evaluate(&case) {
                Err(error) => Some(error),
                Ok((json, _)) if json != case.expected => Some(format!("came to {json}")),
                Ok((_, warning)) => match (&warning, case.warning) {
                    (None, None) => None,
                    (Some(found), Some(expected)) if found.contains(expected) => None,
                    (Some(_), None) if ignores_warnings => None,
                    _ => Some(format!("warned {warning:?}")),
                },
            };
            if let Some(failure) = failure {
                failures.push(format!("{}:{}: {line}\n    {failure}", path.display(), number + 1));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases failed:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= count_min, "only {count} cases were found");
}

impl<'t> Case<'t> {
    fn read(line: &'t str) -> Case<'t> {
        let (text, rest) = line.split_once(" ==> ").expect("a case has an arrow");
        let (rest, warning) = match rest.split_once(" !! ") {
            Some((rest, warning)) => (rest, Some(warning.trim())),
            None => (rest, None),
        };
        let (expected, variables) = rest.split_once(" <== ").unwrap_or((rest, "{}"));
        Case { text: text.trim(), expected: expected.trim(), variables: variables.trim(), warning }
    }
}
