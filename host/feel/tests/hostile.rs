//! Expressions that try to hang or to fill the memory: each ends with a limit or a harmless value.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{Variables, context};
use fermata_feel::{EvaluationError, Expression, JSON_DEPTH_MAX, JsonError, Limits, check_json};

fn outcome(text: &str, variables: &str) -> Result<String, String> {
    let variables = Variables::read(variables);
    let expression = Expression::parse(text).unwrap();
    match expression.evaluate(&variables, &context()) {
        Ok(evaluation) => Ok(evaluation.value.to_json().map_err(|error| format!("json: {error}"))?),
        Err(EvaluationError::StepsExceeded { .. }) => Err("steps".to_owned()),
        Err(EvaluationError::MemoryExceeded { .. }) => Err("memory".to_owned()),
        Err(EvaluationError::DepthExceeded { .. }) => Err("depth".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn every_attack_meets_its_limit() {
    let mut failures = Vec::new();
    for (text, limit) in [
        // Work without end.
        ("for i in 1..1e9 return i", "memory"),
        ("for i in 1..1e18 return i", "memory"),
        ("count(for i in -9223372036854775807..9223372036854775807 return i)", "memory"),
        ("some i in 1..1e9 satisfies i < 0", "steps"),
        ("every i in 1..1e6, j in 1..1e6 satisfies true", "steps"),
        ("for i in 1..1e6, j in 1..1e6, k in 1..1e6 return 1", "memory"),
        ("for i in 1..1e6 return count(for j in 1..i return j)", "steps"),
        ("for i in 1..1e6 return count(partial)", "memory"),
        ("{l: for i in 1..3000 return [i], r: distinct values(l)}", "steps"),
        ("{l: for i in 1..100000 return i, r: sort(l, function(a, b) count(l) > 0)}", "steps"),
        (
            "some i in 1..1e6 satisfies matches(\"a\", \"\\w{\" + string(modulo(i, 40) + 1) + \"}\") and false",
            "steps",
        ),
        ("for i in 1..1e6 return 10 ** 999999", "steps"),
        ("for i in 1..1e6 return to json(uuid())", "memory"),
        // Calls without end.
        ("{f: function(f, n) f(f, n + 1), r: f(f, 0)}", "depth"),
        ("{f: function(f) for i in 1..2 return f(f), r: f(f)}", "depth"),
        ("{f: function(f, a) f(f, [a]), r: f(f, [])}", "depth"),
        ("{f: function(n) f(n + 1), r: f(0)}", "depth"),
        ("{f: function(n) if n = 0 then 0 else f(n - 1) + f(n - 1), r: f(60)}", "steps"),
        ("{f: function(n: list<Any>) f([n]), r: f([])}", "depth"),
        ("for d in @\"-9999-01-01\"..@\"9999-12-31\" return d", "memory"),
        ("some d in @\"-9999-01-01\"..@\"9999-12-31\" satisfies d < d", "steps"),
        (
            "{l: for i in 1..100000 return i, r: some i in l satisfies not(l instance of list<number>)}",
            "steps",
        ),
        (
            "{f: function(l: list<number>) count(l) < 0, l: for i in 1..100000 return i, r: some i in l satisfies f(l)}",
            "steps",
        ),
        // Values that grow without end.
        ("for i in 1..300 return [if count(partial) = 0 then [] else partial[-1]]", "depth"),
        ("(for i in 1..40 return if i = 1 then \"xxxxxxxxxx\" else partial[-1] + partial[-1])[-1]", "memory"),
        (
            "(for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1]))[-1]",
            "memory",
        ),
        (
            "(for i in 1..40 return if i = 1 then \"x\" else replace(partial[-1], \"x\", \"xxxxxxxxxxxxxxxx\"))[-1]",
            "steps",
        ),
        (
            "string join(for i in 1..100000 return \"\", string join(for i in 1..1000 return \"xx\"))",
            "memory",
        ),
        ("{a: string join(for i in 1..5000 return \"x\"), r: replace(a, \"x\", a)}", "json: longer"),
        // Small values with a large text: each level holds the one below twice.
        ("(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1]", "json: longer"),
        ("string((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1])", "steps"),
        ("flatten((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1])", "steps"),
        (
            "{a: (for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1], r: a = a}",
            "steps",
        ),
        ("(for i in 1..200 return [if count(partial) = 0 then [] else partial[-1]])[-1]", "json: nested"),
        ("(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1].a", "memory"),
    ] {
        let error = outcome(text, "{}").expect_err(text);
        if !error.starts_with(limit) {
            failures.push(format!("{text}: {error} instead of {limit}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn numbers_do_not_explode() {
    for (text, json) in [
        ("10 ** 100000", "null"),
        ("10 ** 10 ** 10 ** 10 ** 10", "null"),
        ("9.99 ** 1e30", "null"),
        ("0.1 ** 100000", "0"),
        ("2 ** -1e18", "0"),
        ("1e6144 * 10", "null"),
        ("1e-6176 / 1e10", "0"),
        ("modulo(1e6144, 7)", "1"),
        ("decimal(1, 999999999999)", "null"),
        ("[1, 2][1e30]", "null"),
        ("[1, 2][-1e30]", "null"),
        ("sublist([1], 1, 1e15)", "[1]"),
        ("substring(\"a\", 1, 1e15)", "\"a\""),
        ("substring(\"a\", 9007199254740993)", "\"\""),
        ("partition([1], 1e15)", "[[1]]"),
        ("duration(\"P1D\") * 1e30", "null"),
        ("duration(\"P999999999Y\") + date(\"2024-01-01\")", "null"),
        ("date and time(\"9999-12-31T23:59:59Z\") + duration(\"PT1S\")", "null"),
        ("-duration(\"-P106751991167300DT15H30M7S\")", "\"P106751991167300DT15H30M7S\""),
        ("matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a+)+$\")", "false"),
        ("matches(\"a\", \"((a{1000}){1000}){1000}\")", "null"),
        ("sort([3, 1, 2, 5, 4], function(a, b) random number() > 0.5) != null", "true"),
    ] {
        assert_eq!(outcome(text, "{}").unwrap(), json, "{text}");
    }
}

#[test]
fn the_work_of_reading_large_variables_counts() {
    let big = format!("{{\"x\": {{\"a\": \"{}\", \"b\": 1}}}}", "y".repeat(1_000_000));
    assert_eq!(outcome("x.b + x.b", &big).unwrap(), "2");
    assert_eq!(outcome("count(for i in 1..1e6 return x.b)", &big).unwrap_err(), "steps");
    let list = format!("{{\"x\": [{}0]}}", "0, ".repeat(300_000));
    assert_eq!(outcome("count(x)", &list).unwrap(), "300001");
    assert_eq!(outcome("some i in 1..1e6 satisfies x[-1] = 1", &list).unwrap_err(), "steps");
    assert_eq!(outcome("some i in 1..1e6 satisfies {} = x", &big).unwrap_err(), "steps");
}

/// A name may be as long as an expression, and is read each time that it is looked up.
#[test]
fn the_work_of_reading_long_names_counts() {
    let name = "n".repeat(100_000);
    let keys: Vec<String> = (0..20).map(|number| format!("{}{number}: 1", "k".repeat(10_000))).collect();
    for body in [
        name.clone(),
        format!("{{{name}: 1}}.{name}"),
        format!("{name}(1)"),
        format!("{{f: function({name}) 1, r: f({name}: 1)}}"),
        format!("{{{}}}", keys.join(", ")),
    ] {
        let attack = format!("some i in 1..1e6 satisfies {body} = 2");
        assert_eq!(outcome(&attack, "{}").unwrap_err(), "steps");
        let steps = |text: &str| {
            let expression = Expression::parse(text).unwrap();
            expression.evaluate(&Variables::read("{}"), &context()).unwrap().steps
        };
        let at_least = 100_000 / Limits::TEXT_BYTES_PER_STEP as u64;
        assert!(steps(&body) >= at_least, "{} steps for {} bytes", steps(&body), body.len());
    }
}

/// The only item of a list is gone through like a value that stands alone.
#[test]
fn the_work_of_the_only_item_counts() {
    let variables = format!("{{\"x\": [\"{}\"]}}", "y".repeat(1_000_000));
    for text in [
        "matches(x, \"z\")",
        "contains(x, \"z\")",
        "string length(x) = 0",
        "abs(x) = 0",
        "day of year(x) = 0",
        "(function(a: string) a)(x) = \"\"",
    ] {
        let attack = format!("some i in 1..1e6 satisfies {text}");
        assert_eq!(outcome(&attack, &variables).unwrap_err(), "steps", "{text}");
    }
}

/// Every name of the expression is another large string, so that nothing is gained by remembering the last one.
#[test]
fn the_work_of_reading_large_strings_counts() {
    const BYTES: usize = 1_000_000;
    for character in ["y", "\\n"] {
        let names: Vec<String> = (0..10).map(|number| format!("x{number}")).collect();
        let text = character.repeat(BYTES / character.len());
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\": \"{text}\"")).collect();
        let variables = format!("{{{}}}", members.join(", "));
        let read_all = format!("count([{}])", names.join(", "));
        assert_eq!(outcome(&read_all, &variables).unwrap(), "10");
        // Once decoded, a variable is not gone through again.
        let read_again = format!("count(for i in 1..50000 return [{}])", names.join(", "));
        assert_eq!(outcome(&read_again, &variables).unwrap(), "50000");
        let steps = |text: &str| {
            let variables = Variables::read(&variables);
            Expression::parse(text).unwrap().evaluate(&variables, &context()).unwrap().steps
        };
        assert!(
            steps("x1 = null") >= (BYTES / 2 / Limits::JSON_BYTES_PER_STEP) as u64,
            "reading is for nothing"
        );
    }
}

#[test]
fn the_work_of_looking_through_items_counts() {
    let item = format!("{{\"a\": \"{}\", \"b\": 1}}", "y".repeat(1_000_000));
    let variables = format!("{{\"x\": [{item}], \"n\": 0}}");
    assert_eq!(outcome("count(x[b = 1])", &variables).unwrap(), "1");
    // Each name in the filter, also one that the item does not have, goes through all of it.
    assert_eq!(
        outcome("some i in 1..1e6 satisfies count(x[some j in 1..1000 satisfies n = j]) = 1", &variables)
            .unwrap_err(),
        "steps"
    );
    let steps = |text: &str| {
        let variables = Variables::read(&variables);
        Expression::parse(text).unwrap().evaluate(&variables, &context()).unwrap().steps
    };
    let once = 1_000_000 / Limits::JSON_BYTES_PER_STEP as u64;
    assert!(steps("x[n = 1]") >= 2 * once, "the list and then the item: {} steps", steps("x[n = 1]"));
}

#[test]
fn the_work_of_writing_json_in_vain_counts() {
    let variables = format!("{{\"x\": \"{}\"}}", "y".repeat(1_000_000));
    // 20 MB are too much for one JSON text.
    let attack = "{many: for i in 1..20 return x, r: some i in 1..1e6 satisfies to json(many) != null}";
    assert_eq!(outcome(attack, &variables).unwrap_err(), "steps");
}

#[test]
fn the_work_of_going_into_nested_lists_counts() {
    let depth = JSON_DEPTH_MAX - 2;
    let text = "y".repeat(1_000_000);
    let variables = format!("{{\"x\": {}\"{text}\"{}}}", "[".repeat(depth), "]".repeat(depth));
    for text in ["flatten(x)", "string(x)"] {
        let variables = Variables::read(&variables);
        let expression = Expression::parse(text).unwrap();
        let steps = expression.evaluate(&variables, &context()).unwrap().steps;
        // Finding the end of the list below is done once on every level.
        let at_least = depth * 1_000_000 / Limits::JSON_BYTES_PER_STEP;
        assert!(steps >= at_least as u64, "{text}: {steps} steps, at least {at_least} expected");
    }
}

#[test]
fn a_long_pattern_is_refused_before_it_takes_memory() {
    let variables = format!("{{\"pattern\": \"{}\"}}", "\\\\w".repeat(500_000));
    assert_eq!(outcome("matches(\"a\", pattern)", &variables).unwrap(), "null");
}

#[test]
fn tighter_limits_hold() {
    let expression =
        Expression::parse("{a: missing, b: [missing, missing], c: for i in 1..100 return missing}").unwrap();
    let variables = Variables::read("{}");
    let mut context = context();
    context.limits = Limits { warnings_max: 3, ..Limits::default() };
    assert_eq!(expression.evaluate(&variables, &context).unwrap().warnings.len(), 3);
    context.limits = Limits { steps_max: 50, ..Limits::default() };
    let error = expression.evaluate(&variables, &context).unwrap_err();
    assert_eq!(error, EvaluationError::StepsExceeded { steps_max: 50 });
    context.limits = Limits { memory_bytes_max: 100, ..Limits::default() };
    let error = expression.evaluate(&variables, &context).unwrap_err();
    assert_eq!(error, EvaluationError::MemoryExceeded { memory_bytes_max: 100 });
    context.limits = Limits { depth_max: 1, ..Limits::default() };
    let error = expression.evaluate(&variables, &context).unwrap_err();
    assert_eq!(error, EvaluationError::DepthExceeded { depth_max: 1 });
}

/// Recursion to the limit fits the stack of an ordinary thread, and that of WebAssembly.
#[test]
fn the_deepest_evaluation_needs_less_than_a_mebibyte_of_stack() {
    let attack = || {
        let nested = format!("{}1{}", "(-".repeat(48), ")".repeat(48));
        for text in [
            nested.as_str(),
            "{f: function(f) if [{a: f(f)}][a > 1] = 1 then 1 else 2, r: f(f)}",
            "{f: function(f) some x in [1], y in f(f) satisfies true, r: f(f)}",
            "{f: function(f) sort([1, 2], function(a, b) f(f) = 1), r: f(f)}",
            "{f: function(f) f(f) in (1, f(f)), r: f(f)}",
            "{f: function(n: number) if [{a: f(n + 1)}][a > 1] = 1 then 1 else 2, r: f(1)}",
            "{f: function(n: list<Any>) every d in @\"2024-01-01\"..f([n]) satisfies true, r: f(1)}",
        ] {
            let result = outcome(text, "{}");
            assert!(result == Ok("1".to_owned()) || result == Err("depth".to_owned()), "{text}: {result:?}");
        }
    };
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(attack).unwrap().join().unwrap();
}

/// Each function holds all those before it, in several ways.
#[test]
fn functions_that_see_each_other_take_time_in_proportion() {
    let functions = |count: usize| {
        let entries: Vec<_> = (0..count).map(|at| format!("f{at}: function(x) function(y) x + y")).collect();
        format!("{{{}, r: f0(1)(2)}}.r", entries.join(", "))
    };
    assert_eq!(outcome(&functions(200), "{}"), Ok("3".to_owned()));
    assert_eq!(outcome(&functions(1_000), "{}"), Err("depth".to_owned()));
}

#[test]
fn json_is_checked_when_it_arrives() {
    for text in ["1", "\"a\"", " [1, {\"a\": null}] ", "{}", "1e5", "\"\\ud83d\\udc0e\""] {
        check_json(text).unwrap();
    }
    for text in ["", "nul", "[1,]", "{a: 1}", "1 2", "\"", "{\"a\": 1", "[1}", "'a'", "NaN", "01"] {
        assert!(matches!(check_json(text), Err(JsonError::Syntax(_))), "{text}");
    }
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    check_json(&deep(JSON_DEPTH_MAX)).unwrap();
    assert!(matches!(check_json(&deep(JSON_DEPTH_MAX + 1)), Err(JsonError::TooDeep)));
    assert!(matches!(check_json(&deep(1_000_000)), Err(JsonError::TooDeep)));
}
