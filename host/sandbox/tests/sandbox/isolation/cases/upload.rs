//! What is uploaded as a component.

use super::super::case::{Case, Open, Says};
use super::super::made;
use super::Group;
use crate::support::{built, core_module, other_world};

const DONE: Says = Says::Completes("{}");
/// Accepted but for the handler that these have not.
const OTHER_WORLD: Says = Says::Refused("the component is written for another world: …");

/// A component is refused when it is uploaded, not when its first job comes.
pub(super) const GROUP: Group = Group {
    title: "Components",
    about: "What is wrong with a component is said when it is uploaded.",
    cases: &[
        Case::made(
            "nothing",
            "is empty",
            "the look at the format",
            Vec::new,
            Says::Refused(
                "not a WebAssembly component: the file does not begin with the WebAssembly magic number",
            ),
            Open::Told,
        ),
        Case::made(
            "core-module",
            "is a core module",
            "the look at the format",
            || core_module("", "i32.const 256"),
            Says::Refused("a core WebAssembly module, not a component: …"),
            Open::Test("without_the_look_at_the_format_a_core_module_runs"),
        ),
        Case::made(
            "other-world",
            "is made for another host",
            "the look at exports",
            other_world,
            Says::Refused(
                "the component is written for another world: …, found `acme-co:report/printer@1.0.0`",
            ),
            Open::Test("without_the_look_at_exports_a_component_of_another_world_runs"),
        ),
        Case::made(
            "cut-off",
            "ends in the middle",
            "components are validated",
            || {
                let mut bytes = built("echo");
                bytes.truncate(bytes.len() / 2);
                bytes
            },
            Says::Refused("not a valid WebAssembly component: …"),
            Open::Guest(|| built("echo"), Says::Completes("…")),
        ),
        Case::elsewhere(
            "noise",
            "is 50 MiB of noise, disguised as a component",
            "components are validated",
            "fifty_megabytes_of_noise_are_no_component",
            "not a valid WebAssembly component: ",
            Open::Told,
        ),
        Case::elsewhere(
            "giant-component",
            "is larger than any component may be",
            "64 MiB of a component",
            "fifty_megabytes_of_noise_in_a_component_meet_the_limit_of_its_size",
            "",
            Open::Test("fifty_megabytes_of_noise_in_a_component_meet_the_limit_of_its_size"),
        ),
        Case::elsewhere(
            "unknown-import",
            "asks for what the host does not have",
            "imports are linked",
            "an_unknown_import_is_named",
            "the component needs what this host does not offer",
            Open::Told,
        ),
        Case::elsewhere(
            "forged-code",
            "puts compiled code of its own into the cache, which the host would run as it is",
            "cached code is authenticated",
            "code_that_this_host_did_not_write_is_compiled_again",
            "",
            Open::Told,
        ),
        Case::elsewhere(
            "swapped-code",
            "puts the compiled code of one component in the place of another's",
            "cached code is authenticated together with its digest",
            "the_code_of_one_component_does_not_pass_for_another",
            "",
            Open::Told,
        ),
        Case::elsewhere(
            "changed-bytes",
            "is changed where it is stored",
            "bytes are compared with their digest",
            "bytes_that_were_changed_or_lost_are_told",
            "",
            Open::Told,
        ),
        Case::made(
            "many-memories",
            "has five memories",
            "4 memories",
            || made::many("(memory 1)", 4),
            Says::Refused("not a valid WebAssembly component: …memories…"),
            Open::Guest(|| made::many("(memory 1)", 3), DONE),
        ),
        Case::made(
            "many-tables",
            "has more than eight tables",
            "8 tables",
            || made::many("(table 1 funcref)", 9),
            Says::Refused("not a valid WebAssembly component: …tables…"),
            Open::Guest(|| made::many("(table 1 funcref)", 8), DONE),
        ),
        Case::made(
            "giant-table",
            "begins with a table of two million elements",
            "a million elements of a table, whatever its limits",
            || made::with("(table 2000000 funcref)"),
            Says::Refused("not a valid WebAssembly component: …table…"),
            Open::Guest(|| made::with("(table 90000 funcref)"), DONE),
        ),
        Case::made(
            "many-instances",
            "is made of 101 instances of core modules",
            "100 core instances",
            || made::instances(101),
            Says::Refused("not a valid WebAssembly component: …instances…"),
            Open::Guest(|| made::instances(100), OTHER_WORLD),
        ),
        Case::made(
            "nested-components",
            "holds 100,000 components, one in the other: a file of a megabyte for which the compiler takes gigabytes",
            "1,000 components and modules in a component",
            || made::nested(100_000),
            Says::Refused("the component is made of more than 1000 components and modules"),
            Open::Guest(|| made::nested(1_000), OTHER_WORLD),
        ),
        Case::made(
            "deep-type",
            "has a type 2,000 levels deep: whatever walks through its values would overflow the host's own stack",
            "components are validated",
            || made::deep_type(2_000),
            Says::Refused("not a valid WebAssembly component: …"),
            Open::Guest(|| made::deep_type(50), OTHER_WORLD),
        ),
        Case::made(
            "many-locals",
            "has a function of 60,000 local variables",
            "50,000 locals of a function",
            || made::locals(60_000),
            Says::Refused("not a valid WebAssembly component: …locals…"),
            Open::Guest(|| made::locals(1_000), OTHER_WORLD),
        ),
    ],
};
