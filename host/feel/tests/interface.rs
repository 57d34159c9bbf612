//! What other crates rely on: free variables, unknown functions, names with spaces, borrowed JSON, the function list.

mod common;

use std::collections::BTreeSet;

use common::{Variables, context, evaluate};
use fermata_feel::{
    EvaluationError, Expression, JsonError, Limits, NoVariables, Signature, Type, Types, UnaryTests, Value,
    Vocabulary, WarningKind, builtin_signatures,
};

#[test]
fn expressions_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Expression>();
    shared::<UnaryTests>();
}

#[test]
fn free_variables_are_named_once() {
    for (text, variables) in [
        ("1 + 2", vec![]),
        ("a + b.c + a", vec!["a", "b"]),
        ("for x in list return x + y", vec!["list", "y"]),
        ("some x in a satisfies x = b", vec!["a", "b"]),
        ("{a: 1, b: a + c}", vec!["c"]),
        ("function(x) x + y", vec!["y"]),
        ("orders[total > limit]", vec!["limit", "orders", "total"]),
        ("orders[item.total > 1]", vec!["orders"]),
        ("count(list)", vec!["list"]),
        ("unknown(a)", vec!["a"]),
        ("`first name`", vec!["first name"]),
    ] {
        let expression = Expression::parse(text).unwrap();
        assert_eq!(expression.variables().collect::<Vec<_>>(), variables, "{text}");
    }
}

#[test]
fn unknown_functions_are_found_at_deployment() {
    let text = "lenght(a) + substring(a) + abs(n: 1) + abs(m: 1) + {f: function(x) x, r: f(1)}.r + string  lenght(b: 1)";
    let expression = Expression::parse(text).unwrap();
    let unknown: Vec<_> =
        expression.unknown_functions().iter().map(|f| (&*f.name, &text[f.span.clone()])).collect();
    let expected = [
        ("lenght", "lenght"),
        ("substring", "substring"),
        ("abs", "abs"),
        ("string lenght", "string  lenght"),
    ];
    assert_eq!(unknown, expected);
}

#[test]
fn answers_of_connectors_are_found_at_deployment() {
    let text = r#"if a then bpmnError("X") else {b: ignoreError(), c: jobError("a", {}, 1, 2, 3)}"#;
    let expression = Expression::parse(text).unwrap();
    let answers: Vec<_> =
        expression.connector_answers().iter().map(|answer| (answer.name, answer.span.start)).collect();
    // The call with too many arguments is none of them: it is unknown.
    assert_eq!(answers, [("bpmnError", 10), ("ignoreError", 34)]);
    assert_eq!(expression.unknown_functions().len(), 1);
}

#[test]
fn patterns_that_cannot_be_compiled_are_found_at_deployment() {
    let text = r#"[matches(a, "(?=x)y"), replace(a, "x+", "y", "q"), split(a, b), extract(a, "(\d+)"), matches(a, "((a{99}){99}){99}"), matches(input: a, pattern: "(")]"#;
    let expression = Expression::parse(text).unwrap();
    let found: Vec<_> =
        expression.invalid_patterns(10).into_iter().map(|found| (found.reason, &text[found.span])).collect();
    let places: Vec<_> = found.iter().map(|(_, place)| *place).collect();
    assert_eq!(places, [r#""(?=x)y""#, r#""x+""#, r#""(""#], "{found:?}");
    assert!(found[0].0.contains("look-around"), "{found:?}");
    assert!(found[1].0.contains("the flag 'q'"), "{found:?}");
    assert_eq!(expression.invalid_patterns(1).len(), 1);
}

#[test]
fn a_variable_that_cannot_be_read_says_why() {
    struct OutOfRange;
    impl fermata_feel::Scope for OutOfRange {
        fn get<'s>(&'s self, _name: &str) -> Option<Value<'s>> {
            None
        }
        fn unreadable(&self, name: &str) -> Option<JsonError> {
            if name == "large" { Value::from_json("1e999999").err() } else { None }
        }
    }
    for (text, message) in [
        ("large + 1", "the variable 'large' cannot be read: 1e999999 is no number, or one out of range"),
        ("small + 1", "there is no variable called 'small'"),
    ] {
        let expression = Expression::parse(text).unwrap();
        let evaluation = expression.evaluate(&OutOfRange, &context()).unwrap();
        assert_eq!(evaluation.warnings[0].message, message);
    }
}

