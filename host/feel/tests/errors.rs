//! What is no FEEL: where the error is, and what it says.

use fermata_feel::{EXPRESSION_BYTES_MAX, Expression, NESTING_MAX, UnaryTests};

/// Text, the part of it that the error is about (or `$` for its end), and a part of the message.
const ERRORS: &[(&str, &str, &str)] = &[
    ("", "$", "found the end of the expression, expected a value"),
    ("   ", "$", "expected a value"),
    ("1 +", "$", "found the end of the expression, expected a value"),
    ("1 + + 2", "+ 2", "found `+`, expected a value"),
    ("a b", "b", "found `b`, expected an operator or the end"),
    ("1 2", "2", "found `2`, expected an operator or the end"),
    ("(1 + 2", "$", "expected `)`"),
    ("1)", ")", "found `)`, expected an operator or the end"),
    ("[1, 2", "$", "expected `,` or `]` in the list"),
    ("[1, ]", "]", "found `]`"),
    ("{a: 1", "$", "expected `,` or `}` in the context"),
    ("{a 1}", "1", "expected `:` after the entry's name"),
    ("{a // b: 1}", "$", "expected `:` after the entry's name"),
    ("{: 2}", ":", "expected the name of an entry"),
    ("{[1]: 2}", "[", "expected the name of an entry"),
    ("{a: }", "}", "expected a value"),
    ("\"abc", "\"abc", "the string is not closed"),
    ("`abc", "`abc", "the name is not closed"),
    ("``", "``", "an empty name"),
    ("1 /* 2", "/*", "the comment is not closed"),
    ("a == 1", "==", "FEEL compares with a single `=`"),
    ("a && b", "&&", "FEEL writes `and`"),
    ("a || b", "||", "FEEL writes `or`"),
    ("!a", "!", "FEEL writes `not(…)`"),
    ("'a'", "'", "FEEL writes strings in double quotes"),
    ("a # b", "#", "found `#`, which means nothing in FEEL"),
    ("a → b", "→", "found `→`, which means nothing in FEEL"),
    ("if a then b", "$", "expected `else`"),
    ("if a b else c", "b", "found `b`, expected `then`"),
    ("if then 1 else 2", "then", "found the keyword `then`, expected a value"),
    ("for x in [1]", "$", "expected `return`"),
    ("for x [1] return x", "[", "expected `in`"),
    ("for 1 in [1] return 1", "1", "expected the name of the loop's variable"),
    ("some x in [1] return x", "return", "expected `satisfies`"),
    ("every in [1] satisfies true", "in", "found the keyword `in`"),
    ("function(a [b]) a", "[", "expected `,` or `)` after the parameter"),
    ("function(a and b) a", "and", "expected `,` or `)` after the parameter"),
    ("function(a) external {}", "external", "external functions are not supported"),
    ("1 between 2", "$", "expected `and`"),
    ("1 < 2 < 3", "< 3", "comparisons cannot be chained"),
    ("a = b = c", "= c", "comparisons cannot be chained"),
    ("1 in", "$", "expected a value"),
    ("1 in (1, 2", "$", "expected `,` or `)` after the test"),
    ("[1..2", "$", "expected `]`, `)` or `[` at the end of the range"),
    ("[1..2}", "}", "expected `]`, `)` or `[` at the end of the range"),
    ("]1, 2]", ",", "expected `..` in the range"),
    ("(= 5", "$", "expected `)` after the range"),
    ("1 instance number", "number", "expected `of`"),
    ("1 instance of integer", "integer", "expected the name of a type"),
    ("1 instance of list<number", "$", "expected `>` after the type"),
    ("a.", "$", "expected the name of an entry"),
    ("a.1", ".1", "expected an operator or the end"),
    ("a[", "$", "expected a value"),
    ("a[1", "$", "expected `]` after the filter"),
    ("f(1", "$", "expected `,` or `)` after the argument"),
    ("f(a: 1, 2)", "2", "expected the name of a parameter and `:`"),
    ("f(1,)", ")", "expected a value"),
    ("@1", "1", "expected a date, time or duration in quotes after `@`"),
    ("?", "?", "means nothing here"),
    ("then", "then", "write `then` in backticks if it is a name"),
    ("x + and", "and", "found the keyword `and`"),
    ("1e7000", "1e7000", "out of range"),
    ("größe + ß +", "$", "expected a value"),
    ("größe ß", "ß", "found `ß`"),
];

#[test]
fn errors_say_where_and_why() {
    for (text, about, message) in ERRORS {
        let error = Expression::parse(text).expect_err(text);
        let start = if *about == "$" { text.len() } else { error.span.start };
        let found = &text[error.span.clone()];
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.span.start, start, "{text}: {error} at {:?}", error.span);
        assert!(
            about.starts_with(found) || (*about == "$" && found.is_empty()),
            "{text}: {error} at `{found}`"
        );
    }
}

