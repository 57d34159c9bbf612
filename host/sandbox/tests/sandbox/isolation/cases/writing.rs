//! What a component has the host keep: logs, checkpoints, resources.

use super::super::case::{Case, Open, Says};
use super::super::made;
use super::Group;

const PROVEN: Says = Says::Completes("…\"proof\":…");
const LOG_FULL: Says = Says::Logs(
    "the log of this job is full: it holds 500 records and 64 KiB, further ones are dropped: \
     raise `log_records` with `fermata worker grant hostile --limit log_records=NUMBER`",
);
const TOO_MANY: Says =
    Says::Fails("the component has more than 256 resources open, such as headers, requests and streams");

pub(super) const GROUP: Group = Group {
    title: "Logs, checkpoints and what else the host keeps",
    about: "A log that is full ends no job: what is over its limits is dropped, counted, and said once.",
    cases: &[
        Case::new(
            "log-flood",
            "writes 5,000 records",
            "records of a log",
            r#"{"attack":"log-flood","amount":5000}"#,
            LOG_FULL,
            Open::Policy(r#"{"limits":{"log_records":5000,"log_bytes":1048576}}"#, Says::Logs("noise 4999")),
        ),
        Case::new(
            "output-flood",
            "writes 5,000 lines to standard output",
            "records of a log, lines of output included",
            r#"{"attack":"output-flood","amount":5000}"#,
            LOG_FULL,
            Open::Policy(r#"{"limits":{"log_records":5000,"log_bytes":1048576}}"#, Says::Logs("noise")),
        ),
        Case::new(
            "log-giant",
            "writes a record of 1 MiB",
            "8 KiB of a record; the rest is cut off",
            r#"{"attack":"log-giant","amount":1048576}"#,
            Says::Logs("xxx…x … (1040384 bytes more)"),
            Open::Input(r#"{"attack":"log-giant","amount":8192}"#, Says::Logs("xxx…xxx")),
        ),
        Case::elsewhere(
            "log-fields",
            "writes a record with 50 different fields of 2,000 bytes",
            "32 fields of 1 KiB",
            "long_records_are_shortened",
            "",
            Open::Told,
        ),
        Case::elsewhere(
            "endless-line",
            "writes 1 MiB of output without a line break",
            "8 KiB of a line; the rest is dropped",
            "long_records_are_shortened",
            "",
            Open::Told,
        ),
        Case::new(
            "forged-record",
            "writes a line break, and behind it what looks like a record of the host",
            "further lines of a record are indented",
            r#"{"attack":"log-text","text":"done\n2026-01-01T00:00:00Z ERROR fermata: shutting down"}"#,
            Says::Logs("done\n  2026-01-01T00:00:00Z ERROR fermata: shutting down"),
            Open::Test("without_the_look_at_texts_a_terminal_obeys_them"),
        ),
        Case::new(
            "terminal-commands",
            "writes what clears the screen and sets the title of whoever looks at the log",
            "what a terminal obeys is written out",
            r#"{"attack":"log-text","text":"\u001b[2J\u001b]0;root\u0007ok\r"}"#,
            Says::Logs("\\u{1b}[2J\\u{1b}]0;root\\u{7}ok\\u{d}"),
            Open::Test("without_the_look_at_texts_a_terminal_obeys_them"),
        ),
        Case::new(
            "reversed-text",
            "writes what turns the direction of reading around",
            "what turns text around is written out",
            r#"{"attack":"log-text","text":"user\u202etoor"}"#,
            Says::Logs("user\\u{202e}toor"),
            Open::Test("without_the_look_at_texts_a_terminal_obeys_them"),
        ),
        Case::new(
            "checkpoint-giant",
            "stores a checkpoint of 2 MiB",
            "bytes of a checkpoint",
            r#"{"attack":"checkpoint-giant","amount":2097152}"#,
            Says::Fails(
                "the checkpoint has more than 1048576 bytes (a limit was met: \
                 raise `checkpoint_bytes` with `fermata worker grant hostile --limit checkpoint_bytes=NUMBER`)",
            ),
            Open::Policy(r#"{"limits":{"checkpoint_bytes":3145728}}"#, PROVEN),
        ),
        Case::new(
            "checkpoint-flood",
            "stores one checkpoint after the other: each is a write to the database that costs the guest no CPU time",
            "checkpoints of an attempt",
            r#"{"attack":"checkpoint-flood","amount":1001}"#,
            Says::Fails(
                "the component has stored 1000 checkpoints in one attempt, its limit: \
                 raise `checkpoints` with `fermata worker grant hostile --limit checkpoints=NUMBER`",
            ),
            Open::Policy(r#"{"limits":{"checkpoints":1001}}"#, PROVEN),
        ),
        Case::elsewhere(
            "late-checkpoint",
            "stores a checkpoint when a later attempt has begun",
            "checkpoints are fenced by the attempt",
            "an_attempt_that_was_superseded_stores_no_checkpoint",
            "the component aborted",
            Open::Test("a_checkpoint_is_there_for_the_next_attempt"),
        ),
        Case::elsewhere(
            "effects",
            "asks the host to record effects",
            "not offered: refused with what to do instead",
            "effects_are_refused_with_what_to_do_instead",
            "",
            Open::Told,
        ),
        Case::new(
            "headers-flood",
            "makes headers, fills and keeps them",
            "256 resources",
            r#"{"attack":"headers-flood","amount":1024}"#,
            TOO_MANY,
            Open::Test("without_bounds_headers_pile_up_on_the_host"),
        ),
        Case::new(
            "timers-flood",
            "makes timers and keeps them",
            "256 resources",
            r#"{"attack":"timers-flood","amount":1000}"#,
            TOO_MANY,
            Open::Test("without_bounds_timers_pile_up_on_the_host"),
        ),
        Case::new(
            "body-flood",
            "makes requests, fills their bodies and never sends them",
            "256 resources",
            r#"{"attack":"body-flood","amount":90}"#,
            TOO_MANY,
            Open::Test("without_bounds_bodies_pile_up_on_the_host"),
        ),
        Case::new(
            "giant-headers",
            "puts 1 MiB into the headers of one request",
            "16 KiB of headers",
            r#"{"attack":"giant-headers"}"#,
            Says::Fails(
                "the component's headers of one request take more than 16 KiB, as they lie in memory",
            ),
            Open::Test("without_bounds_headers_pile_up_on_the_host"),
        ),
        Case::new(
            "giant-request",
            "makes a request whose method, host and path take 60,000 bytes each",
            "32 bytes of a method, 300 of a host, 16 KiB of a path",
            r#"{"attack":"giant-request","amount":60000}"#,
            Says::Fails("the host refuses method, host name, path of 60000 bytes"),
            Open::Test("without_bounds_a_request_has_parts_of_any_size"),
        ),
        Case::made(
            "handles-flood",
            "makes 20,000 handles to a resource of its own",
            "10,000 handles",
            || made::handles(20_000),
            Says::Fails(
                "the component could not be run: cannot allocate another handle: store handle limit exceeded",
            ),
            Open::Guest(|| made::handles(9_000), Says::Completes("{}")),
        ),
    ],
};