#[test]
fn a_scope_may_hold_functions() {
    let double = Expression::parse("function(x) x * 2").unwrap();
    struct Functions<'f>(Value<'f>);
    impl fermata_feel::Scope for Functions<'_> {
        fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
            (name == "double").then(|| self.0.clone())
        }
    }
    let context = context();
    let functions = Functions(double.evaluate(&NoVariables, &context).unwrap().value);
    let call = Expression::parse("double(21)").unwrap();
    assert_eq!(call.evaluate(&functions, &context).unwrap().value.to_json().unwrap(), "42");
}

#[test]
fn names_may_hold_spaces_where_they_are_known() {
    let names = ["Full Name", "Order-Total", "Applicant data", "in stock", "some input"];
    let variables = Variables::read(
        r#"{"Full Name": "Ada", "Order-Total": 5, "Applicant data": {"in stock": true}, "Order": 1, "some input": 7}"#,
    );
    for (text, json) in [
        ("Full Name", "\"Ada\""),
        ("Full  Name + \"!\"", "\"Ada!\""),
        ("Order-Total + 1", "6"),
        ("Order - 1", "0"),
        ("Applicant data.in stock", "true"),
        ("if some input > 1 then some input else 0", "7"),
        ("some x in [some input] satisfies x = 7", "true"),
        ("if Applicant data.in stock then Full Name else null", "\"Ada\""),
    ] {
        let expression = Expression::parse_with_names(text, &names).unwrap();
        let context = context();
        assert_eq!(
            expression.evaluate(&variables, &context).unwrap().value.to_json().unwrap(),
            json,
            "{text}"
        );
    }
}

#[test]
fn strings_and_structures_borrow_from_the_variables() {
    let json = r#"{"name": "Ada", "tags": ["x"]}"#;
    let variables = Variables::read(&format!(r#"{{"customer": {json}}}"#));
    let context = context();
    let whole = Expression::parse("customer").unwrap();
    // A variable that is passed on keeps its text, space included.
    assert_eq!(whole.evaluate(&variables, &context).unwrap().value.to_json().unwrap(), json);
    let name = Expression::parse("customer.name").unwrap();
    let evaluation = name.evaluate(&variables, &context).unwrap();
    let name = evaluation.value.as_str().unwrap();
    let whole = variables.value("customer").unwrap().to_json().unwrap();
    assert_eq!(name, "Ada");
    assert_ne!(whole.as_ptr(), json.as_ptr());
}

#[test]
fn warnings_have_a_kind_and_a_place() {
    for (text, kind, about) in [
        ("1 + missing", WarningKind::NoVariableFound, "missing"),
        ("1 + {a: 1}.b", WarningKind::NoContextEntryFound, "{a: 1}.b"),
        ("\"x\".length", WarningKind::NoPropertyFound, "\"x\".length"),
        ("[nope(1)]", WarningKind::NoFunctionFound, "nope"),
        ("2 * \"a\"", WarningKind::InvalidType, "2 * \"a\""),
        ("true and 1 < \"a\"", WarningKind::NotComparable, "1 < \"a\""),
        ("[1, abs(\"a\")]", WarningKind::InvalidArgument, "abs(\"a\")"),
        ("1 + 1 / 0", WarningKind::OutOfRange, "1 / 0"),
        ("[1][2]", WarningKind::NoSuchIndex, "[1][2]"),
    ] {
        let expression = Expression::parse(text).unwrap();
        let context = context();
        let evaluation = expression.evaluate(&NoVariables, &context).unwrap();
        let warning = evaluation.warnings.first().unwrap_or_else(|| panic!("{text} warns"));
        assert_eq!((warning.kind, &text[warning.span.clone()]), (kind, about), "{text}");
    }
}

#[test]
fn values_come_from_json_and_say_what_they_are() {
    for (json, type_name) in [
        ("null", "null"),
        (" true ", "boolean"),
        ("-1.50e1", "number"),
        ("\"\\u0041\"", "string"),
        ("[1, 2]", "list"),
        ("{\"a\": 1}", "context"),
    ] {
        assert_eq!(Value::from_json(json).unwrap().type_name(), type_name, "{json}");
    }
    for json in ["", " ", "tru", "nullx", "\"a", "\"a\" 1", "[1", "{", "[", "x", "-", "1 2"] {
        assert!(Value::from_json(json).is_err(), "{json}");
    }
    assert!(matches!(Value::from_json("1e999999"), Err(JsonError::NotANumber { .. })));
    assert_eq!(Value::from_json("\"\\ud800\"").unwrap().as_str(), Some("\\ud800"));
    let function = Expression::parse("function(a) a").unwrap();
    let context = context();
    let value = function.evaluate(&NoVariables, &context).unwrap().value;
    assert!(matches!(value.to_json(), Err(JsonError::NotRepresentable { type_name: "function" })));
}

#[test]
fn malformed_json_reads_as_null_and_never_panics() {
    for json in [
        "[1, 2, }",
        "{\"a\": , \"b\": 2}",
        "{\"a\" 1}",
        "{a}",
        "[\"x]",
        "{\"a\": [1, {\"b\": }]}",
        "[tru]",
        "[1 2]",
    ] {
        let Ok(value) = Value::from_json(json) else { continue };
        let text = value.to_json().unwrap();
        assert_eq!(text, json, "what is passed on is not looked into");
        struct One<'v>(Value<'v>);
        impl fermata_feel::Scope for One<'_> {
            fn get<'s>(&'s self, _name: &str) -> Option<Value<'s>> {
                Some(self.0.clone())
            }
        }
        let scope = One(value);
        for text in [
            "x.a.b",
            "x[1]",
            "x[-1]",
            "x = x",
            "count(x)",
            "string(x)",
            "for i in x return i",
            "get entries(x)",
        ] {
            let expression = Expression::parse(text).unwrap();
            let context = context();
            expression.evaluate(&scope, &context).unwrap();
        }
    }
}