#[test]
fn errors_in_unary_tests_say_where_and_why() {
    for (text, span, message) in [
        ("", 0..0, "expected a value"),
        ("1,", 2..2, "expected a value"),
        ("- 1 -", 5..5, "expected a value"),
        ("not(1", 5..5, "expected `,` or `)`"),
        ("> 5 < 3", 4..5, "expected an operator or the end"),
        ("1, 2)", 4..5, "expected an operator or the end"),
        ("-, 1", 1..2, "expected a value"),
    ] {
        let error = UnaryTests::parse(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.span, span, "{text}: {error}");
    }
}

#[test]
fn nesting_and_length_are_limited() {
    let at_limit = format!("{}1{}", "(".repeat(NESTING_MAX - 1), ")".repeat(NESTING_MAX - 1));
    Expression::parse(&at_limit).unwrap();
    let long = " ".repeat(EXPRESSION_BYTES_MAX) + "1";
    for (text, message) in [
        (format!("({at_limit})"), "nested deeper"),
        ("(".repeat(100_000), "nested deeper"),
        ("[".repeat(100_000), "nested deeper"),
        ("{a:".repeat(50_000), "nested deeper"),
        ("-".repeat(100_000), "nested deeper"),
        ("]1..".repeat(50_000), "nested deeper"),
        ("(<".repeat(100_000), "nested deeper"),
        ("{f: function(a: list<number>) ".repeat(5_000), "nested deeper"),
        ("function(a: list<".to_owned() + &"list<".repeat(40_000), "nested deeper"),
        ("if ".repeat(50_000), "nested deeper"),
        ("for x in ".repeat(20_000), "nested deeper"),
        ("function() ".repeat(20_000), "nested deeper"),
        ("not(".repeat(50_000), "nested deeper"),
        ("a in (".repeat(40_000), "nested deeper"),
        ("1 instance of ".to_owned() + &"list<".repeat(40_000), "nested deeper"),
        ("a[b".repeat(50_000), "nested deeper"),
        ("a".to_owned() + &".a".repeat(100_000), "paths, filters and calls"),
        ("a".to_owned() + &"[1]".repeat(80_000), "paths, filters and calls"),
        ("f".to_owned() + &"()".repeat(100_000), "paths, filters and calls"),
        (nested_chains(), "nested deeper"),
        (many_names(), "more than 1024 names"),
        (long, "keep data in variables"),
    ] {
        let error = Expression::parse(&text).expect_err(message);
        assert!(error.message.contains(message), "{error}");
    }
}

/// Whatever is repeated, the parser does not go down without end: it has the stack of an ordinary thread.
#[test]
fn no_beginning_nests_without_limit() {
    const PIECES: [&str; 34] = [
        "(",
        "[",
        "]",
        "{",
        "{a:",
        "-",
        "<",
        "=",
        "!=",
        "1",
        "a",
        "a.",
        "a(",
        "a(b:",
        "not(",
        "\"x\"",
        "@\"P1D\"",
        "..",
        ",",
        "+",
        "**",
        "in ",
        "between ",
        "instance of list<",
        "function(",
        "function() ",
        "if ",
        "then ",
        "else ",
        "for x in ",
        "return ",
        "some x in ",
        "satisfies ",
        "and ",
    ];
    let try_all = || {
        let mut texts = 0;
        for first in PIECES {
            for second in PIECES {
                for third in ["", "(", "a", " in ", "<", ")", "1", "{a:"] {
                    let beginning = format!("{first}{second}{third}");
                    let text = beginning.repeat(20_000 / beginning.len());
                    let _ = Expression::parse(&text);
                    let _ = UnaryTests::parse(&text);
                    texts += 1;
                }
            }
        }
        texts
    };
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(try_all).unwrap();
    assert!(thread.join().unwrap() > 9_000);
}

/// Text of the largest size that would take hours if each word looked further than its own neighbourhood.
#[test]
fn parsing_takes_time_in_proportion_to_the_text() {
    let sum = "a+".repeat(EXPRESSION_BYTES_MAX / 2 - 1) + "a";
    Expression::parse(&sum).unwrap();
    // Names of several words, each in a context of its own: all of them stay known.
    let mut contexts = String::from("[");
    for number in 0.. {
        let context = format!("{{a b{number}: a}},");
        if contexts.len() + context.len() > EXPRESSION_BYTES_MAX - 2 {
            break;
        }
        contexts.push_str(&context);
    }
    Expression::parse(&(contexts + "1]")).unwrap();
}

/// Chains that are short and brackets that are few, but together a deep tree.
fn nested_chains() -> String {
    let mut text = "a".to_owned();
    for _ in 0..20 {
        text = format!("({text}{})", ".a".repeat(50));
    }
    text
}

fn many_names() -> String {
    let entries: Vec<String> = (0..2_000).map(|number| format!("n{number}: {number}")).collect();
    format!("{{{}}}", entries.join(", "))
}

#[test]
fn long_expressions_without_nesting_are_fine() {
    for text in [
        "1 + ".repeat(20_000) + "1",
        "true and ".repeat(10_000) + "true",
        "if false then 1 else ".repeat(5_000) + "2",
        format!("[{}1]", "1, ".repeat(20_000)),
        format!("x in ({}1)", "1, ".repeat(20_000)),
    ] {
        Expression::parse(&text).unwrap();
    }
}
