//! What a component answers.

use super::super::case::{Case, Open, Says};
use super::super::made;
use super::Group;
use crate::support::{beyond_all_bounds, small};

const DONE: Says = Says::Completes("{}");
const PROVEN: Says = Says::Completes("…\"proof\":…");

pub(super) const GROUP: Group = Group {
    title: "Answers",
    about: "An answer that breaks the contract fails its job. What the runtime itself checks is shown with the fault taken away.",
    cases: &[
        Case::new(
            "giant-result",
            "answers with 5 MiB",
            "bytes of a result; 4 MiB is the most that any limit allows",
            r#"{"attack":"giant-result"}"#,
            Says::Fails("result takes 5242… bytes, the limit is 4194304"),
            Open::Test("without_the_limit_of_results_a_giant_one_passes"),
        ),
        Case::new(
            "large-result",
            "answers with more than it was granted",
            "bytes of a result",
            r#"{"attack":"giant-result","amount":100000}"#,
            Says::Fails(
                "result takes 1000… bytes, the limit is 1000: \
                 raise `result_bytes` with `fermata worker grant hostile --limit result_bytes=NUMBER`",
            ),
            Open::Policy("{}", PROVEN),
        )
        .under(r#"{"limits":{"result_bytes":1000}}"#),
        Case::made(
            "result-beyond-all-bounds",
            "answers with 40 MiB",
            "16 MiB pass from guest to host in one call",
            beyond_all_bounds,
            Says::Fails(
                "the component could not be run: too much data is being copied between the host and the guest: …",
            ),
            Open::Test("without_the_limit_of_calls_forty_mebibytes_are_copied"),
        ),
        Case::new(
            "wrong-result",
            "answers with JSON that is no object",
            "the look at results",
            r#"{"attack":"wrong-result"}"#,
            Says::Fails("result is not a JSON object: found a string"),
            Open::Test("without_the_look_at_results_any_text_passes"),
        ),
        Case::new(
            "broken-result",
            "answers with what is no JSON",
            "the look at results",
            r#"{"attack":"broken-result"}"#,
            Says::Fails("result is not valid JSON: …"),
            Open::Test("without_the_look_at_results_any_text_passes"),
        ),
        Case::new(
            "deep-result",
            "answers with JSON 100,000 levels deep",
            "levels of a variable",
            r#"{"attack":"deep-result"}"#,
            Says::Fails("result is not acceptable: variables nest deeper than 100 levels"),
            Open::Input(r#"{"attack":"deep-result","amount":50}"#, Says::Completes("{\"deep\":[[…1…]]}")),
        ),
        Case::new(
            "many-variables",
            "answers with 100,000 variables",
            "variables of a result",
            r#"{"attack":"many-variables"}"#,
            Says::Fails(
                "result is not acceptable: there are 100000 variables, the limit is 10000: put them into one object",
            ),
            Open::Input(r#"{"attack":"many-variables","amount":100}"#, Says::Completes("{\"v0\":0,…}")),
        ),
        Case::new(
            "long-name",
            "answers with a variable whose name takes 1 MiB",
            "bytes of a variable's name",
            r#"{"attack":"long-name"}"#,
            Says::Fails("result is not acceptable: a variable's name takes 1048576 bytes, the limit is 255"),
            Open::Input(r#"{"attack":"long-name","amount":100}"#, Says::Completes("{\"nnn…n\":1}")),
        ),
        Case::new(
            "giant-code",
            "throws a BPMN error whose code takes 1 MiB",
            "255 bytes of a code",
            r#"{"attack":"giant-code"}"#,
            Says::Fails("the code of a BPMN error takes 1048576 bytes, expected 1 to 255"),
            Open::Input(r#"{"attack":"giant-code","amount":255}"#, Says::Throws("CCC…: a code without end")),
        ),
        Case::new(
            "empty-code",
            "throws a BPMN error without a code",
            "255 bytes of a code, and at least one",
            r#"{"attack":"giant-code","amount":0}"#,
            Says::Fails("the code of a BPMN error takes 0 bytes, expected 1 to 255"),
            Open::Input(r#"{"attack":"giant-code","amount":1}"#, Says::Throws("C: a code without end")),
        ),
        Case::new(
            "giant-message",
            "fails with a message of 1 MiB",
            "8 KiB of a message; the rest is cut off",
            r#"{"attack":"giant-message"}"#,
            Says::Fails("mmm…m … (1040384 bytes more)"),
            Open::Input(r#"{"attack":"giant-message","amount":8192}"#, Says::Fails("mmm…mmm")),
        ),
        Case::made(
            "result-that-is-no-text",
            "answers with bytes that are no UTF-8",
            "the runtime reads texts strictly",
            || made::doing("(i32.store8 (i32.const 512) (i32.const 255))"),
            Says::Fails("the component could not be run: invalid utf-8 sequence of 1 bytes from index 0"),
            Open::Guest(|| made::doing("(i32.store8 (i32.const 512) (i32.const 0x7b))"), DONE),
        ),
        Case::made(
            "result-outside-of-memory",
            "answers with an address beyond its memory",
            "the runtime checks addresses",
            || made::answering_at("0x7ffffff0"),
            Says::Fails("the component could not be run: pointer out of bounds of memory"),
            Open::Guest(|| made::answering_at("256"), DONE),
        ),
        Case::made(
            "result-between-addresses",
            "answers with an address where no record can lie",
            "the runtime checks addresses",
            || made::answering_at("257"),
            Says::Fails("the component could not be run: return pointer not aligned"),
            Open::Guest(|| made::answering_at("256"), DONE),
        ),
        Case::made(
            "text-beyond-memory",
            "answers with a text that is longer than its memory",
            "the runtime checks lengths",
            || made::doing("(i32.store (i32.const 276) (i32.const 1000000))"),
            Says::Fails("the component could not be run: string pointer/length out of bounds of memory"),
            Open::Guest(|| made::doing("(i32.store (i32.const 276) (i32.const 2))"), DONE),
        ),
        Case::made(
            "unknown-kind-of-answer",
            "answers with a kind that the contract does not know",
            "the runtime checks kinds",
            || made::doing("(i32.store8 (i32.const 256) (i32.const 7))"),
            Says::Fails("the component could not be run: invalid expected discriminant"),
            Open::Guest(|| made::doing("(i32.store8 (i32.const 256) (i32.const 0))"), DONE),
        ),
        Case::made(
            "memory-given-out-of-bounds",
            "gives the host memory to write the job to that it does not have",
            "the runtime checks addresses",
            || made::in_realloc("(return (i32.const 0x7ffffff0))"),
            Says::Fails("the component could not be run: realloc return: beyond end of memory"),
            Open::Guest(|| made::in_realloc(""), DONE),
        ),
        Case::new(
            "exit",
            "ends the program instead of answering",
            "an exit is a failure",
            r#"{"attack":"exit"}"#,
            Says::Fails("the component exited with code 1 instead of answering"),
            Open::Told,
        ),
        Case::new(
            "panic",
            "panics",
            "a panic is a failure",
            r#"{"attack":"panic"}"#,
            Says::Fails("the component panicked at …: this worker panics on purpose"),
            Open::Told,
        ),
        Case::made(
            "abort",
            "aborts",
            "a trap is a failure",
            || small("", "unreachable"),
            Says::Fails("the component aborted"),
            Open::Told,
        ),
        Case::made(
            "wild-pointer",
            "reads beyond its memory",
            "a trap is a failure",
            || small("", "(drop (i32.load (i32.const -4))) i32.const 256"),
            Says::Fails("the component crashed: out of bounds memory access"),
            Open::Told,
        ),
        Case::made(
            "crash-while-cleaning-up",
            "aborts when its answer was read",
            "a trap is a failure",
            || made::after_its_answer("unreachable"),
            Says::Fails("the component aborted"),
            Open::Told,
        ),
    ],
};