#[test]
fn types_of_a_model_stand_beside_those_of_feel() {
    let mut types = Types::default();
    types.define("tAge", Type::parse("number", &types).unwrap());
    types.define("person", Type::context([("age".to_owned(), types.get("tAge").unwrap().clone())]));
    types.define("list of persons", types.get("person").unwrap().clone().list());
    types.define("number", Type::parse("string", &types).unwrap());
    let vocabulary = Vocabulary { types: &types, ..Vocabulary::default() };
    for (text, json) in [
        ("1 instance of tAge", "true"),
        ("\"1\" instance of tAge", "false"),
        ("1 instance of number", "true"),
        ("{age: 1} instance of person", "true"),
        ("{age: \"1\"} instance of person", "false"),
        ("[{age: 1}, null] instance of list of persons", "true"),
        ("[{age: 1}] instance of list<person>", "true"),
        ("{age: 1} instance of list of persons and true", "false"),
        ("(function(p: person) p.age)([{age: 3}])", "3"),
        ("(function(p: list of persons) count(p))({age: 3})", "1"),
    ] {
        let expression = Expression::parse_with(text, &vocabulary).unwrap();
        let context = context();
        let evaluation = expression.evaluate(&NoVariables, &context).unwrap();
        assert_eq!(evaluation.value.to_json().unwrap(), json, "{text}");
    }
    let error = Expression::parse_with("1 instance of persona", &vocabulary).unwrap_err();
    assert!(error.message.contains("expected the name of a type"), "{error}");
    assert!(Type::parse("list<person", &types).is_err());
    let tests = UnaryTests::parse_with("? instance of person", &vocabulary).unwrap();
    let context = context();
    let value = Value::from_json("{\"age\": 5}").unwrap();
    assert_eq!(tests.evaluate(value, &NoVariables, &context).unwrap().value.as_bool(), Some(true));
}

#[test]
fn values_are_converted_to_types() {
    let context = context();
    for (of, json, converted) in [
        ("number", "1", Some("1")),
        ("number", "null", Some("null")),
        ("number", "[1]", Some("1")),
        ("number", "[1, 2]", None),
        ("number", "\"1\"", None),
        ("list<number>", "1", Some("[1]")),
        ("list<number>", "[1, null]", Some("[1, null]")),
        ("list<number>", "\"a\"", None),
        ("Any", "[1]", Some("[1]")),
        ("context<a: number>", "[{\"a\": 1}]", Some("{\"a\": 1}")),
    ] {
        let of = Type::parse(of, &Types::default()).unwrap();
        let value = Value::from_json(json).unwrap();
        let found = of.convert(value, &context).unwrap().map(|value| value.to_json().unwrap());
        assert_eq!(found.as_deref(), converted, "{json} as {of}");
    }
    // Types of a model may nest without end.
    let mut deep = Type::parse("number", &Types::default()).unwrap();
    for _ in 0..100_000 {
        deep = deep.list();
    }
    assert!(deep.has(&Value::from_json("[]").unwrap(), &context.limits).unwrap());
    let number = Type::parse("number", &Types::default()).unwrap();
    assert!(!number.has(&Value::Null, &context.limits).unwrap());
    let limits = Limits { steps_max: 3, ..context.limits };
    let list = number.list();
    let error = list.has(&Value::from_json("[1, 2, 3, 4]").unwrap(), &limits).unwrap_err();
    assert_eq!(error, EvaluationError::StepsExceeded { steps_max: 3 });
}

#[test]
fn random_numbers_follow_the_seed() {
    let expression = Expression::parse("[random number(), uuid()]").unwrap();
    let with_seed = |seed: u64| {
        let mut context = context();
        context.seed = seed;
        expression.evaluate(&NoVariables, &context).unwrap().value.to_json().unwrap()
    };
    assert_eq!(with_seed(7), with_seed(7));
    assert_ne!(with_seed(7), with_seed(8));
}

#[test]
fn now_is_told_in_the_given_zone() {
    let expression = Expression::parse("[now(), today()]").unwrap();
    let mut context = context();
    context.time_zone = jiff::tz::TimeZone::get("Pacific/Auckland").unwrap();
    let evaluation = expression.evaluate(&NoVariables, &context).unwrap();
    let json = evaluation.value.to_json().unwrap();
    assert_eq!(json, r#"["2026-11-22T22:30:00+13:00[Pacific/Auckland]","2026-11-22"]"#);
}

#[test]
fn assertions_end_the_evaluation() {
    let context = context();
    for (text, message) in [
        ("assert(1, false)", "assertion failed: the condition is not fulfilled"),
        ("[assert(x, x != null, \"x is needed\")]", "assertion failed: x is needed"),
    ] {
        let expression = Expression::parse(text).unwrap();
        assert_eq!(expression.evaluate(&NoVariables, &context).unwrap_err().to_string(), message);
    }
}

/// Camunda 8's functions with their parameters, one signature a line.
const SIGNATURES: &str = include_str!("cases/signatures.txt");

#[test]
fn every_function_of_camunda_is_there_with_its_parameters() {
    let known: BTreeSet<String> = builtin_signatures().map(written).collect();
    let missing: Vec<&str> = SIGNATURES.lines().filter(|line| !known.contains(*line)).collect();
    assert!(missing.is_empty(), "missing: {missing:#?}");
    assert_eq!(SIGNATURES.lines().count(), 136);
}

fn written(signature: Signature) -> String {
    format!("{} ({})", signature.name, signature.parameters.join(", "))
}

/// Every function survives every kind of argument.
#[test]
fn functions_answer_whatever_they_are_given() {
    let arguments = [
        "null",
        "true",
        "-1",
        "0",
        "1.5",
        "1e30",
        "\"\"",
        "\"a b\"",
        "\"2024-02-29\"",
        "[]",
        "[1, null, \"a\"]",
        "[[1], {a: 1}]",
        "{}",
        "{a: {b: 1}}",
        "@\"2024-02-29\"",
        "@\"10:00:00Z\"",
        "@\"2024-02-29T10:00:00@Europe/Berlin\"",
        "@\"P1Y\"",
        "@\"-PT1H\"",
        "[1..5)",
        "(< 3)",
        "function(a, b) a < b",
        "function() 1",
    ];
    let mut calls = 0;
    for signature in builtin_signatures().filter(|signature| signature.name != "assert") {
        let count = signature.parameters.len();
        for first in 0..arguments.len() {
            for second in 0..arguments.len() {
                // The first two vary, the others follow them.
                let values = (0..count).map(|at| match at {
                    0 => arguments[first],
                    1 => arguments[second],
                    _ => arguments[(first + second + at) % arguments.len()],
                });
                let text = format!("[{}({})] != null", signature.name, values.collect::<Vec<_>>().join(", "));
                assert_eq!(evaluate(&text), "true", "{text}");
                calls += 1;
            }
        }
    }
    assert!(calls > 50_000, "{calls} calls");
}
